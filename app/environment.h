// What a run stands on: addresses of its connections, and, when embedded, the private servers behind them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/io/kafka.h"
#include "base/result.h"
#include "generator/write/targets.h"
#include "scenarios/scenario.h"
#include "servers/mariadb_server.h"

namespace freshet {

struct Surroundings {
  Addresses addresses;
  /// FRESHET_CONNECTION_<NAME> of every connection, for the pipeline's process. Holds secrets: never printed.
  std::map<std::string, std::string> variables;
  std::unique_ptr<MariadbServer> mariadb;
  std::unique_ptr<kafka::EmbeddedBroker> broker;
};

/// Resolves every connection that is used from scenario and environment and checks that it answers (Unreachable
/// otherwise, one line).
[[nodiscard]] Result<Surroundings> reach_connections(const Scenario& scenario);

/// Starts the private servers and points every connection at them: written databases at `freshet`, databases that are
/// only observed at `freshet_sink`, which stays out of the binlog. Creates the topics.
[[nodiscard]] Result<Surroundings> start_embedded(const Scenario& scenario);

/// Addresses alone, without a look at the servers (freshet pipeline).
[[nodiscard]] Result<Addresses> resolve_addresses(const Scenario& scenario);

}  // namespace freshet
