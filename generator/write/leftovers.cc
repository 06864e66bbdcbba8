#include "generator/write/leftovers.h"

#include <algorithm>

namespace freshet {

namespace {

constexpr std::string_view kMark = "made by freshet";

}  // namespace

bool is_made_by_freshet(std::string_view comment) {
  return comment.size() >= kMark.size() &&
         std::equal(kMark.begin(), kMark.end(), comment.begin(), [](char wanted, char found) {
           return wanted == (found >= 'A' && found <= 'Z' ? found + 32 : found);
         });
}

Result<std::vector<Leftover>> find_leftovers(mysql::Connection& connection) {
  std::vector<Leftover> found;
  const Status listed = connection.query(
      "SELECT table_name, table_comment FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
      [&](auto values) {
        const std::string comment(values[1].value_or(""));
        if (is_made_by_freshet(comment)) found.push_back({std::string(values[0].value_or("")), comment});
      });
  if (!listed.ok()) return listed.error();
  return found;
}

Status drop_leftover(mysql::Connection& connection, const std::string& table) {
  auto found = find_leftovers(connection);
  if (!found.ok()) return found.error();
  const bool ours = std::any_of(found->begin(), found->end(), [&](const Leftover& one) { return one.table == table; });
  if (!ours) return {};
  return connection.execute("DROP TABLE " + mysql::identifier(table));
}

}  // namespace freshet
