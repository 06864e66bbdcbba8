#include "pipeline/observe/text_cell.h"

#include <charconv>

namespace freshet {

namespace {

std::optional<Cell> convert(std::string_view text, const ColumnType& type) {
  std::int64_t number = 0;
  double value = 0;
  const char* const end = text.data() + text.size();
  switch (type.kind) {
    case Kind::Boolean:
      if (text == "0" || text == "1") return boolean_cell(text == "1");
      return std::nullopt;
    case Kind::Integer:
      if (parse_decimal(text, 0, number)) return integer_cell(number);
      return std::nullopt;
    case Kind::Decimal:
      if (parse_decimal(text, type.scale, number)) return decimal_cell(number);
      return std::nullopt;
    case Kind::Time:
      if (parse_time(text, number)) return time_cell(number);
      return std::nullopt;
    case Kind::Double:
      if (const auto read = std::from_chars(text.data(), end, value); read.ec == std::errc{} && read.ptr == end) {
        return double_cell(value);
      }
      return std::nullopt;
    case Kind::Null:
    case Kind::Text:
    case Kind::List:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

TextCells::TextCells(const RecordType& record) : record_(record), lists_(record.width()) {
  for (std::size_t i = 0; i < record.width(); ++i) {
    if (record.columns[i].type.kind == Kind::List) lists_[i].emplace(*record.columns[i].type.item);
  }
}

void TextCells::set(std::size_t column, std::optional<std::string_view> value, Row& row) {
  Cell cell;
  if (!value) {
    cell = null_cell();
  } else if (lists_[column]) {
    const std::optional<Cell> list = lists_[column]->read(*value, row);
    cell = list ? *list : row.add_text(*value);
  } else {
    const std::optional<Cell> fitting = convert(*value, record_.columns[column].type);
    cell = fitting ? *fitting : row.add_text(*value);
  }
  row.cells[column] = cell;
}

}  // namespace freshet
