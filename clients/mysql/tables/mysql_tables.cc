#include "clients/mysql/tables/mysql_tables.h"

#include <fmt/format.h>

#include <span>

namespace freshet::mysql {

Result<std::optional<std::string>> table_comment(Connection& connection, const std::string& table) {
  std::optional<std::string> comment;
  FRESHET_TRY(connection.query(
      fmt::format("SELECT {} FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = {}",
                  kCommentColumn, connection.quote(table)),
      [&](std::span<const std::optional<std::string_view>> row) { comment = std::string(row[0].value_or("")); }));
  return comment;
}

Status on_table(const std::string& table, Status status) {
  if (status.ok()) return status;
  return status.error().in("table " + table);
}

}  // namespace freshet::mysql
