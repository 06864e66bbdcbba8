// The environment of a run: addresses of its connections and, when embedded, the private servers behind them.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "generator/write/backend/backend.h"
#include "scenarios/model/scenario.h"
#include "servers/kafka_broker.h"
#include "servers/mariadb_server.h"

namespace freshet {

struct Surroundings {
  Addresses addresses;
  Addresses outside;  ///< those of them that are no private servers
  /// FRESHET_CONNECTION_<NAME> of every connection, for the pipeline's process. Contains secrets: never print it.
  std::map<std::string, std::string> variables;
  std::unique_ptr<MariadbServer> mariadb;
  std::unique_ptr<kafka::EmbeddedBroker> broker;
};

/// Resolves every used connection from scenario and environment, and checks that it answers (otherwise Unreachable, in
/// one line). `cut` ends every wait for them, now and later.
[[nodiscard]] Result<Surroundings> reach_connections(const Scenario& scenario, std::stop_token cut);

/// Starts the private servers and points every connection at them: written databases at `freshet`, databases that are
/// only observed at `freshet_sink`, which is excluded from the binlog. Creates the topics. `asked` cancels the start,
/// `cut` every wait for the servers.
[[nodiscard]] Result<Surroundings> start_embedded(const Scenario& scenario, bool keep, std::stop_token asked,
                                                  std::stop_token cut);

}  // namespace freshet
