// What all tables of Freshet have in common, whoever makes them: their options and the names of their columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// The comment of a table of the session's database; nothing when there is no such table. That of a sequence, which
/// DROP TABLE drops too, is "SEQUENCE", as that of a view is "VIEW".
[[nodiscard]] Result<std::optional<std::string>> table_comment(Connection& connection, const std::string& table);

/// The error of a statement, with the table that it was about: servers rarely name it.
[[nodiscard]] Status on_table(const std::string& table, Status status);

/// What stands behind the columns of CREATE TABLE: everything that a server would else choose by settings of its own.
/// The collation compares bytes and does not ignore trailing spaces, as those of the older servers do; what it is
/// called depends on the server, which reads its own name in a comment. The comment is quoted here.
[[nodiscard]] std::string table_options(std::string_view comment);

/// The name of a record's column in tables: dots become underscores.
[[nodiscard]] std::string column_name(std::string_view name);
/// The same, quoted.
[[nodiscard]] std::string column_identifier(std::string_view name);

}  // namespace freshet::mysql
