// From events to committed changes: follows files, positions, transactions, table maps and statements. Knows nothing
// of connections; the reader feeds it what it fetches, tests and the fuzzer what they like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "pipeline/native/binlog.h"
#include "pipeline/native/binlog_decoder.h"

namespace freshet {

/// One thread. After an error it must not be fed again.
class BinlogStream {
 public:
  /// Columns of a table as they are now, none when there is no such table; asked once for each form of a table.
  using SchemaOf =
      std::function<Result<std::vector<SchemaColumn>>(const std::string& database, const std::string& table)>;
  struct Options {
    std::vector<std::pair<std::string, std::string>> tables;  ///< database, table
    /// A DDL on a table of which no row was seen yet contradicts nothing when we saw the log from its beginning.
    bool from_beginning = false;
    Dialect dialect = Dialect::MariaDb;  ///< of events before the first format description, and of positions
    bool checksums = true;               ///< of events before the first format description
    std::string file;                    ///< where the first event comes from; may be empty with a GTID position
    std::uint64_t position = 4;
    GtidPosition gtid;
    SchemaOf schema_of;
  };
  explicit BinlogStream(Options options);

  enum class Turn : std::uint8_t {
    Open,       ///< more is to come
    Ended,      ///< a transaction ended: committed, rolled back, or a DDL
    Heartbeat,  ///< the server has nothing new
  };
  /// Takes one whole event, header to checksum. `inflated`: for compressed events, the plain form of what they
  /// compress (the rows, the statement). Committed changes are appended to `out`.
  [[nodiscard]] Result<Turn> feed(Bytes event, Bytes inflated, std::vector<RowChange>& out);

  /// After the last ended transaction: a GTID position when the server has them, else file:position.
  [[nodiscard]] std::string position() const;

 private:
  struct Known {
    std::vector<std::byte> map;  ///< the map that `plan` was made from, without table id and flags
    std::shared_ptr<const TablePlan> plan;
    bool rows_seen = false;
  };
  struct Mapped {
    std::uint64_t id = 0;
    std::shared_ptr<const TablePlan> plan;  ///< null: not one of ours
    std::size_t table = 0;                  ///< of Options::tables
  };

  Result<Turn> on_control(const EventHeader& header, Bytes event, Bytes body, Bytes inflated,
                          std::vector<RowChange>& out);
  Result<Turn> on_query(Bytes body, const Bytes* inflated, std::vector<RowChange>& out);
  Status on_gtid(Bytes event);
  Status on_table_map(Bytes body);
  Status on_rows(EventType type, Bytes body, Bytes inflated);
  Status refuse_load(Bytes body) const;
  [[nodiscard]] Result<std::shared_ptr<const TablePlan>> plan_of(std::size_t table, Bytes body);
  void begin();
  Turn commit(std::vector<RowChange>& out);
  Turn end_transaction();

  Options options_;
  std::vector<Known> known_;        ///< one for each of Options::tables
  std::vector<Mapped> mapped_;      ///< tables of the statement under way
  std::vector<RowChange> pending_;  ///< changes of the transaction under way
  bool in_transaction_ = false;
  bool gtid_pending_ = false;
  GtidEvent gtid_event_;
  std::string file_;                 ///< of the event at hand
  std::uint64_t next_position_ = 4;  ///< after the event at hand
  std::string ended_file_;           ///< where the last transaction ended
  std::uint64_t ended_position_ = 4;
};

}  // namespace freshet
