#include "app/setup/leases.h"

#include <set>

namespace freshet {

Status RunLeases::take(const Addresses& addresses, mysql::Holder holder, const std::string& run_id) {
  std::set<std::string> servers;
  for (std::size_t i = 0; i < addresses.mysql.size(); ++i) {
    if (addresses.mysql[i].user.empty()) continue;  // of another kind, or not used
    auto lease = mysql::Lease::take(addresses.mysql[i], holder, run_id, servers);
    if (!lease.ok()) return lease.error();
    leases_.emplace(i, std::move(*lease));
  }
  return {};
}

void RunLeases::watch(std::size_t connection, const std::string& table) {
  const auto lease = leases_.lower_bound(connection);
  if (lease != leases_.end() && lease->first == connection) lease->second->watch(table);
}

void RunLeases::watch_views(const Scenario& scenario) {
  for (const Observe& observe : scenario.observe) watch(observe.connection, observe.table);
}

void RunLeases::look() {
  for (const auto& [connection, lease] : leases_) {
    // A server that is away has no other table to show; what it lacks is told by those who need it.
    [[maybe_unused]] const Status looked = lease->look();
  }
}

std::string RunLeases::trouble() const {
  for (const auto& [connection, lease] : leases_) {
    if (std::string found = lease->trouble(); !found.empty()) return found;
  }
  return "";
}

}  // namespace freshet
