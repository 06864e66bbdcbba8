// SQL statements in the binlog: which of them end transactions, and which touch our tables other than by row events.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace freshet {

enum class StatementKind : std::uint8_t { Begin, Commit, Rollback, RollbackToSavepoint, Other };
[[nodiscard]] StatementKind kind_of_statement(std::string_view sql);

/// What a statement does to one of our tables.
struct StatementEffect {
  enum class Kind : std::uint8_t {
    None,
    Definition,  ///< changes, empties, renames or drops it
    Rows,        ///< writes rows, and is logged as a statement instead of row events
  };
  Kind kind = Kind::None;
  std::size_t table = 0;  ///< index into `tables`
};

/// `tables` are (database, name); `database` is the statement's default. CREATE TABLE and temporary tables have no
/// effect. Names compare without case, so that an effect is rather seen where there is none than missed.
[[nodiscard]] StatementEffect effect_of_statement(std::string_view sql, std::string_view database,
                                                  std::span<const std::pair<std::string, std::string>> tables);

}  // namespace freshet
