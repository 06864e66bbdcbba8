// Names of view columns in the tables of a sink.
#pragma once

#include <algorithm>
#include <string>

#include "base/io/mysql.h"

namespace freshet {

/// The quoted name of a column: dots become underscores.
[[nodiscard]] inline std::string in_table(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return mysql::identifier(name);
}

}  // namespace freshet
