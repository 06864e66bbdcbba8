#include "clients/mysql/tables/mysql_tables.h"

#include <algorithm>
#include <span>

#include "clients/mysql/tables/mysql_table_layout.h"

namespace freshet::mysql {

Result<std::optional<std::string>> table_comment(Connection& connection, const std::string& table) {
  std::optional<std::string> comment;
  FRESHET_TRY(connection.query(
      "SELECT IF(table_type = 'SEQUENCE', table_type, table_comment) FROM information_schema.tables WHERE table_schema "
      "= DATABASE() AND table_name = " +
          connection.quote(table),
      [&](std::span<const std::optional<std::string_view>> row) { comment = std::string(row[0].value_or("")); }));
  return comment;
}

Status on_table(const std::string& table, Status status) {
  if (status.ok()) return status;
  return status.error().in("table " + table);
}

std::string table_options(std::string_view comment) {
  std::string options =
      "ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 /*M!100202 COLLATE=utf8mb4_nopad_bin */ "
      "/*!80017 COLLATE=utf8mb4_0900_bin */ COMMENT='";
  for (const char letter : comment) {
    if (letter == '\'' || letter == '\\') options += '\\';
    options += letter;
  }
  return options + '\'';
}

std::string column_name(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

std::string column_identifier(std::string_view name) { return identifier(column_name(name)); }

std::string create_table(const std::string& table, const std::vector<TableColumn>& columns, const TableLayout& layout,
                         std::string_view comment) {
  std::string sql = "CREATE TABLE " + identifier(table) + " (";
  std::string key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string name = column_identifier(columns[i].name);
    sql += name + " " + layout.types[i] + (columns[i].nullable ? " NULL, " : " NOT NULL, ");
    if (columns[i].in_key()) key += (key.empty() ? "" : ", ") + name;
  }
  return sql + "PRIMARY KEY (" + key + ")) " + table_options(comment);
}

}  // namespace freshet::mysql
