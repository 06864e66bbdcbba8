#include "app/setup/environment.h"

#include <fmt/format.h>

#include "clients/connection.h"
#include "clients/mysql/mysql.h"
#include "generator/write/backends.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

constexpr const char* kSourceDatabase = "freshet";
constexpr const char* kSinkDatabase = "freshet_sink";

bool is_written(const Scenario& scenario, std::size_t connection) {
  for (const WriteTarget& write : scenario.write) {
    if (write.ways().front().connection == connection) return true;
  }
  return false;
}

Status create_databases(const mysql::Address& root) {
  auto connection = mysql::Connection::open(root);
  if (!connection.ok()) return connection.error().in("embedded server");
  for (const char* database : {kSourceDatabase, kSinkDatabase}) {
    FRESHET_TRY(connection->execute(
        fmt::format("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", mysql::identifier(database))));
  }
  return {};
}

/// Points the connections at the private servers. What is no server, such as a file, is where it is without them.
Status address_private_servers(const Scenario& scenario, const mysql::Address& root, RunEnvironment& out) {
  out.addresses.environment = process_environment();
  out.addresses.servers.resize(scenario.connections.size());
  out.outside = out.addresses;
  for (std::size_t i = 0; i < scenario.connections.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    std::any& address = out.addresses.servers[i];
    const std::string variable = connection_variable(connection.name);
    if (connection.backend == kMysqlBackend) {
      mysql::Address database = root;
      database.database = is_written(scenario, i) ? kSourceDatabase : kSinkDatabase;
      out.variables[variable] =
          fmt::format("mysql://root@127.0.0.1:{}/{}?socket={}", root.port, database.database, root.socket);
      address = std::move(database);
    } else if (connection.backend == kKafkaBackend) {
      out.variables[variable] = out.broker->bootstrap();
      address = out.broker->address();
    } else if (connection.used) {
      FRESHET_ASSIGN(address, backend_named(connection.backend).resolve(connection, out.addresses.environment));
      out.outside.servers[i] = address;
    }
  }
  return {};
}

}  // namespace

Result<RunEnvironment> reach_connections(const Scenario& scenario, std::stop_token cut) {
  const Environment environment = process_environment();
  RunEnvironment result;
  FRESHET_ASSIGN(result.addresses, resolve_addresses(scenario, environment));
  result.addresses = until(std::move(result.addresses), cut);
  result.outside = result.addresses;
  for (std::size_t i = 0; i < scenario.connections.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    if (!connection.used) continue;
    if (connection.declared) {
      FRESHET_ASSIGN(result.variables[connection_variable(connection.name)], resolve_url(connection, environment));
    }
    const Status reached = backend_named(connection.backend).reach(result.addresses.servers[i]);
    if (!reached.ok()) return reached.error().in(named(scenario, i));
  }
  return result;
}

Result<RunEnvironment> start_embedded(const Scenario& scenario, bool keep, std::stop_token asked, std::stop_token cut) {
  RunEnvironment result;
  MariadbServer::Options options;
  options.binlog_ignore_database = kSinkDatabase;
  options.stop = std::move(asked);
  options.keep_directory = keep;
  auto server = MariadbServer::start(options);
  if (!server.ok()) return server.error();
  result.mariadb = std::move(*server);
  auto broker = kafka::EmbeddedBroker::start();
  if (!broker.ok()) return broker.error();
  result.broker = std::move(*broker);

  mysql::Address root;
  root.socket = result.mariadb->socket();
  root.port = result.mariadb->port();
  root.user = "root";
  root.stop = cut;
  FRESHET_TRY(create_databases(root));

  FRESHET_TRY(address_private_servers(scenario, root, result));
  result.addresses = until(std::move(result.addresses), cut);
  result.outside = until(std::move(result.outside), cut);
  for (const WriteTarget& write : scenario.write) {
    if (const KafkaTarget* topic = write.topic()) {
      FRESHET_TRY(result.broker->create_topic(topic->topic, topic->partitions));
    }
  }
  return result;
}

}  // namespace freshet
