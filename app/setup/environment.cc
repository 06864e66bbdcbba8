#include "app/setup/environment.h"

#include <fmt/format.h>

#include "clients/connection.h"
#include "clients/mysql/mysql.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

constexpr const char* kSourceDatabase = "freshet";
constexpr const char* kSinkDatabase = "freshet_sink";
constexpr int kReachTimeoutMs = 5'000;

bool is_written(const Scenario& scenario, std::size_t connection) {
  for (const WriteTarget& write : scenario.write) {
    const auto* table = std::get_if<MysqlTarget>(&write.target);
    if (table != nullptr && table->connection == connection) return true;
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

}  // namespace

Result<Addresses> resolve_addresses(const Scenario& scenario) {
  Addresses addresses;
  addresses.mysql.resize(scenario.connections.size());
  addresses.kafka.resize(scenario.connections.size());
  const Environment environment = process_environment();
  for (std::size_t i = 0; i < scenario.connections.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    if (!connection.used) continue;
    if (connection.kind == Connection::Kind::Mysql) {
      auto address = mysql_address(connection, environment);
      if (!address.ok()) return address.error();
      addresses.mysql[i] = std::move(*address);
    } else {
      auto address = kafka_address(connection, environment);
      if (!address.ok()) return address.error();
      addresses.kafka[i] = std::move(*address);
    }
  }
  return addresses;
}

Addresses until(Addresses addresses, const std::stop_token& stop) {
  for (mysql::Address& address : addresses.mysql) address.stop = stop;
  for (kafka::Address& address : addresses.kafka) address.stop = stop;
  return addresses;
}

Result<Surroundings> reach_connections(const Scenario& scenario, std::stop_token cut) {
  auto addresses = resolve_addresses(scenario);
  if (!addresses.ok()) return addresses.error();
  Surroundings result;
  result.addresses = until(std::move(*addresses), cut);
  const Environment environment = process_environment();
  for (std::size_t i = 0; i < scenario.connections.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    if (!connection.used) continue;
    auto url = resolve_url(connection, environment);
    if (!url.ok()) return url.error();
    result.variables[connection_variable(connection.name)] = *url;
    if (connection.kind == Connection::Kind::Mysql) {
      auto opened = mysql::Connection::open(result.addresses.mysql[i]);
      if (!opened.ok()) return opened.error().in("connection \"" + connection.name + "\"");
    } else {
      auto found = kafka::topics(result.addresses.kafka[i], kReachTimeoutMs);
      if (!found.ok()) return found.error().in("connection \"" + connection.name + "\"");
    }
  }
  return result;
}

Result<Surroundings> start_embedded(const Scenario& scenario, bool keep, std::stop_token asked, std::stop_token cut) {
  Surroundings result;
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

  result.addresses.mysql.resize(scenario.connections.size());
  result.addresses.kafka.resize(scenario.connections.size());
  for (std::size_t i = 0; i < scenario.connections.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    std::string& variable = result.variables[connection_variable(connection.name)];
    if (connection.kind == Connection::Kind::Mysql) {
      mysql::Address& address = result.addresses.mysql[i] = root;
      address.database = is_written(scenario, i) ? kSourceDatabase : kSinkDatabase;
      variable = fmt::format("mysql://root@127.0.0.1:{}/{}?socket={}", root.port, address.database, root.socket);
    } else {
      result.addresses.kafka[i] = result.broker->address();
      variable = result.broker->bootstrap();
    }
  }
  result.addresses = until(std::move(result.addresses), cut);
  for (const WriteTarget& write : scenario.write) {
    if (const KafkaTarget* topic = write.topic()) {
      FRESHET_TRY(result.broker->create_topic(topic->topic, topic->partitions));
    }
  }
  return result;
}

}  // namespace freshet
