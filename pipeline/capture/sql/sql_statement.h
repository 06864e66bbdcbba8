// What an SQL statement writes, calls and reads, according to its structure. The server has already parsed it, so this
// reads only the positions of table names, and takes nothing else for one. Accepts arbitrary bytes.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pipeline/capture/sql/sql_tokens.h"

namespace freshet {

/// A table, view, routine or trigger. If the text names no database, it is the statement's own.
struct SqlName {
  std::string database;
  std::string name;
  [[nodiscard]] std::string text() const { return database + "." + name; }
  [[nodiscard]] bool operator==(const SqlName& other) const = default;
  [[nodiscard]] bool operator<(const SqlName& other) const {
    return std::tie(database, name) < std::tie(other.database, other.name);
  }
};

/// Kinds of row changes, as a set of bits.
using RowOperations = std::uint8_t;
inline constexpr RowOperations kInserts = 1;
inline constexpr RowOperations kUpdates = 2;
inline constexpr RowOperations kDeletes = 4;
inline constexpr RowOperations kAllOperations = 7;

/// A table whose rows a statement writes.
struct WrittenTable {
  SqlName table;
  RowOperations operations = 0;
  /// Columns that it sets without naming their table; empty: this table is written in any case.
  std::vector<std::string> if_column;
};

/// A trigger, routine or view: executed or reached when a statement writes a table, calls or reads it.
struct SqlProgram {
  enum class Kind : std::uint8_t {
    Trigger,
    Routine,  ///< function, procedure, or a package of them
    View,     ///< its tables are `body.reads`
    Cascade   ///< of a foreign key, if it is logged
  };
  Kind kind = Kind::Trigger;
  SqlName name;
  SqlName on = {};               ///< the table of a Trigger or Cascade
  RowOperations operations = 0;  ///< the operations that start a Trigger or Cascade
  bool body_unknown = false;     ///< the user may not see it
  std::vector<WrittenTable> writes = {};
  std::set<SqlName> calls = {};
  std::set<SqlName> reads = {};
};

/// The effect of a statement on definitions.
struct DefinitionChange {
  enum class Kind : std::uint8_t {
    Alter,         ///< changes the table's columns, or empties it
    Drop,          ///< drops the table, or creates another of the same name
    Rename,        ///< `table` becomes `other`
    DropDatabase,  ///< `table.database`
    Create,        ///< `program`
    DropProgram,   ///< `program`, with kind and name set
    CreateTemporary,
    DropTemporary,  ///< only ever a temporary table
    Merge,          ///< rows of `other` become rows of `table`, too, which has the MERGE engine
  };
  Kind kind = Kind::Alter;
  SqlName table = {};
  SqlName other = {};
  SqlProgram program = {};
};

struct StatementReading {
  std::vector<WrittenTable> writes;
  std::vector<DefinitionChange> changes;
  std::set<SqlName> calls;  ///< every name before a parenthesis, including built-in functions
  std::set<SqlName> reads;  ///< tables that it only reads
  bool is_query = false;    ///< SELECT or DO: logged only because its functions write
};

/// Reads one statement of the log. `database` is the default of its session.
[[nodiscard]] StatementReading read_statement(std::string_view sql, std::string_view database,
                                              const SqlDialect& dialect);

/// Reads the body of a trigger or routine, which may be a block of statements, into `program`.
void read_program_body(std::string_view sql, std::string_view database, const SqlDialect& dialect, SqlProgram& program);

}  // namespace freshet
