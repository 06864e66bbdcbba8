#include "generator/write/mysql/mysql_figures.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace freshet {

namespace {

constexpr int kPatienceS = 2;

/// Settings that determine the cost of a commit.
constexpr const char* kSettings =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('sync_binlog', 'innodb_flush_log_at_trx_commit', 'log_bin', "
    "'binlog_format', 'binlog_row_image', 'innodb_doublewrite', 'innodb_flush_method', 'innodb_buffer_pool_size')";

/// The server's names of its counters, and ours. There are two counters of fsyncs: all those of the storage engine, and
/// among them those of its redo log.
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

/// MySQL does not count the bytes that it writes to its binlog, and MariaDB's counter (Binlog_bytes_written) jumps by
/// 10^14 when other sessions create or drop tables (10.11.19). So the sizes of the files are used.
Status sum_binlogs(mysql::Connection& connection, ServerFigures& server) {
  std::int64_t bytes = 0;
  FRESHET_TRY(connection.query("SHOW BINARY LOGS", [&](auto values) {
    if (server.oldest_log.empty()) server.oldest_log = values[0].value_or("");
    bytes += number(values[1].value_or("0"));
  }));
  server.counters["binlog_bytes"] = bytes;
  return {};
}

}  // namespace

Status read_figures(const mysql::Address& address, const Clock& clock, ServerFigures& out) {
  FRESHET_ASSIGN(mysql::Connection connection, mysql::Connection::open(address, kPatienceS));
  out.version = connection.server().version;
  FRESHET_TRY(connection.query(
      kSettings, [&](auto values) { out.settings[std::string(values[0].value_or(""))] = values[1].value_or(""); }));
  FRESHET_TRY(connection.query(kStatus, [&](auto values) {
    const std::string_view name = values[0].value_or("");
    const std::int64_t value = number(values[1].value_or("0"));
    if (name == "Uptime") out.started = clock.wall() - value * kMicrosPerSecond;
    for (const auto& [theirs, ours] : kCounters) {
      if (name == theirs) out.counters[ours] = value;
    }
  }));
  const bool logs = out.settings["log_bin"] == "ON";
  return logs ? sum_binlogs(connection, out) : Status{};
}

}  // namespace freshet
