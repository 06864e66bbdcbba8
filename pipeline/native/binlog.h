// The binlog as a stream of committed row changes. Connector/C gives packets (base/io/mysql.h); what is in them is read
// by our own bounds-checked decoder alone (binlog_decoder.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/change.h"
#include "base/io/mysql.h"
#include "base/result.h"
#include "base/row.h"

namespace freshet {

/// A table as the binlog describes it at this point of the stream.
struct BinlogTable {
  std::string database;
  std::string name;
  RecordType record;  ///< column names and the kinds their values are decoded to
};

/// One row of one committed transaction. Rows are of `table->record`: `before` for Update and Delete, `after` for
/// Insert and Update. Columns missing from a partial image are Null.
struct RowChange {
  std::shared_ptr<const BinlogTable> table;
  Operation operation = Operation::Insert;
  Row before;
  Row after;
};

/// Reads one server's binlog for the tables asked for, skipping all others cheaply. One thread.
class BinlogReader {
 public:
  struct Options {
    mysql::Address address;
    std::vector<std::pair<std::string, std::string>> tables;  ///< database, table
    bool from_beginning = false;  ///< the oldest log the server has; else its end as it is now
    std::string from_gtid;        ///< MariaDB: resume after this position, when not empty
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
  /// Where a reader would go on after what next() has returned: a GTID position, or file:position.
  [[nodiscard]] virtual std::string position() const = 0;
};

}  // namespace freshet
