// What earlier runs left on a server: tables that carry Freshet's mark in their comment.
#pragma once

#include <string>
#include <vector>

#include "base/io/mysql.h"
#include "base/result.h"

namespace freshet {

struct Leftover {
  std::string table;
  std::string comment;
};

/// Those of the address's database, by name. Unreachable when the server is.
[[nodiscard]] Result<std::vector<Leftover>> find_leftovers(mysql::Connection& connection);
/// Looks again, and drops the table only if it still carries the mark.
Status drop_leftover(mysql::Connection& connection, const std::string& table);

}  // namespace freshet
