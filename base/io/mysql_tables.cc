#include "base/io/mysql_tables.h"

#include <algorithm>
#include <span>

namespace freshet::mysql {

Result<std::optional<std::string>> table_comment(Connection& connection, const std::string& table) {
  std::optional<std::string> comment;
  FRESHET_TRY(connection.query(
      "SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = " +
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

std::string column_identifier(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return identifier(text);
}

}  // namespace freshet::mysql
