// `freshet clean`: drops the tables and topics that earlier runs left on the servers of a scenario's connections, and
// only those.
#include <cstdio>
#include <set>

#include "app/commands.h"
#include "app/environment.h"
#include "base/printable.h"
#include "generator/write/leftovers.h"

namespace freshet {

namespace {

/// Goes from server to server.
class Cleaner {
 public:
  explicit Cleaner(bool dry_run) : dry_run_(dry_run) {}

  Status clean(const mysql::Address& address) {
    const std::string place = address.display();
    if (!visited_.insert(place).second) return {};
    auto connection = mysql::Connection::open(address);
    if (!connection.ok()) return connection.error();
    auto found = find_leftovers(*connection);
    if (!found.ok()) return found.error().in(place);
    for (const Leftover& leftover : *found) {
      if (!dry_run_) {
        if (const Status status = drop_leftover(*connection, leftover.table); !status.ok()) {
          return status.error().in(place);
        }
      }
      tell(place, leftover.table + " (" + leftover.comment + ")");
    }
    return {};
  }

  Status clean(const kafka::Address& address) {
    if (!visited_.insert(address.bootstrap).second) return {};
    const auto found = find_leftover_topics(address);
    if (!found.ok()) return found.error();
    if (!found.value()) {
      std::printf("%s: topics are left alone, the broker does not say who made them\n", address.bootstrap.c_str());
      return {};
    }
    for (const std::string& topic : *found.value()) {
      if (!dry_run_) FRESHET_TRY(drop_leftover_topic(address, topic));
      tell(address.bootstrap, "topic " + topic);
    }
    return {};
  }

  [[nodiscard]] int dropped() const { return dropped_; }

 private:
  void tell(const std::string& place, const std::string& what) {
    ++dropped_;
    std::printf("%s %s: %s\n", dry_run_ ? "would drop" : "dropped", printable(place).c_str(), printable(what).c_str());
  }

  const bool dry_run_;
  std::set<std::string> visited_;  ///< connections may share a database or a broker
  int dropped_ = 0;
};

}  // namespace

int clean_servers(const CleanOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return 2;
  const auto addresses = resolve_addresses(*scenario);
  if (!addresses.ok()) return complain(addresses.error());
  Cleaner cleaner(options.dry_run);
  int exit_code = 0;  // of the first server that would not; the others are cleaned all the same
  for (std::size_t i = 0; i < scenario->connections.size(); ++i) {
    const Connection& connection = scenario->connections[i];
    if (!connection.used) continue;
    const Status cleaned = connection.kind == Connection::Kind::Mysql ? cleaner.clean(addresses->mysql[i])
                                                                      : cleaner.clean(addresses->kafka[i]);
    if (cleaned.ok()) continue;
    const int code = complain(cleaned.error().in("connection \"" + connection.name + "\""));
    if (exit_code == 0) exit_code = code;
  }
  if (cleaner.dropped() == 0 && exit_code == 0) std::printf("nothing was left behind\n");
  return exit_code;
}

}  // namespace freshet
