#include "generator/write/leftovers.h"

#include "base/io/mysql_tables.h"

namespace freshet {

namespace {

/// For a broker's answer.
constexpr int kPatienceMs = 10'000;

}  // namespace

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

Result<std::optional<std::vector<std::string>>> find_leftover_topics(const kafka::Address& address) {
  const auto topics = kafka::topics(address, kPatienceMs);
  if (!topics.ok()) return topics.error();
  std::vector<std::string> names;
  for (const auto& [name, partitions] : topics.value()) names.push_back(name);
  const auto ours = kafka::made_by_freshet(address, names, kPatienceMs);
  if (!ours.ok()) return ours.error();
  if (!ours.value()) return std::optional<std::vector<std::string>>();
  return std::optional(std::vector<std::string>(ours.value()->begin(), ours.value()->end()));
}

Status drop_leftover_topic(const kafka::Address& address, const std::string& topic) {
  const auto ours = kafka::made_by_freshet(address, {topic}, kPatienceMs);
  FRESHET_TRY(ours);
  if (!ours.value() || !ours.value()->contains(topic)) return {};
  return kafka::delete_topic(address, topic, kPatienceMs);
}

}  // namespace freshet
