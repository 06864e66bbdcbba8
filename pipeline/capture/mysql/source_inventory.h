// Reads from a server what can write our tables without naming them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog_statement.h"
#include "pipeline/capture/mysql/source_checks.h"

namespace freshet {

/// Triggers, routines, views and, where the log holds them, cascades, as they are now. `tables` are (database, name)
/// as the log spells them. What this user may not see is told to `warn`, by the privilege.
[[nodiscard]] Result<StatementJudge> read_judge(mysql::Connection& connection,
                                                const std::vector<std::pair<std::string, std::string>>& tables,
                                                const SourceWarning& warn);

}  // namespace freshet
