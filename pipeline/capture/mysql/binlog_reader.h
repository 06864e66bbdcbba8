// The binlog of a server as a stream of committed row changes. Connector/C gives packets (clients/mysql/mysql.h); what
// is in them is read by our own bounds-checked decoder alone (binlog_decoder.h).
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

/// Reads one server's binlog for the tables asked for, skipping all others cheaply. One thread.
class BinlogReader {
 public:
  struct Options {
    mysql::Address address;
    std::vector<std::pair<std::string, std::string>> tables;  ///< database, table
    bool from_beginning = false;  ///< the oldest log the server has; else its end as it is now
    std::string from_gtid;        ///< resume after this position, "0-1-42" (MariaDB) or "file:offset", when not empty
    int heartbeat_ms = 100;       ///< next() returns at least this often
    unsigned server_id = 0;       ///< 0 = one of our own choice
    /// Takes what a person should know: what this user may not see of the server.
    std::function<void(const std::string&)> warn = {};
    /// How long a server that was lost is waited for; then, or at once if 0, that is an error.
    int away_limit_ms = 60'000;
    std::function<void(const std::string&)> log = {};  ///< takes lines for a person; may be absent
  };
  [[nodiscard]] static Result<std::unique_ptr<BinlogReader>> open(const Options& options);
  virtual ~BinlogReader() = default;
  /// Appends the changes of the next committed transactions that touch our tables, in commit order; returns after one
  /// event that ends a transaction, or with nothing appended after a heartbeat. A server that is lost is waited for,
  /// and read on where the last transaction ended: nothing is lost or doubled. Errors are final: a server that stays
  /// away (Unreachable), a log that was reset, purged or replaced, a DDL on one of our tables (named refusals, never a
  /// silent skip), a damaged or malformed event.
  virtual Status next(std::vector<RowChange>& out) = 0;
  /// Empties what next() has filled; the buffers of its rows are used again, so that a row costs no allocation.
  virtual void reuse(std::vector<RowChange>& used) = 0;
  /// Where a reader would go on after what next() has returned: a GTID position, or file:position.
  [[nodiscard]] virtual std::string position() const = 0;
  /// The same for a restart; nothing when none can begin there (BinlogStream::restart_at).
  virtual void restart_at(Position& out) const = 0;
  /// How far next() has come: the second in which the last transaction that ended had committed, of ours or not.
  [[nodiscard]] virtual SourceReading reading() const = 0;
};

}  // namespace freshet
