// Questions about a table of the server, whoever created it, and errors that name the table.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// The expression that selects a table's comment from information_schema.tables. For a sequence, which DROP TABLE also
/// drops, it is "SEQUENCE"; for a view it is "VIEW".
inline constexpr std::string_view kCommentColumn = "IF(table_type = 'SEQUENCE', table_type, table_comment)";

/// The comment of a table of the session's database; nullopt if there is no such table.
[[nodiscard]] Result<std::optional<std::string>> table_comment(Connection& connection, const std::string& table);

/// Adds the name of the table to a statement's error: servers rarely name it.
[[nodiscard]] Status on_table(const std::string& table, Status status);

}  // namespace freshet::mysql
