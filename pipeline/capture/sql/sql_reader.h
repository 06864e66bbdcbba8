// What the readers of statements share: tokens, names, and what an expression calls and reads.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/capture/sql/sql_statement.h"

namespace freshet {

class SqlReader {
 public:
  SqlReader(std::string_view sql, std::string_view database, const SqlDialect& dialect)
      : tokens(sql, dialect), database_(database) {}

  SqlTokens tokens;
  StatementReading reading;

  /// `a`, `a.b` or `a.b.c`, as tokens.
  struct Parts {
    std::array<SqlToken, 3> tokens;
    std::size_t count = 0;
  };
  [[nodiscard]] Parts take_parts();
  /// The parts as the name of a table, view or routine.
  [[nodiscard]] SqlName name_of(const Parts& parts) const;
  [[nodiscard]] SqlName take_name() { return name_of(take_parts()); }
  [[nodiscard]] const std::string& database() const { return database_; }
  [[nodiscard]] bool at_end() const { return tokens.done() || tokens.at_symbol(';'); }
  bool accept_any(std::initializer_list<std::string_view> keywords);
  void accept_if_exists();

  /// Takes the next token or name of an expression or query, and records what it calls and reads.
  void step();
  /// Takes a pair of parentheses and their contents; called at '('.
  void step_over_parentheses();
  void note_read(const Parts& table);
  /// Takes the rest of the statement.
  void finish() {
    while (!at_end()) step();
  }

 private:
  void note_call(const Parts& parts);
  void read_table();

  std::string database_;
  std::vector<std::size_t> lists_;  ///< nesting depth of the open lists of tables
  bool table_expected_ = false;
};

/// True for words after a table that are not its alias.
[[nodiscard]] bool is_clause(const SqlToken& token);

/// Reads statements that write rows, each after its first word; `reader` must outlive it.
class RowWriteReader {
 public:
  explicit RowWriteReader(SqlReader& reader) : in_(reader) {}

  /// Names of common table expressions, which are not tables.
  std::vector<std::string> common;

  /// [INTO] table; what follows is an expression.
  void insert(RowOperations operations);
  void update();
  void erase();
  void load();

 private:
  struct Source {
    SqlName table;      // empty: a derived table
    std::string alias;  // name used by columns
  };
  using Sources = std::vector<Source>;
  void take_sources(Sources& sources);
  [[nodiscard]] Source take_source();
  void take_assignments(const Sources& sources);
  void assign(const SqlReader::Parts& column, const Sources& sources, std::vector<std::string>& unqualified);
  void write(const SqlReader::Parts& name, const Sources& sources, RowOperations operations);
  void write(SqlName table, RowOperations operations);
  [[nodiscard]] std::vector<SqlReader::Parts> take_targets();
  [[nodiscard]] std::string text(const SqlToken& token) const { return in_.tokens.name_of(token); }

  SqlReader& in_;
  RowOperations updates_ = kUpdates;
};

/// Reads CREATE, ALTER, DROP, RENAME and TRUNCATE, each after its first word.
void read_create(SqlReader& reader, const SqlDialect& dialect);
void read_alter(SqlReader& reader, const SqlDialect& dialect);
void read_drop(SqlReader& reader);
void read_rename(SqlReader& reader);
void read_truncate(SqlReader& reader);

}  // namespace freshet
