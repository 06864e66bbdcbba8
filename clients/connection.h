// Connections: URLs, possibly with secrets, from the scenario and the environment.
//
//   mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?NAME=VALUE&…]   (socket=PATH, and the options of mysql::Address)
//   HOST:PORT[,HOST:PORT…]  or  kafka://HOST:PORT[,…][?NAME=VALUE&…]   (librdkafka properties are passed through)
//
// ${NAME} and ${NAME:-default} (nesting allowed in the default) are replaced from the environment. The variable
// FRESHET_CONNECTION_<NAME> (in upper case) overrides the URL of the connection called NAME. A connection without a URL
// (null) uses FRESHET_<NAME>. A MySQL URL without a password uses FRESHET_MYSQL_PASSWORD, if that is set.
#pragma once

#include <string>

#include "base/environment.h"
#include "base/result.h"
#include "clients/http/registry.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The connection's URL with its variables replaced. The error (Unreachable) names the variable that is not set.
[[nodiscard]] Result<std::string> resolve_url(const Connection& connection, const Environment& environment);
[[nodiscard]] Result<mysql::Address> mysql_address(const Connection& connection, const Environment& environment);
[[nodiscard]] Result<kafka::Address> kafka_address(const Connection& connection, const Environment& environment);
/// The registry of a target whose format is Avro. Errors as for connections.
[[nodiscard]] Result<registry::Address> registry_address(const KafkaTarget& target, const Environment& environment);

}  // namespace freshet
