// Reads from a server the programs that can write our tables without naming them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog_statement.h"
#include "pipeline/capture/mysql/source_checks.h"

namespace freshet {

/// Triggers, routines, views and, if they are logged, cascades, as they are now. `tables` are (database, name) as
/// spelled in the log. Reports to `warn`, by privilege, what this user may not see.
[[nodiscard]] Result<StatementJudge> read_judge(mysql::Connection& connection,
                                                const std::vector<std::pair<std::string, std::string>>& tables,
                                                const SourceWarning& warn);

}  // namespace freshet
