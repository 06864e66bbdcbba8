// What an SQL statement writes, calls and reads, as its own structure says: by whom it is parsed is the server's
// business, so this reads the places where names of tables stand, and takes nothing else for one. Any bytes whatever.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pipeline/capture/sql/sql_tokens.h"

namespace freshet {

/// A table, view, routine or trigger. The database is the statement's own where the text names none.
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
  /// Columns that it sets without saying of which of its tables; none: this table is written in any case.
  std::vector<std::string> if_column;
};

/// A trigger, routine or view: what runs, or is reached, when a statement writes a table, calls or reads it.
struct SqlProgram {
  enum class Kind : std::uint8_t {
    Trigger,
    Routine,  ///< function, procedure, or package of such
    View,     ///< its tables are `body.reads`
    Cascade   ///< of a foreign key, where the log holds it
  };
  Kind kind = Kind::Trigger;
  SqlName name;
  SqlName on = {};               ///< the table of a Trigger or Cascade
  RowOperations operations = 0;  ///< that start a Trigger or Cascade
  bool body_unknown = false;     ///< the user may not see it
  std::vector<WrittenTable> writes = {};
  std::set<SqlName> calls = {};
  std::set<SqlName> reads = {};
};

/// What a statement does to definitions.
struct DefinitionChange {
  enum class Kind : std::uint8_t {
    Alter,         ///< changes what the table's rows are, or empties it
    Drop,          ///< drops the table, or makes another of the same name
    Rename,        ///< `table` becomes `other`
    DropDatabase,  ///< `table.database`
    Create,        ///< `program`
    DropProgram,   ///< `program`, of which kind and name are set
    CreateTemporary,
    DropTemporary,  ///< only ever a temporary table
    Merge,          ///< rows of `other` become rows of `table` too, which has the MERGE engine
  };
  Kind kind = Kind::Alter;
  SqlName table = {};
  SqlName other = {};
  SqlProgram program = {};
};

struct StatementReading {
  std::vector<WrittenTable> writes;
  std::vector<DefinitionChange> changes;
  std::set<SqlName> calls;  ///< every name before a parenthesis, built-in functions too
  std::set<SqlName> reads;  ///< tables that it only reads
  bool is_query = false;    ///< SELECT or DO: logged only because of what its functions write
};

/// Reads one statement of the log. `database` is its session's default.
[[nodiscard]] StatementReading read_statement(std::string_view sql, std::string_view database,
                                              const SqlDialect& dialect);

/// Reads the body of a trigger or routine, which may be a block of statements, into `program`.
void read_program_body(std::string_view sql, std::string_view database, const SqlDialect& dialect, SqlProgram& program);

}  // namespace freshet
