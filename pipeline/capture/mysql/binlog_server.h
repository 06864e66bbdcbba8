// What a reader of binlogs asks of a server, and sets in its session, before the server's log is a stream.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog_stream.h"
#include "pipeline/capture/mysql/binlog_reader.h"

namespace freshet {

/// Refuses (Usage) settings with which the log would lack changes.
Status check_binlog_server(mysql::Connection& connection);
/// What tells this server from one that takes its place: MySQL's server_uuid. Empty on MariaDB, whose GTID positions
/// tell more: a server without them in its history refuses to go on from there.
[[nodiscard]] Result<std::string> binlog_identity(mysql::Connection& connection);
/// Two readers with one number would throw each other out: one that no replica is likely to have.
[[nodiscard]] unsigned random_server_id();
/// Heartbeats, checksums and what else the session must say before the dump.
Status set_binlog_session(mysql::Connection& connection, int heartbeat_ms);
/// Where the options say that the reading begins: sets file, position and GTID of `start`, and the session's.
Status find_start(mysql::Connection& connection, const BinlogReader::Options& options, BinlogStream::Options& start);
/// Where the log ends now.
[[nodiscard]] Result<BinlogPlace> end_of_binlog(mysql::Connection& connection);
/// A table's columns as they are now.
[[nodiscard]] Result<std::vector<SchemaColumn>> fetch_schema(const mysql::Address& address, const std::string& database,
                                                             const std::string& table);

/// Asks once a second, on a connection of its own, whether the log that is read is still the server's: a server whose
/// log is reset lets its readers wait at the end of a file that is gone. One thread.
class BinlogWatch {
 public:
  explicit BinlogWatch(mysql::Address address) : address_(std::move(address)) {}
  /// Asks if it is time. `idle_at`: when the server last said that it had nothing new. Refuses (Usage) a log that ends
  /// before what was read of it, and one that goes on while the server says that there is nothing.
  Status look(const BinlogStream& stream, Instant idle_at, Instant now);
  /// The reading begins anew.
  void forget();

 private:
  Status look_for_reset(const BinlogStream& stream);

  mysql::Address address_;
  std::optional<std::int64_t> resets_;  ///< how many the server had counted at the last look
  std::optional<mysql::Connection> connection_;
  Instant due_{};
  Instant looked_at_{};
  BinlogPlace read_, end_;   ///< at the last look
  std::string read_before_;  ///< the file that was being read at the look before
  int stands_still_ = 0;     ///< looks since
};

}  // namespace freshet
