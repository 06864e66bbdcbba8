// `freshet clean`: drops the tables and topics that earlier runs left on the servers of a scenario's connections, and
// only those.
#include <cstdio>
#include <set>

#include "app/commands/commands.h"
#include "app/setup/environment.h"
#include "app/terminal/complaints.h"
#include "base/messages/printable.h"
#include "generator/write/leftovers.h"
#include "pipeline/sink/sink_marker.h"

namespace freshet {

namespace {

/// Cleans one server after the other.
class Cleaner {
 public:
  explicit Cleaner(bool dry_run) : dry_run_(dry_run) {}

  Status clean(const mysql::Address& address) {
    const std::string place = address.display();
    if (!visited_.insert(place).second) return {};
    auto connection = mysql::Connection::open(address);
    if (!connection.ok()) return connection.error();
    auto found = find_leftovers(*connection, leases_);
    if (!found.ok()) return found.error();
    Status last;  // the last table that could not be dropped; earlier ones are reported here
    for (const Leftover& leftover : *found) {
      const Status done =
          leftover.table == kMarkerTable ? clean_marker(*connection, place) : clean_table(*connection, place, leftover);
      if (done.ok()) continue;
      if (!last.ok()) complain(last.error());
      last = done;
      if (connection->failure().lost()) break;
    }
    return last;
  }

  Status clean(const kafka::Address& address) {
    if (!visited_.insert(address.bootstrap).second) return {};
    const auto found = find_leftover_topics(address);
    if (!found.ok()) return found.error();
    if (!found.value()) {
      std::printf("%s: skipping topics: the broker does not report topic configuration\n",
                  printable(address.bootstrap).c_str());
      return {};
    }
    for (const auto& [topic, mark] : *found.value()) {
      const std::string what = "topic " + topic;
      if (living_.contains(mark)) {
        FRESHET_TRY(keep(address.bootstrap, what, "its run is still running"));
        continue;
      }
      bool dropped = dry_run_;
      if (!dry_run_) {
        const auto deleted = drop_leftover_topic(address, topic, mark);
        FRESHET_TRY(deleted);
        dropped = deleted.value();
      }
      FRESHET_TRY(dropped ? tell(address.bootstrap, what)
                          : keep(address.bootstrap, what, "it no longer belongs to that run"));
    }
    return {};
  }

  [[nodiscard]] bool found_nothing() const { return dropped_ + kept_ == 0; }

 private:
  Status clean_table(mysql::Connection& connection, const std::string& place, const Leftover& leftover) {
    const std::string what = leftover.table + " (" + leftover.comment + ")";
    if (leftover.lives) living_.insert(kafka::mark_of(leftover.run_id));
    if (leftover.lives) return keep(place, what, "its run is still running");
    if (dry_run_) return tell(place, what);
    const auto fate = mysql::drop_if(connection, leftover.table, leases_.of_the_dead(connection, leftover.table));
    FRESHET_TRY(fate);
    if (fate.value() == mysql::Fate::Dropped) return tell(place, what);
    if (fate.value() == mysql::Fate::NotOurs) return keep(place, what, "it no longer belongs to that run");
    return {};
  }

  /// The rows of the marker table name their owners.
  Status clean_marker(mysql::Connection& connection, const std::string& place) {
    if (dry_run_) return tell(place, std::string(kMarkerTable) + ", unless a pipeline is running");
    const auto fate = drop_dead_marker(connection, leases_);
    FRESHET_TRY(fate);
    if (fate.value() == mysql::Fate::Dropped) return tell(place, kMarkerTable);
    if (fate.value() == mysql::Fate::NotOurs) return keep(place, kMarkerTable, "a pipeline is running");
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
  mysql::Leases leases_;
  std::set<std::uint64_t> living_;  ///< runs whose tables were found, by the marks of their topics
  std::set<std::string> visited_;   ///< connections may share a database or a broker
  int dropped_ = 0;
  int kept_ = 0;
};

}  // namespace

int clean_servers(const CleanOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return 2;
  const auto addresses = resolve_addresses(*scenario);
  if (!addresses.ok()) return complain(addresses.error());
  Cleaner cleaner(options.dry_run);
  int exit_code = 0;               // of the first server that failed; the others are cleaned nevertheless
  std::vector<std::size_t> order;  // databases first: they know which runs are alive, brokers do not
  for (const Connection::Kind kind : {Connection::Kind::Mysql, Connection::Kind::Kafka}) {
    for (std::size_t i = 0; i < scenario->connections.size(); ++i) {
      if (scenario->connections[i].used && scenario->connections[i].kind == kind) order.push_back(i);
    }
  }
  for (const std::size_t i : order) {
    const Connection& connection = scenario->connections[i];
    const Status cleaned = connection.kind == Connection::Kind::Mysql ? cleaner.clean(addresses->mysql[i])
                                                                      : cleaner.clean(addresses->kafka[i]);
    if (cleaned.ok()) continue;
    const int code = complain(cleaned.error().in("connection \"" + connection.name + "\""));
    if (exit_code == 0) exit_code = code;
  }
  if (cleaner.found_nothing() && exit_code == 0) std::printf("nothing was left behind\n");
  return exit_code;
}

}  // namespace freshet
