// What is asked of a table of the server, whoever made it, and whose error one is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// What information_schema.tables is asked for the comment of a table. That of a sequence, which DROP TABLE drops too,
/// is "SEQUENCE", as that of a view is "VIEW".
inline constexpr std::string_view kCommentColumn = "IF(table_type = 'SEQUENCE', table_type, table_comment)";

/// The comment of a table of the session's database; nothing when there is no such table.
[[nodiscard]] Result<std::optional<std::string>> table_comment(Connection& connection, const std::string& table);

/// The error of a statement, with the table that it was about: servers rarely name it.
[[nodiscard]] Status on_table(const std::string& table, Status status);

}  // namespace freshet::mysql
