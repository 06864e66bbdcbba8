// Which writes of other tables, and which calls, write our tables: through triggers, routines, views and cascades.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/capture/sql/sql_statement.h"

namespace freshet {

/// One of our tables.
struct WatchedTable {
  SqlName name;
  std::vector<std::string> columns = {};  ///< all of them; empty: unknown
};

/// One of our tables, and what makes a statement write it.
struct Reached {
  std::size_t table = 0;
  std::string by;  ///< "trigger d.t"; empty: the statement names the table
};

/// The programs of one server, kept up to date by the definitions in its log. For one thread.
class SourcePrograms {
 public:
  SourcePrograms() = default;
  /// `fold_names`: names of databases and tables that differ only by case are the same (lower_case_table_names).
  SourcePrograms(std::vector<WatchedTable> ours, bool fold_names) : ours_(std::move(ours)), fold_(fold_names) {}

  void add(SqlProgram program);
  /// The user may not see all routines: an unknown function may do anything.
  void hide_routines() { routines_hidden_ = true; }
  void apply(const DefinitionChange& change);

  /// The first of our tables whose rows the statement may write.
  [[nodiscard]] std::optional<Reached> reached_by(const StatementReading& statement);
  /// The first of our tables whose definition the change concerns.
  [[nodiscard]] std::optional<std::size_t> concerned_by(const DefinitionChange& change) const;

  [[nodiscard]] const std::vector<WatchedTable>& ours() const { return ours_; }
  /// The one with that name.
  [[nodiscard]] std::optional<std::size_t> ours_named(const SqlName& table) const;
  [[nodiscard]] bool same_table(const SqlName& a, const SqlName& b) const;

 private:
  struct Node {
    SqlProgram program;
    std::optional<Reached> reached;    // by running or reading it
    RowOperations writes_through = 0;  // for a view: operations on it that reach one of our tables
    std::optional<Reached> written;    // by these operations
  };

  void mark();
  bool mark(Node& node);
  [[nodiscard]] std::optional<Reached> reached_by_write(const WrittenTable& write) const;
  [[nodiscard]] std::optional<Reached> reached_by_call(const SqlName& call) const;
  [[nodiscard]] std::optional<Reached> reached_by_read(const SqlName& read) const;
  [[nodiscard]] std::optional<Reached> reached_by(const std::vector<WrittenTable>& writes,
                                                  const std::set<SqlName>& calls, const std::set<SqlName>& reads) const;
  void drop(SqlProgram::Kind kind, const SqlName& name);
  void drop_table(const SqlName& table);
  [[nodiscard]] bool same_database(const std::string& a, const std::string& b) const {
    return may_be_same_name(a, b, fold_);
  }

  std::vector<WatchedTable> ours_;
  bool fold_ = false;
  bool routines_hidden_ = false;
  std::vector<Node> nodes_;
  bool marked_ = true;  ///< `reached` and `written` are up to date
};

}  // namespace freshet
