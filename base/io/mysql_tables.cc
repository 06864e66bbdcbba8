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

std::string column_identifier(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return identifier(text);
}

}  // namespace freshet::mysql
