#include "app/setup/server_figures.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "clients/mysql/mysql.h"

namespace freshet {

namespace {

constexpr int kPatienceS = 2;
/// The server tells its age in whole seconds.
constexpr Micros kSameStart = 2 * kMicrosPerSecond;

/// Settings on which the cost of a commit depends.
constexpr const char* kSettings =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('sync_binlog', 'innodb_flush_log_at_trx_commit', 'log_bin', "
    "'binlog_format', 'binlog_row_image', 'innodb_doublewrite', 'innodb_flush_method', 'innodb_buffer_pool_size')";

/// The server's names of its counters, and ours. Of fsyncs there are two counters: all of the storage engine's, and of
/// them those of its redo log.
constexpr std::pair<const char*, const char*> kCounters[] = {
    {"Com_commit", "commits"},
    {"Handler_commit", "engine_commits"},
    {"Binlog_commits", "binlog_transactions"},
    {"Innodb_data_fsyncs", "fsyncs"},
    {"Innodb_os_log_fsyncs", "redo_fsyncs"},
    {"Innodb_os_log_written", "redo_bytes"},
};
constexpr const char* kStatus =
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_commit', 'Handler_commit', 'Binlog_commits', "
    "'Innodb_data_fsyncs', 'Innodb_os_log_fsyncs', 'Innodb_os_log_written', 'Uptime')";

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// MySQL has no counter of what it writes to its binlog, and MariaDB's (Binlog_bytes_written) leaps by 10^14 when
/// tables are created or dropped beside other sessions (10.11.19); the files have sizes.
Status sum_binlogs(mysql::Connection& connection, ServerRecord& server, std::string& oldest) {
  std::int64_t bytes = 0;
  FRESHET_TRY(connection.query("SHOW BINARY LOGS", [&](auto values) {
    if (oldest.empty()) oldest = values[0].value_or("");
    bytes += number(values[1].value_or("0"));
  }));
  server.load["binlog_bytes"] = bytes;
  return {};
}

Status read_database(const mysql::Address& address, const Clock& clock, ServerRecord& server, WallTime& started,
                     std::string& oldest_log) {
  auto connection = mysql::Connection::open(address, kPatienceS);
  if (!connection.ok()) return connection.error();
  server.version = connection->server().version;
  FRESHET_TRY(connection->query(kSettings, [&](auto values) {
    server.durability[std::string(values[0].value_or(""))] = values[1].value_or("");
  }));
  FRESHET_TRY(connection->query(kStatus, [&](auto values) {
    const std::string_view name = values[0].value_or("");
    const std::int64_t value = number(values[1].value_or("0"));
    if (name == "Uptime") started = clock.wall() - value * kMicrosPerSecond;
    for (const auto& [theirs, ours] : kCounters) {
      if (name == theirs) server.load[ours] = value;
    }
  }));
  const bool logs = server.durability["log_bin"] == "ON";
  return logs ? sum_binlogs(*connection, server, oldest_log) : Status{};
}

}  // namespace

ServerReading read_servers(const Scenario& scenario, const Addresses& addresses,
                           const std::map<std::size_t, kafka::Producer::Figures>& kafka, const Clock& clock) {
  ServerReading reading;
  for (std::size_t i = 0; i < addresses.mysql.size(); ++i) {
    const Connection& connection = scenario.connections[i];
    if (!connection.used || connection.kind != Connection::Kind::Mysql) continue;
    ServerRecord& server = reading.servers[connection.name];
    const Status read = read_database(addresses.mysql[i], clock, server, reading.started[connection.name],
                                      reading.oldest_log[connection.name]);
    if (!read.ok()) {
      reading.warnings.push_back("figures of server \"" + connection.name + "\" are missing: " + read.error().message);
    }
  }
  for (const auto& [connection, figures] : kafka) {
    ServerRecord& server = reading.servers[scenario.connections[connection].name];
    server.durability = figures.settings;
    server.load = {
        {"messages", figures.messages}, {"message_bytes", figures.bytes}, {"sent_bytes", figures.sent_bytes}};
  }
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
