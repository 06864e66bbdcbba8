// The binlog as a stream of committed row changes. Connector/C gives packets (clients/mysql/mysql.h); what is in them
// is read by our own bounds-checked decoder alone (binlog_decoder.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/change.h"
#include "base/result.h"
#include "base/row.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/source_clock.h"

namespace freshet {

/// What a column's values are to its server: decides what they can become (conversion.h).
enum class ServerKind : std::uint8_t {
  Integer,
  Bit,
  Float,
  Double,
  Decimal,
  Date,
  Clock,
  Moment,
  Text,
  Binary,
  Unread
};

/// What a record's column does not say of a table's.
struct BinlogColumn {
  std::string declared;  ///< as the server declares it, "int(10) unsigned"; else the binlog's number of its type
  ServerKind kind = ServerKind::Text;
  std::string refusal;  ///< Unread: why its values are not read, and always Null
  int zero_fill = 0;    ///< the server prints it with zeros in front, so wide
  int fraction = 0;     ///< Moment: digits of the second. Float, Double: after the point; below 0: as many as it takes
  bool generated = false;  ///< computed by the server, which may leave it out of an image although it has changed
};

/// A table as the binlog describes it at this point of the stream.
struct BinlogTable {
  std::string database;
  std::string name;
  RecordType record;                  ///< column names and the kinds their values are decoded to
  std::vector<BinlogColumn> columns;  ///< one for each of the record's
};

/// Which columns the images of an event hold, one for each of the table's: a session chooses (binlog_row_image), and
/// servers leave generated columns out even of full images.
struct RowImages {
  std::vector<bool> before, after;
};

/// One row of one committed transaction. Rows are of `table->record`: `before` for Update and Delete, `after` for
/// Insert and Update. Columns that an image does not hold are Null.
struct RowChange {
  std::shared_ptr<const RowImages> partial;  ///< null when the images hold every column
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
  /// Empties what next() has filled; the buffers of its rows are used again, so that a row costs no allocation.
  virtual void reuse(std::vector<RowChange>& used) = 0;
  /// Where a reader would go on after what next() has returned: a GTID position, or file:position.
  [[nodiscard]] virtual std::string position() const = 0;
  /// How far next() has come: the second in which the last transaction that ended had committed, of ours or not.
  [[nodiscard]] virtual SourceReading reading() const = 0;
};

}  // namespace freshet
