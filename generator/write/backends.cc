#include "generator/write/backends.h"

#include <algorithm>

#include "generator/write/kafka/kafka_backend.h"
#include "generator/write/mysql/mysql_backend.h"
#include "generator/write/sqlite/sqlite_backend.h"

namespace freshet {

const std::vector<const Backend*>& backends() {
  static const std::vector<const Backend*> all = {
      &mysql_backend(),
      &kafka_backend(),
      &sqlite_backend(),
  };
  return all;
}

const Backend* find_backend(std::string_view name) {
  const auto found = std::ranges::find(backends(), name, &Backend::name);
  return found == backends().end() ? nullptr : *found;
}

const Backend& backend_named(std::string_view name) {
  const Backend* found = find_backend(name);
  FRESHET_CHECK(found != nullptr, "a scenario names an unknown backend");
  return *found;
}

const TargetForms& target_forms() {
  static const TargetForms forms = [] {
    TargetForms of_all;
    for (const Backend* backend : backends()) {
      if (auto form = backend->form()) of_all.push_back(*std::move(form));
    }
    return of_all;
  }();
  return forms;
}

Result<Addresses> resolve_addresses(const Scenario& scenario, const Environment& environment) {
  Addresses addresses;
  addresses.environment = environment;
  addresses.servers.resize(scenario.connections.size());
  for (std::size_t i = 0; i < scenario.connections.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    if (!connection.used) continue;
    FRESHET_ASSIGN(addresses.servers[i], backend_named(connection.backend).resolve(connection, environment));
  }
  return addresses;
}

Addresses until(Addresses addresses, const std::stop_token& stop) {
  for (std::any& address : addresses.servers) {
    for (const Backend* backend : backends()) backend->end_waits(address, stop);
  }
  return addresses;
}

std::string display(const Scenario& scenario, const Addresses& addresses, std::size_t connection) {
  return backend_named(scenario.connections[connection].backend).display(addresses.servers.at(connection));
}

}  // namespace freshet
