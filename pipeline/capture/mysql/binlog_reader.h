// The binlog of a server as a stream of committed row changes. Connector/C provides packets (clients/mysql/mysql.h);
// only our own bounds-checked decoder (binlog_decoder.h) reads their contents.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/capture/position.h"
#include "pipeline/capture/source_clock.h"

namespace freshet {

/// Reads one server's binlog for the requested tables, and skips all others cheaply. For one thread.
class BinlogReader {
 public:
  struct Options {
    mysql::Address address;
    std::vector<std::pair<std::string, std::string>> tables;  ///< database, table
    bool from_beginning = false;  ///< start at the oldest log of the server; else at its current end
    std::string from_gtid;        ///< resume after this position, "0-1-42" (MariaDB) or "file:offset", when not empty
    int heartbeat_ms = 100;       ///< next() returns at least this often
    unsigned server_id = 0;       ///< 0 = chosen at random
    /// Receives warnings for people: what this user may not see on the server.
    std::function<void(const std::string&)> warn = {};
    /// Maximum wait for a lost server; afterwards, or at once if 0, that is an error.
    int away_limit_ms = 60'000;
    std::function<void(const std::string&)> log = {};  ///< receives lines for people; may be empty
  };
  [[nodiscard]] static Result<std::unique_ptr<BinlogReader>> open(const Options& options);
  virtual ~BinlogReader() = default;
  /// Appends the changes of the next committed transactions that change our tables, in commit order. Returns after one
  /// event that ends a transaction, or with nothing appended after a heartbeat. Waits for a lost server, and continues
  /// where the last transaction ended: nothing is lost or repeated. Errors are final: a server that stays away
  /// (Unreachable), a log that was reset, purged or replaced, a DDL on one of our tables (named refusals, never a
  /// silent skip), a damaged or malformed event.
  virtual Status next(std::vector<RowChange>& out) = 0;
  /// Empties what next() has filled; the buffers of its rows are reused, so that a row costs no allocation.
  virtual void reuse(std::vector<RowChange>& used) = 0;
  /// Where a reader would resume after what next() has returned: a GTID position, or file:position.
  [[nodiscard]] virtual std::string position() const = 0;
  /// The same for a restart; nothing when none can begin there (BinlogStream::restart_at).
  virtual void restart_at(Position& out) const = 0;
  /// How far next() has come: the second in which the last ended transaction committed, ours or not.
  [[nodiscard]] virtual SourceReading reading() const = 0;
};

}  // namespace freshet
