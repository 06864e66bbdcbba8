// `freshet clean`: drops the tables and topics that earlier runs left on the servers of a scenario's connections, and
// only those.
#include <cstdio>
#include <memory>
#include <set>

#include "app/commands/commands.h"
#include "app/terminal/complaints.h"
#include "base/exit_code.h"
#include "base/messages/printable.h"
#include "clients/mysql/tables/mysql_ownership.h"
#include "generator/write/backends.h"
#include "pipeline/sink/sink_marker.h"

namespace freshet {

namespace {

/// Cleans one server after the other.
class Cleaner {
 public:
  explicit Cleaner(bool dry_run) : dry_run_(dry_run) {}

  Status clean(const Backend& backend, const std::any& address) {
    const std::string place = backend.display(address);
    if (!visited_.insert(place).second) return {};
    const std::unique_ptr<Leftovers> leftovers = backend.leftovers(address);
    FRESHET_ASSIGN(const Leftovers::Found found, leftovers->find(living_));
    if (!found.unknown.empty()) std::printf("%s: %s\n", printable(place).c_str(), found.unknown.c_str());
    const auto* database = std::any_cast<mysql::Address>(&address);
    Status last;  // of what could not be dropped; those before it are complained of here
    for (const Leftover& leftover : found.all) {
      const bool marker = database != nullptr && leftover.name == kMarkerTable;
      const Status done = marker ? clean_marker(*database, place) : clean(*leftovers, place, leftover);
      if (done.ok()) continue;
      if (!last.ok()) complain(last.error());
      last = done;
      if (leftovers->lost()) break;
    }
    return last;
  }

  [[nodiscard]] bool found_nothing() const { return dropped_ + kept_ == 0; }

 private:
  Status clean(Leftovers& leftovers, const std::string& place, const Leftover& leftover) {
    if (leftover.lives && !leftover.run_id.empty()) living_.insert(leftover.run_id);
    if (leftover.lives) return keep(place, leftover.text, "its run is still running");
    if (dry_run_) return tell(place, leftover.text);
    FRESHET_ASSIGN(const Dropped dropped, leftovers.drop(leftover));
    return say(dropped, place, leftover.text, "it no longer belongs to that run");
  }

  /// The pipeline's own table; its rows say whose it is.
  Status clean_marker(const mysql::Address& address, const std::string& place) {
    if (dry_run_) return tell(place, std::string(kMarkerTable) + ", unless a pipeline is running");
    FRESHET_ASSIGN(mysql::Connection connection, mysql::Connection::open(address));
    mysql::Leases leases;
    FRESHET_ASSIGN(const mysql::Fate fate, drop_dead_marker(connection, leases));
    if (fate == mysql::Fate::Dropped) return say(Dropped::Yes, place, kMarkerTable, "");
    if (fate == mysql::Fate::NotOurs) return say(Dropped::NotOurs, place, kMarkerTable, "a pipeline is running");
    return {};
  }

  Status say(Dropped dropped, const std::string& place, const std::string& what, const std::string& why_not) {
    if (dropped == Dropped::Yes) return tell(place, what);
    if (dropped == Dropped::NotOurs) return keep(place, what, why_not);
    return {};
  }

  Status keep(const std::string& place, const std::string& what, const std::string& why) {
    ++kept_;
    std::printf("left %s: %s: %s\n", printable(place).c_str(), printable(what).c_str(), why.c_str());
    return {};
  }

  Status tell(const std::string& place, const std::string& what) {
    ++dropped_;
    std::printf("%s %s: %s\n", dry_run_ ? "would drop" : "dropped", printable(place).c_str(), printable(what).c_str());
    return {};
  }

  const bool dry_run_;
  std::set<std::string> living_;   ///< runs whose tables were found
  std::set<std::string> visited_;  ///< connections may share a database or a broker
  int dropped_ = 0;
  int kept_ = 0;
};

}  // namespace

int clean_servers(const CleanOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return exit_code::kUsage;
  const auto addresses = resolve_addresses(*scenario, process_environment());
  if (!addresses.ok()) return complain(addresses.error());
  Cleaner cleaner(options.dry_run);
  int exit_code = 0;               // of the first server that failed; the others are cleaned nevertheless
  std::vector<std::size_t> order;  // databases first: they know which runs are alive, brokers do not
  for (const bool knowing : {true, false}) {
    for (std::size_t i = 0; i < scenario->connections.size(); ++i) {
      const Connection& connection = scenario->connections[i];
      if (connection.used && backend_named(connection.backend).knows_living_runs() == knowing) order.push_back(i);
    }
  }
  for (const std::size_t i : order) {
    const Connection& connection = scenario->connections[i];
    const Status cleaned = cleaner.clean(backend_named(connection.backend), addresses->servers[i]);
    if (cleaned.ok()) continue;
    const int code = complain(cleaned.error().in("connection \"" + connection.name + "\""));
    if (exit_code == 0) exit_code = code;
  }
  if (cleaner.found_nothing() && exit_code == 0) std::printf("nothing was left behind\n");
  return exit_code;
}

}  // namespace freshet
