// Rows at rest: a row as one run of bytes, about a third of the size of its cells.
//
// Each cell is its kind, then: numbers as zigzag varints, doubles as 8 bytes, texts as length and bytes, lists as
// number of items and their cells. Bytes of this process only: no version, no byte order.
#pragma once

#include <string>
#include <string_view>

#include "base/row.h"

namespace freshet {

/// Appends the first `type.width()` cells of `row`, with their lists.
void pack_row(const Row& row, const RecordType& type, std::string& out);
/// The inverse; `packed` is what pack_row made for the same type.
void unpack_row(std::string_view packed, const RecordType& type, Row& out);

/// Copies a cell of another row, with its text or its items, to `to.cells[at]`.
void copy_cell(const Row& from, const Cell& cell, const ColumnType& type, Row& to, std::size_t at);

}  // namespace freshet
