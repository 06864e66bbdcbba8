#include "app/setup/leases.h"

#include <set>
#include <utility>

#include "generator/write/backends.h"

namespace freshet {

Status RunLeases::take(const Scenario& scenario, const Addresses& addresses, LeaseHolder holder,
                       const std::string& run_id) {
  std::set<std::string> servers;
  for (std::size_t i = 0; i < addresses.servers.size(); ++i) {
    const std::any& address = addresses.servers[i];
    if (!address.has_value()) continue;
    const Backend& backend = backend_named(scenario.connections[i].backend);
    FRESHET_ASSIGN(std::unique_ptr<RunLease> lease, backend.lease(address, holder, run_id, servers));
    if (lease) leases_.emplace(i, std::move(lease));
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
    // If a server does not answer, no table can be replaced there; other code reports that it is away.
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
