// Connections: URLs with secrets in them, from the scenario and the environment.
//
//   mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?socket=PATH&ssl_ca=PATH&ssl_cert=PATH&ssl_key=PATH&ssl_verify=1&bulk=0&…]
//   HOST:PORT[,HOST:PORT…]  or  kafka://HOST:PORT[,…][?NAME=VALUE&…]   (librdkafka properties pass through)
//
// ${NAME} and ${NAME:-default} (nesting allowed in the default) are taken from the environment. The variable
// FRESHET_CONNECTION_<NAME> (in upper case) replaces the URL of the connection called NAME; one without a URL (null) is
// FRESHET_<NAME>. A MySQL URL without a
// password takes the one in FRESHET_MYSQL_PASSWORD, if that is set.
#pragma once

#include <string>

#include "base/environment.h"
#include "base/result.h"
#include "clients/http/registry.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The connection's URL with variables replaced. The error (kind Unreachable) names the variable that is not set.
[[nodiscard]] Result<std::string> resolve_url(const Connection& connection, const Environment& environment);
[[nodiscard]] Result<mysql::Address> mysql_address(const Connection& connection, const Environment& environment);
[[nodiscard]] Result<kafka::Address> kafka_address(const Connection& connection, const Environment& environment);
/// Of a target whose format is Avro. Errors as for connections.
[[nodiscard]] Result<registry::Address> registry_address(const KafkaTarget& target, const Environment& environment);

}  // namespace freshet
