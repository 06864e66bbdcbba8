// Names in SQL statements.
#pragma once

#include <string>
#include <string_view>

namespace freshet::mysql {

/// `name` in backticks.
[[nodiscard]] std::string identifier(std::string_view name);

/// The name of a record's column in tables: dots become underscores.
[[nodiscard]] std::string column_name(std::string_view name);
/// The same, quoted.
[[nodiscard]] std::string column_identifier(std::string_view name);

}  // namespace freshet::mysql
