// Tables and topics of a run: checked first, all of them, then made; what was made is taken down again.
#include "generator/write/targets.h"

#include <map>
#include <set>
#include <utility>
#include <variant>

#include "clients/mysql/tables/mysql_ownership.h"
#include "generator/write/leftovers.h"
#include "generator/write/mysql/mysql_statements.h"

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
    return mysql::check_room(**session, leases_, target.table, options_.run_id, options_.drop_existing,
                             "give the entity another table in \"write\", or another database");
  }

  Status make_table(EntityId entity, const MysqlTarget& target, Created& created) {
    Result<mysql::Connection*> session = this->session(target.connection);
    if (!session.ok()) return session.error();
    if (options_.drop_existing) {
      FRESHET_TRY(mysql::make_room(**session, leases_, target.table, options_.run_id));
    }
    const std::string mark = mysql::mark_of((*session)->database(), target.table, options_.run_id);
    Status made =
        mysql::make_table(**session, target.table, create_table_sql(scenario_.entity(entity), target.table, mark));
    // Without an answer it may be there, or may come to be.
    if (made.ok() || (*session)->failure().lost()) created.tables.push_back({target.connection, target.table});
    return made;
  }

  Status check_topic(const KafkaTarget& target) {
    if (!topics_.contains(target.connection)) {
      auto found = kafka::topics(addresses_.kafka.at(target.connection), kTopicTimeoutMs);
      if (!found.ok()) return found.error();
      topics_[target.connection] = std::move(*found);
    }
    if (options_.use_existing_topics || !topics_[target.connection].contains(target.topic)) return {};
    const auto ours = kafka::marks(addresses_.kafka.at(target.connection), {target.topic}, kTopicTimeoutMs);
    FRESHET_TRY(ours);
    const bool made_by_freshet = ours.value() && ours.value()->contains(target.topic);
    if (made_by_freshet && options_.drop_existing) {
      const std::uint64_t mark = old_marks_[{target.connection, target.topic}] = ours.value()->at(target.topic);
      return refuse_of_the_living(target.topic, mark);
    }
    const std::string use = "--use-existing-topics writes to it as it is; ";
    if (made_by_freshet) {
      return Error{ErrorKind::Usage, "topic " + target.topic + " exists (made by freshet)",
                   use + "--drop-existing drops topics that Freshet made"};
    }
    return Error{ErrorKind::Usage, "topic " + target.topic + " exists",
                 use + "Freshet never drops a topic that it did not make"};
  }

  /// A broker has no leases; the databases know the runs that have tables there too.
  Status refuse_of_the_living(const std::string& topic, std::uint64_t mark) {
    for (std::size_t i = 0; i < addresses_.mysql.size(); ++i) {
      if (addresses_.mysql[i].user.empty()) continue;  // of another kind, or not used
      Result<mysql::Connection*> session = this->session(i);
      if (!session.ok()) return session.error();
      const auto tables = find_leftovers(**session, leases_);
      FRESHET_TRY(tables);
      for (const Leftover& table : tables.value()) {
        if (!table.lives || kafka::mark_of(table.run_id) != mark) continue;
        return Error{ErrorKind::Usage, "topic " + topic + " belongs to run " + table.run_id + ", which is running",
                     "let it end first, or use another topic"};
      }
    }
    return {};
  }

  Status make_topic(const KafkaTarget& target, Created& created) {
    const kafka::Address& address = addresses_.kafka.at(target.connection);
    std::map<std::string, int>& there = topics_[target.connection];
    if (there.contains(target.topic)) {
      // Otherwise check() has seen that it is ours and may go. Topics that several entities share are made once.
      const bool stays = options_.use_existing_topics || made_.contains({target.connection, target.topic});
      if (stays) return {};
      const std::uint64_t mark = old_marks_[{target.connection, target.topic}];
      const auto deleted = kafka::delete_marked_topic(address, target.topic, mark, kTopicTimeoutMs);
      FRESHET_TRY(deleted);
      if (!deleted.value()) {
        return Error{ErrorKind::Usage, "topic " + target.topic + " was made by somebody else meanwhile", ""};
      }
    }
    FRESHET_TRY(kafka::create_topic(address, target.topic, target.partitions, kTopicTimeoutMs, options_.run_id));
    there[target.topic] = target.partitions;
    made_.insert({target.connection, target.topic});
    created.topics.push_back({target.connection, target.topic});
    return {};
  }

  const Scenario& scenario_;
  const Addresses& addresses_;
  const TargetOptions& options_;
  std::map<std::size_t, mysql::Connection> sessions_;
  mysql::Leases leases_;
  std::map<std::size_t, std::map<std::string, int>> topics_;                ///< that exist, by connection
  std::set<std::pair<std::size_t, std::string>> made_;                      ///< topics of this run, by connection
  std::map<std::pair<std::size_t, std::string>, std::uint64_t> old_marks_;  ///< of topics that may go
};

}  // namespace

Status prepare_targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options,
                       Created& created) {
  Targets targets(scenario, addresses, options);
  FRESHET_TRY(targets.check());
  Created made;
  made.run_id = options.run_id;
  Status status = targets.make(made);
  created.run_id = options.run_id;
  if (!status.ok()) {
    // The first error is the one to tell. What could not be dropped either is left in `made`.
    std::vector<std::string> not_ours;
    [[maybe_unused]] const Status dropped = drop_targets(addresses, made, not_ours);
  }
  created.tables.insert(created.tables.end(), made.tables.begin(), made.tables.end());
  created.topics.insert(created.topics.end(), made.topics.begin(), made.topics.end());
  return status;
}

Status drop_targets(const Addresses& addresses, Created& created, std::vector<std::string>& not_ours) {
  Status first;
  const auto dropped = [&](const Status& status) {
    if (first.ok() && !status.ok()) first = status;
    return status.ok();
  };
  std::erase_if(created.tables, [&](const Created::Table& table) {
    auto session = mysql::Connection::open(addresses.mysql.at(table.connection));
    if (!session.ok()) return dropped(session.error());
    const auto fate = mysql::drop_own(*session, table.name, created.run_id);
    if (!fate.ok()) return dropped(fate.error());
    if (fate.value() == mysql::Fate::NotOurs) not_ours.push_back("table " + table.name);
    return true;
  });
  std::erase_if(created.topics, [&](const Created::Topic& topic) {
    const auto deleted = kafka::delete_marked_topic(addresses.kafka.at(topic.connection), topic.name,
                                                    kafka::mark_of(created.run_id), kTopicTimeoutMs);
    if (!deleted.ok()) return dropped(deleted.error());
    if (!deleted.value()) not_ours.push_back("topic " + topic.name);
    return true;
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
