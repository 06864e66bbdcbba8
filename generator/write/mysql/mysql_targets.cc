#include "generator/write/mysql/mysql_targets.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "clients/mysql/tables/mysql_tables.h"
#include "generator/write/mysql/mysql_statements.h"

namespace freshet {

namespace {

Dropped dropped_of(mysql::DropResult result) {
  if (result == mysql::DropResult::Dropped) return Dropped::Yes;
  return result == mysql::DropResult::Absent ? Dropped::Absent : Dropped::NotOurs;
}

class OrphanTables final : public Orphans {
 public:
  explicit OrphanTables(mysql::Address address) : address_(std::move(address)) {}

  Result<Found> find(const std::set<std::string>& /*living*/) override {
    if (!session_) {
      FRESHET_ASSIGN(session_, mysql::Connection::open(address_));
    }
    FRESHET_ASSIGN(std::vector<Orphan> all, find_orphan_tables(*session_, leases_));
    return Found{std::move(all), ""};
  }

  Result<Dropped> drop(const Orphan& orphan) override {
    FRESHET_ASSIGN(const mysql::DropResult result,
                   mysql::drop_if(*session_, orphan.name, leases_.of_the_dead(*session_, orphan.name)));
    return dropped_of(result);
  }

  [[nodiscard]] bool lost() const override { return session_ && session_->failure().lost(); }

 private:
  const mysql::Address address_;
  std::optional<mysql::Connection> session_;
  mysql::LiveRuns leases_;
};

/// One session per server.
class TableMaker final : public TargetMaker {
 public:
  TableMaker(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options)
      : scenario_(scenario), addresses_(addresses), options_(options) {}

  Status check(const WriteTarget& write) override {
    const auto& target = std::get<MysqlTarget>(write.target);
    FRESHET_ASSIGN(mysql::Connection * session, this->session(target.connection));
    return mysql::check_room(*session, leases_, target.table, options_.run_id, options_.drop_existing,
                             "give the entity another table in \"write\", or another database");
  }

  Status make(const WriteTarget& write, std::vector<Made>& made) override {
    const auto& target = std::get<MysqlTarget>(write.target);
    FRESHET_ASSIGN(mysql::Connection * session, this->session(target.connection));
    if (options_.drop_existing) {
      FRESHET_TRY(mysql::make_room(*session, leases_, target.table, options_.run_id));
    }
    const std::string mark = mark_of(session->database(), target.table, options_.run_id);
    Status done =
        mysql::make_table(*session, target.table, create_table_sql(scenario_.entity(write.entity), target.table, mark));
    // Without an answer the table may exist, or may be created later.
    if (done.ok() || session->failure().lost()) {
      made.push_back({kMysqlBackend, target.connection, "table", target.table});
    }
    return done;
  }

 private:
  Result<mysql::Connection*> session(std::size_t connection) {
    auto found = sessions_.find(connection);
    if (found == sessions_.end()) {
      auto opened = mysql::Connection::open(address_at<mysql::Address>(addresses_, connection));
      if (!opened.ok()) return opened.error();
      found = sessions_.emplace(connection, std::move(*opened)).first;
    }
    return &found->second;
  }

  const Scenario& scenario_;
  const Addresses& addresses_;
  const TargetOptions& options_;
  std::map<std::size_t, mysql::Connection> sessions_;
  mysql::LiveRuns leases_;
};

}  // namespace

Result<std::vector<Orphan>> find_orphan_tables(mysql::Connection& connection, mysql::LiveRuns& leases) {
  std::vector<Orphan> found;
  std::set<std::string> run_ids;
  FRESHET_TRY(connection.query(
      fmt::format("SELECT table_name, {} FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
                  mysql::kCommentColumn),
      [&](auto values) {
        const std::string table(values[0].value_or("")), comment(values[1].value_or(""));
        const std::optional<std::string> owner = mysql::owner_of(connection.database(), table, comment);
        if (!owner) return;
        found.push_back({table, table + " (" + comment + ")", *owner, comment, false});
        run_ids.insert(*owner);
      }));
  FRESHET_TRY(leases.look(connection, run_ids));
  for (Orphan& orphan : found) {
    FRESHET_ASSIGN(orphan.lives, leases.lives(connection, orphan.run_id));
  }
  return found;
}

Result<Dropped> drop_own_table(const mysql::Address& address, const std::string& table, const std::string& run_id) {
  FRESHET_ASSIGN(mysql::Connection session, mysql::Connection::open(address));
  FRESHET_ASSIGN(const mysql::DropResult result, mysql::drop_own(session, table, run_id));
  return dropped_of(result);
}

std::unique_ptr<Orphans> orphan_tables(const mysql::Address& address) {
  return std::make_unique<OrphanTables>(address);
}

std::unique_ptr<TargetMaker> table_maker(const Scenario& scenario, const Addresses& addresses,
                                         const TargetOptions& options) {
  return std::make_unique<TableMaker>(scenario, addresses, options);
}

}  // namespace freshet
