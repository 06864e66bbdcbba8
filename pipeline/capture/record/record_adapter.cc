#include "pipeline/capture/record/record_adapter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/lower_case.h"

namespace freshet {

namespace {

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_case(x) == lower_case(y); });
}

// Index of the field's column, or the number of columns.
std::size_t find_column(const BinlogTable& table, std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  const auto& columns = table.record.columns;
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& column) { return equal_without_case(column.name, name); });
  return static_cast<std::size_t>(found - columns.begin());
}

Error cannot_become(const Entity& entity, const BinlogTable& table, std::size_t at, const Column& field) {
  const BinlogColumn& column = table.columns[at];
  const std::string why = column.refusal.empty() ? "" : fmt::format(" {}, and", column.refusal);
  return Error{ErrorKind::Usage,
               fmt::format("entity {}: column {}.{}.{} ({}){} cannot become field {}, which is {}", entity.name,
                           table.database, table.name, table.record.columns[at].name, column.declared, why, field.name,
                           wanted_of(field.type).value),
               fmt::format("the field accepts {}", wanted_of(field.type).columns)};
}

}  // namespace

Result<RecordAdapter> RecordAdapter::make(const Entity& entity, const BinlogTable& table) {
  RecordAdapter adapter(entity, table);
  for (const Column& field : entity.record.columns) {
    const std::size_t at = find_column(table, field.name);
    if (at == table.record.width()) {
      return Error{
          ErrorKind::Usage,
          fmt::format("entity {}: table {}.{} has no column {}", entity.name, table.database, table.name, field.name),
          ""};
    }
    if (!convertible(table.columns[at].kind, field.type)) return cannot_become(entity, table, at, field);
    ColumnSource& source = adapter.sources_.emplace_back();
    source.column = at;
    if (field.type.kind == Kind::List) source.list.emplace_back(*field.type.item);
  }
  return adapter;
}

void RecordAdapter::missing(const std::vector<bool>* present, std::vector<std::size_t>& columns) const {
  columns.clear();
  if (present == nullptr) return;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!(*present)[sources_[i].column]) columns.push_back(i);
  }
}

int RecordAdapter::first_generated(const std::vector<std::size_t>& columns) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](std::size_t column) {
    return table_->columns[sources_[column].column].generated;
  });
  return found == columns.end() ? -1 : static_cast<int>(*found);
}

std::string RecordAdapter::names(const std::vector<std::size_t>& columns) const {
  std::string text;
  for (const std::size_t column : columns) {
    text += (text.empty() ? "" : ", ") + table_->record.columns[sources_[column].column].name;
  }
  return text;
}

Status RecordAdapter::convert(const Row& from, Row& to) {
  to.reset(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Cell cell;
    FRESHET_TRY(convert_column(from, i, to, cell));
    to.cells[i] = cell;
  }
  return {};
}

Status RecordAdapter::key_of(const Row& from, std::string& key) {
  scratch_.reset(1);
  Cell cell;
  FRESHET_TRY(convert_column(from, 0, scratch_, cell));
  if (cell.kind == Kind::Null) return Error{ErrorKind::Usage, entity_->key_field + ": the key is null", ""};
  key.clear();
  append_text(scratch_, cell, entity_->record.columns[0].type, key);
  return {};
}

Status RecordAdapter::convert_column(const Row& from, std::size_t column, Row& to, Cell& out) {
  ColumnSource& source = sources_[column];
  const Cell& cell = from.cells[source.column];
  if (cell.kind == Kind::Null) {
    out = null_cell();
    return {};
  }
  const Column& field = entity_->record.columns[column];
  const Result<Cell> converted =
      convert_cell(from, cell, table_->record.columns[source.column].type, table_->columns[source.column], field.type,
                   source.list.empty() ? nullptr : source.list.data(), to);
  if (!converted.ok()) return converted.error().in(field.name);
  out = converted.value();
  return {};
}

}  // namespace freshet
