#include "generator/write/mysql/mysql_backend.h"

#include <algorithm>
#include <map>
#include <utility>

#include "clients/connection.h"
#include "clients/mysql/tables/mysql_lease.h"
#include "clients/mysql/tables/mysql_tables.h"
#include "generator/write/mysql/mysql_figures.h"
#include "generator/write/mysql/mysql_targets.h"
#include "generator/write/mysql/mysql_writer.h"

namespace freshet {

namespace {

const mysql::Address& of(const std::any& address) { return *std::any_cast<mysql::Address>(&address); }

/// One writer for all tables of a connection, so that changes that are due together commit together.
class MysqlWriters final : public BackendWriters {
 public:
  explicit MysqlWriters(const WriterSetting& setting) : setting_(setting) {}

  Status open_lane(LaneWriters& lane) override {
    std::map<std::size_t, std::map<EntityId, TableStatements>> tables;
    std::map<std::size_t, MysqlWriter::Options> options;
    const Scenario& scenario = setting_.scenario;
    for (const WriteTarget& write : scenario.write) {
      const auto* target = std::get_if<MysqlTarget>(&write.target);
      if (target == nullptr) continue;
      tables[target->connection][write.entity] = table_statements(scenario.entity(write.entity), target->table);
      options[target->connection].commit = target->commit;
      if (write.mirror) options[target->connection].mirrors[write.entity] = setting_.open_mirror(write);
    }
    for (auto& [connection, statements] : tables) {
      auto opened = MysqlWriter::open(address_at<mysql::Address>(setting_.addresses, connection), statements,
                                      lane.outcomes, setting_.clock, setting_.first_failure, options[connection]);
      if (!opened.ok()) return opened.error().in(named(scenario, connection));
      const std::shared_ptr<Writer> writer = std::move(*opened);
      for (const auto& [entity, unused] : statements) lane.by_entity[index_of(entity)] = writer;
    }
    return {};
  }

 private:
  const WriterSetting& setting_;
};

class MysqlLease final : public RunLease {
 public:
  explicit MysqlLease(std::unique_ptr<mysql::Lease> lease) : lease_(std::move(lease)) {}
  void guard(const std::string& table) override { lease_->guard(table); }
  Status look() override { return lease_->look(); }
  [[nodiscard]] std::string trouble() const override { return lease_->trouble(); }

 private:
  const std::unique_ptr<mysql::Lease> lease_;
};

class MysqlBackend final : public Backend {
 public:
  [[nodiscard]] std::string name() const override { return kMysqlBackend; }
  [[nodiscard]] bool feeds_native_pipeline() const override { return true; }

  [[nodiscard]] Result<std::any> resolve(const Connection& connection, const Environment& environment) const override {
    FRESHET_ASSIGN(mysql::Address address, mysql_address(connection, environment));
    return std::any(std::move(address));
  }
  [[nodiscard]] std::string display(const std::any& address) const override { return of(address).display(); }
  void end_waits(std::any& address, const std::stop_token& stop) const override {
    if (auto* ours = std::any_cast<mysql::Address>(&address)) ours->stop = stop;
  }
  Status reach(const std::any& address) const override {
    const auto opened = mysql::Connection::open(of(address));
    return opened.ok() ? Status() : Status(opened.error());
  }

  [[nodiscard]] std::unique_ptr<TargetMaker> maker(const Scenario& scenario, const Addresses& addresses,
                                                   const TargetOptions& options,
                                                   const LivingRuns& /*living*/) const override {
    return table_maker(scenario, addresses, options);
  }
  [[nodiscard]] Result<Dropped> drop(const std::any& address, const Made& made,
                                     const std::string& run_id) const override {
    return drop_own_table(of(address), made.name, run_id);
  }
  [[nodiscard]] Result<std::unique_ptr<BackendWriters>> open(const WriterSetting& setting) const override {
    return std::unique_ptr<BackendWriters>(std::make_unique<MysqlWriters>(setting));
  }
  [[nodiscard]] std::unique_ptr<Orphans> orphans(const std::any& address) const override {
    return orphan_tables(of(address));
  }

  [[nodiscard]] bool knows_living_runs() const override { return true; }
  [[nodiscard]] Result<std::unique_ptr<RunLease>> lease(const std::any& address, LeaseHolder holder,
                                                        const std::string& run_id,
                                                        std::set<std::string>& servers) const override {
    const auto as = holder == LeaseHolder::Run ? mysql::Holder::Run : mysql::Holder::Pipeline;
    FRESHET_ASSIGN(std::unique_ptr<mysql::Lease> lease, mysql::Lease::take(of(address), as, run_id, servers));
    return std::unique_ptr<RunLease>(std::make_unique<MysqlLease>(std::move(lease)));
  }
  [[nodiscard]] Result<std::optional<std::string>> owner(const std::any& address,
                                                         const WriteTarget& write) const override {
    const std::string& table = std::get<MysqlTarget>(write.target).table;
    FRESHET_ASSIGN(mysql::Connection connection, mysql::Connection::open(of(address)));
    FRESHET_ASSIGN(const auto comment, mysql::table_comment(connection, table));
    if (!comment) return std::optional<std::string>();  // a missing table is reported when its first row is written
    return mysql::owner_of(connection.database(), table, *comment);
  }
  Status read_figures(const std::any& address, const Clock& clock, std::optional<ServerFigures>& out) const override {
    return freshet::read_figures(of(address), clock, out.emplace());
  }
};

}  // namespace

const Backend& mysql_backend() {
  static const MysqlBackend backend;
  return backend;
}

}  // namespace freshet
