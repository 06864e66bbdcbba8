#include "app/setup/server_figures.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "generator/write/backends.h"

namespace freshet {

namespace {

/// The server reports its uptime in whole seconds.
constexpr Micros kSameStart = 2 * kMicrosPerSecond;

void note(const ServerFigures& figures, const std::string& connection, ServerReading& reading) {
  ServerRecord& server = reading.servers[connection];
  server.version = figures.version;
  server.durability = figures.settings;
  server.load = figures.counters;
  if (figures.started) reading.started[connection] = *figures.started;
  if (!figures.oldest_log.empty()) reading.oldest_log[connection] = figures.oldest_log;
}

}  // namespace

ServerReading read_servers(const Scenario& scenario, const Addresses& addresses,
                           const std::map<std::size_t, ServerFigures>& clients, const Clock& clock) {
  ServerReading reading;
  for (std::size_t i = 0; i < addresses.servers.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    if (!connection.used || !addresses.servers[i].has_value()) continue;
    std::optional<ServerFigures> figures;
    const Status read = backend_named(connection.backend).read_figures(addresses.servers[i], clock, figures);
    if (figures) note(*figures, connection.name, reading);
    if (!read.ok()) {
      reading.warnings.push_back("figures of server \"" + connection.name + "\" are missing: " + read.error().message);
    }
  }
  for (const auto& [connection, figures] : clients) note(figures, scenario.connections[connection].name, reading);
  return reading;
}

std::map<std::string, ServerRecord> risen(const ServerReading& before, const ServerReading& after,
                                          std::vector<std::string>& warnings) {
  warnings.insert(warnings.end(), before.warnings.begin(), before.warnings.end());
  for (const std::string& warning : after.warnings) {
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(warning);
  }
  std::map<std::string, ServerRecord> servers = before.servers;
  for (auto& [name, server] : servers) {
    const std::map<std::string, std::int64_t> from = std::exchange(server.load, {});
    const auto now = after.servers.find(name);
    if (now == after.servers.end() || now->second.load.empty()) continue;
    const auto first_start = before.started.find(name);
    const auto last_start = after.started.find(name);
    bool anew = first_start != before.started.end() && last_start != after.started.end() &&
                last_start->second - first_start->second > kSameStart;
    const bool purged = before.oldest_log.count(name) > 0 && after.oldest_log.count(name) > 0 &&
                        before.oldest_log.at(name) != after.oldest_log.at(name);
    for (const auto& [counter, value] : now->second.load) {
      const auto found = from.find(counter);
      if (found == from.end() || (counter == "binlog_bytes" && purged)) continue;
      server.load[counter] = value - found->second;
      anew = anew || value < found->second;
    }
    if (!anew) continue;
    server.load.clear();
    warnings.push_back("server \"" + name + "\" restarted during the load; its counters are unavailable");
  }
  return servers;
}

}  // namespace freshet
