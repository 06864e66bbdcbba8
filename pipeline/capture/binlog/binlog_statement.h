// SQL statements in the binlog: which of them end transactions, and which affect our tables other than by row events.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "pipeline/capture/binlog/binlog_bytes.h"
#include "pipeline/capture/sql/source_programs.h"

namespace freshet {

enum class StatementKind : std::uint8_t { Begin, Commit, Rollback, RollbackToSavepoint, Other };
[[nodiscard]] StatementKind kind_of_statement(std::string_view sql);

/// A statement as contained in an event.
struct LoggedStatement {
  std::string_view sql;
  std::string_view database;    ///< the session's default
  Bytes variables = {};         ///< status variables of the event
  std::uint32_t thread = 0;     ///< of the session
  bool uses_temporary = false;  ///< temporary tables of the session (LOG_EVENT_THREAD_SPECIFIC_F)
};

/// The effect of a statement on one of our tables.
struct StatementEffect {
  enum class Kind : std::uint8_t {
    None,
    Definition,  ///< changes, empties, renames or drops it
    Merge,       ///< makes it part of a MERGE table, under whose name its rows are then logged
    Cascade,     ///< adds a foreign key that changes it when another table changes, which is not logged
    Rows,        ///< may write rows, and is logged as a statement instead of row events
  };
  Kind kind = Kind::None;
  std::size_t table = 0;  ///< index in SourcePrograms::ours()
  std::string by = {};    ///< what writes the rows, if it is not the statement itself
};

/// Classifies the statements of one log, in its order. It remembers temporary tables, which hide tables of the same
/// name from their session, and the triggers, routines and views that are created. For one thread.
class StatementJudge {
 public:
  explicit StatementJudge(SourcePrograms programs, bool mysql = false, bool cascades_logged = false)
      : programs_(std::move(programs)), mysql_(mysql), cascades_logged_(cascades_logged) {}

  [[nodiscard]] StatementEffect judge(const LoggedStatement& statement);
  /// The server was started: no earlier session is alive.
  void forget_sessions() { temporary_.clear(); }

  [[nodiscard]] const SourcePrograms& programs() const { return programs_; }

 private:
  [[nodiscard]] bool is_temporary(std::uint32_t thread, const SqlName& table) const;
  bool drop_temporary(std::uint32_t thread, const SqlName& table);
  void take_change(const LoggedStatement& statement, const DefinitionChange& change, StatementEffect& effect);

  SourcePrograms programs_;
  bool mysql_ = false;
  bool cascades_logged_ = false;
  std::map<std::uint32_t, std::set<SqlName>> temporary_;  ///< by session
};

/// `merge` is a table of the MERGE engine that has `table`, which is ours, in its UNION.
[[nodiscard]] Error refusal_of_merge(const std::string& merge, const std::string& table);
/// The error for a statement with that effect, which ends the reading.
[[nodiscard]] Error refusal_of(const StatementEffect& effect, const WatchedTable& table, std::string_view sql);

}  // namespace freshet
