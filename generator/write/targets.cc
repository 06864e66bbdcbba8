// Tables and topics of a run: checked first, all of them, then made; what was made is taken down again.
#include "generator/write/targets.h"

#include <map>
#include <set>
#include <utility>
#include <variant>

#include "base/io/mysql_tables.h"

namespace freshet {

namespace {

constexpr int kTopicTimeoutMs = 10'000;

/// The targets of a scenario, with one session per server.
class Targets {
 public:
  Targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options)
      : scenario_(scenario), addresses_(addresses), options_(options) {}

  /// Refuses what must not be touched. Changes nothing.
  Status check() {
    for (const WriteTarget& write : scenario_.write) {
      if (const auto* target = std::get_if<MysqlTarget>(&write.target)) {
        FRESHET_TRY(in(target->connection, check_table(*target)));
      }
      if (const KafkaTarget* topic = write.topic()) FRESHET_TRY(in(topic->connection, check_topic(*topic)));
    }
    return {};
  }

  /// Makes them, and notes in `created` what is there because of us.
  Status make(Created& created) {
    for (const WriteTarget& write : scenario_.write) {
      if (const auto* target = std::get_if<MysqlTarget>(&write.target)) {
        FRESHET_TRY(in(target->connection, make_table(write.entity, *target, created)));
      }
      if (const KafkaTarget* topic = write.topic()) FRESHET_TRY(in(topic->connection, make_topic(*topic, created)));
    }
    return {};
  }

 private:
  [[nodiscard]] Status in(std::size_t connection, const Status& status) const {
    if (status.ok()) return status;
    return status.error().in("connection \"" + scenario_.connections[connection].name + "\"");
  }

  Result<mysql::Connection*> session(std::size_t connection) {
    auto found = sessions_.find(connection);
    if (found == sessions_.end()) {
      auto opened = mysql::Connection::open(addresses_.mysql.at(connection));
      if (!opened.ok()) return opened.error();
      found = sessions_.emplace(connection, std::move(*opened)).first;
    }
    return &found->second;
  }

  Status check_table(const MysqlTarget& target) {
    Result<mysql::Connection*> session = this->session(target.connection);
    if (!session.ok()) return session.error();
    const auto comment = mysql::table_comment(**session, target.table);
    FRESHET_TRY(comment);
    if (!comment.value()) return {};
    if (!mysql::is_made_by_freshet(*comment.value())) {
      return Error{ErrorKind::Usage, "table " + target.table + " exists and was not made by Freshet; it is left alone",
                   "give the entity another table in \"write\", or another database"};
    }
    if (options_.drop_existing) return {};
    return Error{ErrorKind::Usage, "table " + target.table + " exists (" + *comment.value() + ")",
                 "--drop-existing drops tables that Freshet made"};
  }

  Status make_table(EntityId entity, const MysqlTarget& target, Created& created) {
    Result<mysql::Connection*> session = this->session(target.connection);
    if (!session.ok()) return session.error();
    // check() has seen that whatever is there is ours and may go.
    if (options_.drop_existing) {
      FRESHET_TRY(mysql::on_table(target.table,
                                  (*session)->execute("DROP TABLE IF EXISTS " + mysql::identifier(target.table))));
    }
    const std::string create = create_table_sql(scenario_.entity(entity), target.table, options_.run_id);
    const Status made = (*session)->execute(create);
    // Without an answer it may be there, or may come to be.
    if (made.ok() || (*session)->failure().lost()) created.tables.push_back({target.connection, target.table});
    return mysql::on_table(target.table, made);
  }

  Status check_topic(const KafkaTarget& target) {
    if (!topics_.contains(target.connection)) {
      auto found = kafka::topics(addresses_.kafka.at(target.connection), kTopicTimeoutMs);
      if (!found.ok()) return found.error();
      topics_[target.connection] = std::move(*found);
    }
    if (options_.use_existing_topics || !topics_[target.connection].contains(target.topic)) return {};
    const auto ours = kafka::made_by_freshet(addresses_.kafka.at(target.connection), {target.topic}, kTopicTimeoutMs);
    FRESHET_TRY(ours);
    const bool made_by_freshet = ours.value() && ours.value()->contains(target.topic);
    if (made_by_freshet && options_.drop_existing) return {};
    const std::string use = "--use-existing-topics writes to it as it is; ";
    if (made_by_freshet) {
      return Error{ErrorKind::Usage, "topic " + target.topic + " exists (made by freshet)",
                   use + "--drop-existing drops topics that Freshet made"};
    }
    return Error{ErrorKind::Usage, "topic " + target.topic + " exists",
                 use + "Freshet never drops a topic that it did not make"};
  }

  Status make_topic(const KafkaTarget& target, Created& created) {
    const kafka::Address& address = addresses_.kafka.at(target.connection);
    std::map<std::string, int>& there = topics_[target.connection];
    if (there.contains(target.topic)) {
      // Otherwise check() has seen that it is ours and may go. Topics that several entities share are made once.
      const bool stays = options_.use_existing_topics || made_.contains({target.connection, target.topic});
      if (stays) return {};
      FRESHET_TRY(kafka::delete_topic(address, target.topic, kTopicTimeoutMs));
    }
    FRESHET_TRY(kafka::create_topic(address, target.topic, target.partitions, kTopicTimeoutMs, true));
    there[target.topic] = target.partitions;
    made_.insert({target.connection, target.topic});
    created.topics.push_back({target.connection, target.topic});
    return {};
  }

  const Scenario& scenario_;
  const Addresses& addresses_;
  const TargetOptions& options_;
  std::map<std::size_t, mysql::Connection> sessions_;
  std::map<std::size_t, std::map<std::string, int>> topics_;  ///< that exist, by connection
  std::set<std::pair<std::size_t, std::string>> made_;        ///< topics of this run, by connection
};

}  // namespace

Status prepare_targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options,
                       Created& created) {
  Targets targets(scenario, addresses, options);
  FRESHET_TRY(targets.check());
  Created made;
  const Status status = targets.make(made);
  // The first error is the one to tell. What could not be dropped either is left in `made`.
  if (!status.ok()) [[maybe_unused]]
    const Status dropped = drop_targets(addresses, made);
  created.tables.insert(created.tables.end(), made.tables.begin(), made.tables.end());
  created.topics.insert(created.topics.end(), made.topics.begin(), made.topics.end());
  return status;
}

Status drop_targets(const Addresses& addresses, Created& created) {
  Status first;
  const auto dropped = [&](Status status) {
    if (first.ok() && !status.ok()) first = status;
    return status.ok();
  };
  std::erase_if(created.tables, [&](const Created::Table& table) {
    auto session = mysql::Connection::open(addresses.mysql.at(table.connection));
    if (!session.ok()) return dropped(session.error());
    return dropped(session->execute("DROP TABLE IF EXISTS " + mysql::identifier(table.name)));
  });
  std::erase_if(created.topics, [&](const Created::Topic& topic) {
    return dropped(kafka::delete_topic(addresses.kafka.at(topic.connection), topic.name, kTopicTimeoutMs));
  });
  return first;
}

std::string describe(const Created& created) {
  std::string names;
  for (const Created::Table& table : created.tables) names += (names.empty() ? "table " : ", table ") + table.name;
  for (const Created::Topic& topic : created.topics) names += (names.empty() ? "topic " : ", topic ") + topic.name;
  return names;
}

}  // namespace freshet
