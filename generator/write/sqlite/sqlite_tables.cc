#include "generator/write/sqlite/sqlite_tables.h"

#include <utility>

#include "scenarios/tables/sql_names.h"

namespace freshet::sqlite {

namespace {

std::string name_sql(const Column& column) { return identifier(mysql::column_name(column.name)); }

const char* type_sql(Kind kind) {
  switch (kind) {
    case Kind::Boolean:
    case Kind::Integer:
      return " INTEGER";
    case Kind::Double:
      return " REAL";
    case Kind::Text:
    case Kind::Time:
    case Kind::List:
      return " TEXT";
    case Kind::Decimal:
    case Kind::Null:
      return "";
  }
  return "";
}

}  // namespace

std::string create_table_sql(const Entity& entity, const std::string& table, std::string_view mark) {
  std::string sql = "CREATE TABLE " + identifier(table) + " (/* " + std::string(mark) + " */";
  const char* separator = "\n  ";
  for (const Column& column : entity.record.columns) {
    sql += std::exchange(separator, ",\n  ") + name_sql(column) + type_sql(column.type.kind);
    if (&column == entity.record.columns.data()) sql += " NOT NULL PRIMARY KEY";
  }
  return sql + "\n)";
}

TableStatements::TableStatements(const RecordType& record, Statement insert, Statement update, Statement erase)
    : record_(&record), insert_(std::move(insert)), update_(std::move(update)), erase_(std::move(erase)) {}

std::optional<TableStatements> TableStatements::prepare(Database& database, const Entity& entity,
                                                        const std::string& table, Failure& failure) {
  std::string names;
  std::string marks;
  std::string assignments;
  for (const Column& column : entity.record.columns) {
    const char* separator = names.empty() ? "" : ", ";
    names += separator + name_sql(column);
    marks += std::string(separator) + "?";
    assignments += separator + name_sql(column) + " = ?";
  }
  const std::string where = " WHERE " + name_sql(entity.record.columns[0]) + " = ?";
  auto insert =
      database.prepare("INSERT INTO " + identifier(table) + " (" + names + ") VALUES (" + marks + ")", failure);
  if (!insert) return std::nullopt;
  auto update = database.prepare("UPDATE " + identifier(table) + " SET " + assignments + where, failure);
  if (!update) return std::nullopt;
  auto erase = database.prepare("DELETE FROM " + identifier(table) + where, failure);
  if (!erase) return std::nullopt;
  return TableStatements(entity.record, *std::move(insert), *std::move(update), *std::move(erase));
}

void TableStatements::bind_all(Statement& statement, const Row& row) const {
  for (std::size_t i = 0; i < record_->width(); ++i) {
    statement.bind(static_cast<int>(i) + 1, row, row.cells[i], record_->columns[i].type);
  }
}

void TableStatements::bind_key(Statement& statement, int parameter, const Row& row) const {
  statement.bind(parameter, row, row.cells[0], record_->columns[0].type);
}

Failure TableStatements::run(const Change& change, const Row& row, const Row* before) {
  switch (change.operation) {
    case Operation::Insert:
      bind_all(insert_, row);
      return insert_.run();
    case Operation::Update:
      bind_all(update_, row);
      bind_key(update_, static_cast<int>(record_->width()) + 1, before != nullptr ? *before : row);
      return update_.run();
    case Operation::Delete:
      bind_key(erase_, 1, row);
      return erase_.run();
  }
  return {};
}

}  // namespace freshet::sqlite
