#include "scenarios/tables/sql_names.h"

#include <algorithm>

namespace freshet::mysql {

std::string identifier(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) quoted.append(c == '`' ? 2 : 1, c);
  return quoted + "`";
}

std::string column_name(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

std::string column_identifier(std::string_view name) { return identifier(column_name(name)); }

}  // namespace freshet::mysql
