#include "pipeline/native/record_adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace freshet {

namespace {

// Through the decimal text: exact, and wrong only where the value has no such form.
bool rescale(const Cell& cell, int from_scale, int to_scale, std::int64_t& units) {
  std::string text;
  append_decimal(cell.number, cell.kind == Kind::Decimal ? from_scale : 0, text);
  return parse_decimal(text, to_scale, units);
}

bool parse_double(std::string_view text, double& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size();
}

bool convert_number(const Cell& cell, const ColumnType& from, const ColumnType& to, Cell& out) {
  std::int64_t units = 0;
  switch (to.kind) {
    case Kind::Integer:
      if (!rescale(cell, from.scale, 0, units)) return false;
      out = integer_cell(units);
      return true;
    case Kind::Decimal:
      if (!rescale(cell, from.scale, to.scale, units)) return false;
      out = decimal_cell(units);
      return true;
    case Kind::Boolean:
      if (cell.kind != Kind::Integer || cell.number < 0 || cell.number > 1) return false;
      out = boolean_cell(cell.number == 1);
      return true;
    case Kind::Double:
      out = double_cell(static_cast<double>(cell.number) / std::pow(10, cell.kind == Kind::Decimal ? from.scale : 0));
      return true;
    default:
      return false;
  }
}

bool convert_text(std::string_view text, const ColumnType& to, Row& row, Cell& out) {
  std::int64_t number = 0;
  double value = 0;
  switch (to.kind) {
    case Kind::Text:
      out = row.add_text(text);
      return true;
    case Kind::Integer:
      if (!parse_decimal(text, 0, number)) return false;
      out = integer_cell(number);
      return true;
    case Kind::Decimal:
      if (!parse_decimal(text, to.scale, number)) return false;
      out = decimal_cell(number);
      return true;
    case Kind::Time:
      if (!parse_time(text, number)) return false;
      out = time_cell(number);
      return true;
    case Kind::Double:
      if (!parse_double(text, value)) return false;
      out = double_cell(value);
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<RecordAdapter> RecordAdapter::make(const Entity& entity, const RecordType& table) {
  RecordAdapter adapter(entity);
  for (const Column& column : entity.record.columns) {
    std::string name = column.name;
    std::replace(name.begin(), name.end(), '.', '_');
    const int found = table.find(name);
    if (found < 0) {
      return Error{ErrorKind::Usage, fmt::format("entity {}: its table has no column {}", entity.name, name), ""};
    }
    Source& source = adapter.sources_.emplace_back();
    source.column = static_cast<std::size_t>(found);
    source.type = table.columns[source.column].type;
    if (column.type.kind == Kind::List) source.list.emplace_back(*column.type.item);
  }
  return adapter;
}

Status RecordAdapter::convert(const Row& from, Row& to) {
  to.reset(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Cell cell;
    FRESHET_TRY(convert_cell(from, i, to, cell));
    to.cells[i] = cell;
  }
  if (to.cells[0].kind == Kind::Null) return Error{ErrorKind::Usage, entity_->key_field + ": the key is null", ""};
  return {};
}

Status RecordAdapter::key_of(const Row& from, std::string& key) {
  scratch_.reset(1);
  Cell cell;
  FRESHET_TRY(convert_cell(from, 0, scratch_, cell));
  if (cell.kind == Kind::Null) return Error{ErrorKind::Usage, entity_->key_field + ": the key is null", ""};
  key.clear();
  append_text(scratch_, cell, entity_->record.columns[0].type, key);
  return {};
}

Status RecordAdapter::convert_cell(const Row& from, std::size_t column, Row& to, Cell& out) {
  Source& source = sources_[column];
  const Column& target = entity_->record.columns[column];
  const Cell& cell = from.cells[source.column];
  bool fits = false;
  if (cell.kind == Kind::Null) {
    out = null_cell();
    return {};
  }
  if (cell.kind == Kind::Text && target.type.kind == Kind::List) {
    const Result<Cell> list = source.list.front().append_list(from.text_of(cell), to);
    if (!list.ok()) return list.error().in(target.name);
    out = list.value();
    return {};
  }
  if (cell.kind == Kind::Text) {
    fits = convert_text(from.text_of(cell), target.type, to, out);
  } else if (cell.kind == target.type.kind && (cell.kind != Kind::Decimal || source.type.scale == target.type.scale)) {
    out = cell;
    fits = true;
  } else if (cell.kind == Kind::Integer || cell.kind == Kind::Decimal) {
    fits = convert_number(cell, source.type, target.type, out);
  }
  if (fits) return {};
  std::string text;
  append_text(from, cell, source.type, text);
  return Error{ErrorKind::Usage, fmt::format("{}: the value \"{}\" does not fit", target.name, text.substr(0, 40)), ""};
}

}  // namespace freshet
