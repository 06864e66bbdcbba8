// What a reader of binlogs queries from a server, and sets in its session, before it requests the log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog_stream.h"
#include "pipeline/capture/mysql/binlog_reader.h"

namespace freshet {

/// Refuses (Usage) settings with which changes would be missing in the log.
Status check_binlog_server(mysql::Connection& connection);
/// Identifies this server, so that another in its place is noticed: MySQL's server_uuid. Empty on MariaDB, whose GTID
/// positions suffice: a server without them in its history refuses to continue from there.
[[nodiscard]] Result<std::string> binlog_identity(mysql::Connection& connection);
/// A server number that no replica is likely to use; two readers with one number would disconnect each other.
[[nodiscard]] unsigned random_server_id();
/// Sets heartbeats, checksums and the other session variables needed before the dump.
Status set_binlog_session(mysql::Connection& connection, int heartbeat_ms);
/// Finds the start that the options ask for: sets file, position and GTID of `start`, and of the session.
Status find_start(mysql::Connection& connection, const BinlogReader::Options& options, BinlogStream::Options& start);
/// The current end of the log.
[[nodiscard]] Result<BinlogPlace> end_of_binlog(mysql::Connection& connection);
/// A table's columns as they are now.
[[nodiscard]] Result<std::vector<SchemaColumn>> fetch_schema(const mysql::Address& address, const std::string& database,
                                                             const std::string& table);

/// Checks once a second, on a connection of its own, whether the log being read is still the server's: a server whose
/// log is reset lets its readers wait at the end of a file that is gone. For one thread.
class BinlogWatch {
 public:
  explicit BinlogWatch(mysql::Address address) : address_(std::move(address)) {}
  /// Checks if it is time. `idle_at`: when the server last reported that it had nothing new. Refuses (Usage) a log that
  /// ends before the position that was read, and one that grows while the server reports that there is nothing.
  Status look(const BinlogStream& stream, Instant idle_at, Instant now);
  /// Reading begins again.
  void forget();

 private:
  Status look_for_reset(const BinlogStream& stream);

  mysql::Address address_;
  std::optional<std::int64_t> resets_;  ///< number of resets at the last look
  std::optional<mysql::Connection> connection_;
  Instant due_{};
  Instant looked_at_{};
  BinlogPlace read_, end_;   ///< at the last look
  std::string read_before_;  ///< the file being read at the look before
  int stands_still_ = 0;     ///< looks since
};

}  // namespace freshet
