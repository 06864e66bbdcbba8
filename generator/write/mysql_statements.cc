#include "generator/write/mysql_statements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/io/mysql_tables.h"
#include "generator/write/targets.h"

namespace freshet {

namespace {

/// VARCHAR where the longest value is not known.
constexpr int kTextLength = 255;
/// The same for keys: 190 characters of four bytes fit the shortest index limit (767 bytes) of servers in use.
constexpr int kKeyLength = 190;
/// Longer texts live outside of the row, whose length is limited to 65,535 bytes for all columns together.
constexpr int kLongestVarchar = 4'000;

std::string column_sql(const ColumnType& type, bool key) {
  switch (type.kind) {
    case Kind::Boolean:
      return "TINYINT";
    case Kind::Integer:
      return "BIGINT";
    case Kind::Decimal:
      return fmt::format("DECIMAL(18,{})", type.scale);
    case Kind::Double:
      return "DOUBLE";
    case Kind::Time:
      return "DATETIME(6)";
    case Kind::List:
      return "LONGTEXT";
    case Kind::Null:
    case Kind::Text:
      break;
  }
  if (key) return fmt::format("VARCHAR({})", type.max_length > 0 ? type.max_length : kKeyLength);
  if (type.max_length > kLongestVarchar) return "LONGTEXT";
  return fmt::format("VARCHAR({})", std::max(type.max_length, kTextLength));
}

std::string name_sql(const Column& column) { return mysql::column_identifier(column.name); }

}  // namespace

std::string create_table_sql(const Entity& entity, const std::string& table, const std::string& run_id) {
  std::string sql = "CREATE TABLE " + mysql::identifier(table) + " (";
  for (std::size_t i = 0; i < entity.record.width(); ++i) {
    const Column& column = entity.record.columns[i];
    const bool key = i == 0;
    sql += name_sql(column) + " " + column_sql(column.type, key) + (key ? " NOT NULL PRIMARY KEY" : " NULL") + ", ";
  }
  sql.resize(sql.size() - 2);
  // The run id is of our own making and safe inside quotes.
  return sql + ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='" +
         std::string(mysql::kMadeByFreshet) + ", run " + run_id + "'";
}

TableStatements table_statements(const Entity& entity, const std::string& table) {
  TableStatements out;
  const std::string name = mysql::identifier(table);
  const std::vector<Column>& columns = entity.record.columns;
  const mysql::Connection::BulkColumn key{0, columns[0].type};
  const std::string where_key = " WHERE " + name_sql(columns[0]) + " = ";

  std::string names;
  std::string marks;
  std::string assignments;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const mysql::Connection::BulkColumn bound{static_cast<int>(i), columns[i].type};
    names += (i == 0 ? "" : ", ") + name_sql(columns[i]);
    marks += i == 0 ? "?" : ", ?";
    out.insert.columns.push_back(bound);
    if (i == 0) continue;
    assignments += (i == 1 ? "" : ", ") + name_sql(columns[i]) + " = ?";
    out.update.columns.push_back(bound);
  }
  out.update.columns.push_back(key);
  out.erase.columns = {key};
  out.insert.sql = "INSERT INTO " + name + " (" + names + ") VALUES (" + marks + ")";
  out.update.sql = "UPDATE " + name + " SET " + assignments + where_key + "?";
  out.erase.sql = "DELETE FROM " + name + where_key + "?";

  out.key_type = columns[0].type;
  out.version_column = entity.version_column;
  const Column& version = columns[static_cast<std::size_t>(std::max(0, entity.version_column))];
  out.select_version = "SELECT " + name_sql(version) + " FROM " + name + where_key;
  return out;
}

std::string sql_literal(const mysql::Connection& connection, const Row& row, const Cell& cell, const ColumnType& type) {
  std::string text;
  switch (cell.kind) {
    case Kind::Null:
      return "NULL";
    case Kind::Boolean:
    case Kind::Integer:
      return std::to_string(cell.number);
    case Kind::Decimal:
      append_decimal(cell.number, type.scale, text);
      return text;
    case Kind::Double:
      return fmt::format("{:.17g}", as_double(cell));
    case Kind::Time:
      append_sql_time(cell.number, text);
      return connection.quote(text);
    case Kind::Text:
      return connection.quote(row.text_of(cell));
    case Kind::List:
      break;
  }
  FRESHET_CHECK(false, "a list is not a literal");
  return "";
}

}  // namespace freshet
