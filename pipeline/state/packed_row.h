// Rows at rest: a row as one run of bytes, a third of the size of its cells or less.
//
// Each cell is its kind, then: numbers as zigzag varints, doubles as 8 bytes, texts as length and bytes, lists as
// number of items and their cells. UUIDs in small letters are 16 bytes, instants and numbers
// in texts half of theirs. Bytes of this process only: no version, no byte
// order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "pipeline/state/text_pool.h"

namespace freshet {

/// What rows of one table have in common, and need not hold each for themselves.
struct PackingOptions {
  TextPool* pool = nullptr;                    ///< for texts that come again
  std::string_view key = {};                   ///< a first cell that is this text is not held
  const std::vector<char>* columns = nullptr;  ///< one for each of the record's: those that are 0 are packed as null
};

/// Appends the first `type.width()` cells of `row`, with their lists.
void pack_row(const Row& row, const RecordType& type, std::string& out, const PackingOptions& options = {});
/// The inverse; `packed` is what pack_row made for the same type, with the same pool and key.
void unpack_row(std::string_view packed, const RecordType& type, Row& out, const PackingOptions& options = {});

/// A key by itself: no packed key is the beginning of another.
void pack_key(std::string_view key, std::string& out);
/// Takes a packed key from the front of `packed` and appends its text.
void unpack_key(std::string_view& packed, std::string& out);

/// Copies a cell of another row, with its text or its items, to `to.cells[at]`.
void copy_cell(const Row& from, const Cell& cell, const ColumnType& type, Row& to, std::size_t at);

}  // namespace freshet
