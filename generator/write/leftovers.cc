#include "generator/write/leftovers.h"

#include "base/io/mysql_tables.h"

namespace freshet {

Result<std::vector<Leftover>> find_leftovers(mysql::Connection& connection) {
  std::vector<Leftover> found;
  const Status listed = connection.query(
      "SELECT table_name, table_comment FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
      [&](auto values) {
        const std::string comment(values[1].value_or(""));
        if (mysql::is_made_by_freshet(comment)) found.push_back({std::string(values[0].value_or("")), comment});
      });
  if (!listed.ok()) return listed.error();
  return found;
}

Status drop_leftover(mysql::Connection& connection, const std::string& table) {
  const auto comment = mysql::table_comment(connection, table);
  FRESHET_TRY(comment);
  if (!mysql::is_made_by_freshet(comment.value().value_or(""))) return {};
  return connection.execute("DROP TABLE " + mysql::identifier(table));
}

}  // namespace freshet
