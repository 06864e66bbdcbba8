#include "generator/write/leftovers.h"

#include <fmt/format.h>

#include <set>

#include "clients/mysql/tables/mysql_tables.h"

namespace freshet {

namespace {

/// For a broker's answer.
constexpr int kPatienceMs = 10'000;

}  // namespace

Result<std::vector<Leftover>> find_leftovers(mysql::Connection& connection, mysql::Leases& leases) {
  std::vector<Leftover> found;
  std::set<std::string> run_ids;
  FRESHET_TRY(connection.query(
      fmt::format("SELECT table_name, {} FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
                  mysql::kCommentColumn),
      [&](auto values) {
        const std::string table(values[0].value_or("")), comment(values[1].value_or(""));
        const std::optional<std::string> owner = mysql::owner_of(connection.database(), table, comment);
        if (!owner) return;
        found.push_back({table, comment, *owner});
        run_ids.insert(*owner);
      }));
  FRESHET_TRY(leases.look(connection, run_ids));
  for (Leftover& leftover : found) {
    const Result<bool> lives = leases.lives(connection, leftover.run_id);
    FRESHET_TRY(lives);
    leftover.lives = lives.value();
  }
  return found;
}

Result<std::optional<std::map<std::string, std::uint64_t>>> find_leftover_topics(const kafka::Address& address) {
  const auto topics = kafka::topics(address, kPatienceMs);
  if (!topics.ok()) return topics.error();
  std::vector<std::string> names;
  for (const auto& [name, partitions] : topics.value()) names.push_back(name);
  return kafka::marks(address, names, kPatienceMs);
}

Result<bool> drop_leftover_topic(const kafka::Address& address, const std::string& topic, std::uint64_t mark) {
  return kafka::delete_marked_topic(address, topic, mark, kPatienceMs);
}

}  // namespace freshet
