// Stored rows: a row as one run of bytes, a third of the size of its cells or less.
//
// Each cell is its kind, then: numbers as zigzag varints, doubles as 8 bytes, texts as length and bytes, lists as
// number of items and their cells. UUIDs in lower case are 16 bytes; instants and numbers in texts take half their
// length. The bytes are for this process only: no version, no byte order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "pipeline/state/text_pool.h"

namespace freshet {

/// What the rows of one table share, so that it is not stored with each of them.
struct PackingOptions {
  TextPool* pool = nullptr;   ///< for repeated texts
  std::string_view key = {};  ///< a first cell equal to this text is not stored
  /// one for each column of the record: those that are 0 are packed as null
  const std::vector<char>* columns = nullptr;
};

/// Appends the first `type.width()` cells of `row`, with their lists.
void pack_row(const Row& row, const RecordType& type, std::string& out, const PackingOptions& options = {});
/// The inverse of pack_row for the same type, pool and key.
void unpack_row(std::string_view packed, const RecordType& type, Row& out, const PackingOptions& options = {});

/// Appends a key that is self-delimiting: no packed key is the beginning of another.
void pack_key(std::string_view key, std::string& out);
/// Takes a packed key from the front of `packed` and appends its text.
void unpack_key(std::string_view& packed, std::string& out);

/// Copies a cell of another row, with its text or its items, to `to.cells[at]`.
void copy_cell(const Row& from, const Cell& cell, const ColumnType& type, Row& to, std::size_t at);

}  // namespace freshet
