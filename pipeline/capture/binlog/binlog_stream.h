// From events to committed changes: tracks files, positions, transactions, table maps and statements. Knows nothing of
// connections; the reader, tests and the fuzzer feed it with events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/capture/binlog/binlog_decoder.h"
#include "pipeline/capture/binlog/binlog_statement.h"
#include "pipeline/capture/position.h"

namespace freshet {

/// A position in a server's log files.
struct BinlogPlace {
  std::string file;
  std::uint64_t position = 4;
};
/// True if `a` comes before `b`. Files are ordered by the number at the end of their names; those with another base
/// name are not comparable, and never before.
[[nodiscard]] bool comes_before(const BinlogPlace& a, const BinlogPlace& b);

/// For one thread. Must not be used after an error.
class BinlogStream {
 public:
  /// The columns of a table as they are now; none if there is no such table. Called once for each form of a table.
  using SchemaOf =
      std::function<Result<std::vector<SchemaColumn>>(const std::string& database, const std::string& table)>;
  struct Options {
    std::vector<std::pair<std::string, std::string>> tables;  ///< database, table
    /// If we read the log from its beginning, a DDL on a table without rows so far contradicts nothing.
    bool from_beginning = false;
    Dialect dialect = Dialect::MariaDb;  ///< for events before the first format description, and for positions
    bool checksums = true;               ///< for events before the first format description
    std::string file;                    ///< the file of the first event; may be empty with a GTID position
    std::uint64_t position = 4;
    GtidPosition gtid;
    SchemaOf schema_of;
    /// For the same tables. Default: none has triggers or is written by a routine or view.
    std::optional<StatementJudge> judge;
  };
  explicit BinlogStream(Options options);

  enum class Turn : std::uint8_t {
    Open,       ///< the transaction continues
    Ended,      ///< a transaction ended: committed, rolled back, or a DDL
    Heartbeat,  ///< the server has nothing new
  };
  /// Takes one complete event, from header to checksum. Appends committed changes to `out`.
  [[nodiscard]] Result<Turn> feed(Bytes event, std::vector<RowChange>& out);

  /// Empties changes that feed() has appended, and keeps their buffers for later ones.
  void reuse(std::vector<RowChange>& used);

  /// The position after the last ended transaction: a GTID position if the server has them, else file:position.
  [[nodiscard]] std::string position() const;
  /// The same for a restart. Nothing while an XA transaction is prepared: a reader that begins here does not know what
  /// it wrote, and would refuse its commit. Assigns into the buffers of `out`.
  void restart_at(Position& out) const;
  /// When the last ended transaction committed, in seconds of the server's clock; 0 if there was none. Never goes back,
  /// although the time of a session may.
  [[nodiscard]] std::uint32_t committed_at() const { return committed_at_; }
  /// The position after the current event.
  [[nodiscard]] BinlogPlace place() const { return {file_, next_position_}; }
  /// When the server created that file, in seconds of its clock; 0 before the file's description was read.
  [[nodiscard]] std::uint32_t described_at() const { return described_file_ == file_ ? described_at_ : 0; }
  /// Reading resumes at position() over another connection. Drops the current transaction.
  void resume();

 private:
  struct Known {
    std::vector<std::byte> map;  ///< the map that `plan` was made from, without table id and flags
    std::shared_ptr<const TablePlan> plan;
    bool rows_seen = false;
  };
  struct Mapped {
    std::uint64_t id = 0;
    std::shared_ptr<const TablePlan> plan;  ///< null: not one of our tables
    std::size_t table = 0;                  ///< index in Options::tables
  };

  Result<Turn> dispatch(const EventHeader& header, Bytes event, Bytes body, std::vector<RowChange>& out);
  Result<Turn> on_control(const EventHeader& header, Bytes event, Bytes body, std::vector<RowChange>& out);
  Result<Turn> on_payload(Bytes body, std::vector<RowChange>& out);
  Result<Turn> on_query(const EventHeader& header, Bytes body, bool compressed, std::vector<RowChange>& out);
  Result<Turn> on_xa(std::string_view statement, std::vector<RowChange>& out);
  Result<Turn> on_xa_prepare(Bytes body, std::vector<RowChange>& out);
  Result<Turn> on_unread(const EventHeader& header, Bytes body);
  [[nodiscard]] Result<std::size_t> checksum_size(const EventHeader& header, Bytes event) const;
  Status on_format(const EventHeader& header, Bytes event);
  Status on_rotate(Bytes body);
  Status on_group();
  Status on_gtid(Bytes event);
  Status on_table_map(Bytes body);
  Status on_rows(EventType type, Bytes body);
  Status on_load(const EventHeader& header, Bytes body);
  Status judge(const EventHeader& header, const QueryEvent& query, std::string_view sql);
  [[nodiscard]] Error damaged(EventType type) const;
  [[nodiscard]] static Error refused(std::string message, std::string hint = "");
  [[nodiscard]] Result<std::shared_ptr<const TablePlan>> plan_of(std::size_t table, Bytes body);
  void begin();
  Turn commit(std::vector<RowChange>& out);
  Turn end_transaction();

  Options options_;
  std::vector<Known> known_;                                ///< one for each of Options::tables
  std::vector<Mapped> mapped_;                              ///< tables of the current statement
  std::vector<RowChange> pending_;                          ///< changes of the current transaction
  std::vector<RowChange> spare_;                            ///< buffers for the next ones
  std::map<std::string, std::vector<RowChange>> prepared_;  ///< changes of XA transactions that have not ended, by id
  std::vector<std::byte> inflated_;                         ///< scratch
  bool in_transaction_ = false;
  bool gtid_pending_ = false;
  GtidEvent gtid_event_;
  std::string file_;                 ///< of the current event
  std::uint64_t next_position_ = 4;  ///< after the current event
  std::uint32_t committed_at_ = 0;
  std::string ended_file_;  ///< where the last transaction ended
  std::uint64_t ended_position_ = 4;
  bool resumed_ = false;            ///< after a new connection: the expected file is known
  bool positioned_ = false;         ///< a file's description was read since the connection began
  std::string described_file_;      ///< the file described last
  std::uint32_t described_at_ = 0;  ///< when the server created it
};

}  // namespace freshet
