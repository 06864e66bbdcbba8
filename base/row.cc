// Rows: cells, and when two cells are equal. Their texts are in row_text.cc and row_json.cc.
#include "base/row.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/result.h"

namespace freshet {

namespace {

bool equal_doubles(double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); }

bool equal_lists(const Row& a, const Cell& x, const Row& b, const Cell& y, const ColumnType& type) {
  if (x.number != y.number) return false;
  FRESHET_CHECK(type.item != nullptr, "a list column knows its items");
  const std::size_t width = type.item->width();
  const std::size_t cells = static_cast<std::size_t>(x.number) * width;
  for (std::size_t i = 0; i < cells; ++i) {
    if (!equal_cells(a, a.cells[x.begin + i], b, b.cells[y.begin + i], type.item->columns[i % width].type))
      return false;
  }
  return true;
}

}  // namespace

std::optional<ColumnIndex> RecordType::find(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return ColumnIndex{i};
  }
  return std::nullopt;
}

double as_double(const Cell& cell) {
  return cell.kind == Kind::Double ? std::bit_cast<double>(cell.number) : static_cast<double>(cell.number);
}

bool is_plain(std::string_view text) {
  bool plain = !text.empty();
  for (const char c : text) {
    plain = plain && static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\' && c != ',';
  }
  return plain;
}

Cell lent_text(std::string_view value) {
  FRESHET_CHECK(value.size() <= std::numeric_limits<std::uint32_t>::max(), "a text stays below 4 GiB");
  Cell cell = number_cell(Kind::Text, std::bit_cast<std::int64_t>(value.data()));
  cell.lent = true;
  cell.plain = is_plain(value);
  cell.size = static_cast<std::uint32_t>(value.size());
  return cell;
}

void Row::reset(std::size_t width) {
  cells.assign(width, Cell{});
  text.clear();
}

Cell Row::add_text(std::string_view value) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  FRESHET_CHECK(value.size() <= kMost && text.size() <= kMost - value.size(), "a row's texts stay below 4 GiB");
  Cell cell;
  cell.kind = Kind::Text;
  cell.number = static_cast<std::int64_t>(text.size());
  cell.size = static_cast<std::uint32_t>(value.size());
  text.append(value);
  return cell;
}

Cell Row::add_list(std::size_t items, std::size_t width) {
  FRESHET_CHECK(cells.size() + items * width <= std::numeric_limits<std::uint32_t>::max(),
                "a row has below 2^32 cells");
  Cell cell;
  cell.kind = Kind::List;
  cell.number = static_cast<std::int64_t>(items);
  cell.begin = static_cast<std::uint32_t>(cells.size());
  cells.resize(cells.size() + items * width);
  return cell;
}

bool equal_cells(const Row& a, const Cell& x, const Row& b, const Cell& y, const ColumnType& type) {
  if (x.kind != y.kind) return false;
  switch (x.kind) {
    case Kind::Null:
      return true;
    case Kind::Text:
      return a.text_of(x) == b.text_of(y);
    case Kind::Double:
      return equal_doubles(as_double(x), as_double(y));
    case Kind::List:
      return equal_lists(a, x, b, y, type);
    case Kind::Boolean:
    case Kind::Integer:
    case Kind::Decimal:
    case Kind::Time:
      return x.number == y.number;
  }
  return false;
}

}  // namespace freshet
