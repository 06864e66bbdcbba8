// Reads a view's table in MySQL or MariaDB as any reader would.
#pragma once

#include <memory>

#include "base/seams.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// `look` selects key and version columns by the first key column (IN lists of at most 500); for a view with windows
/// all columns, also by the window. `scan` streams the whole table in one consistent read. Values are converted to the
/// view's column types: a value that does not fit its type is kept as Text, and so compares unequal.
[[nodiscard]] Result<std::unique_ptr<Observer>> observe_mysql(const Scenario& scenario, ViewId view,
                                                              const mysql::Address& address, const std::string& table);

}  // namespace freshet
