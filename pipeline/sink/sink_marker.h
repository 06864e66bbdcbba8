// The marker table of a sink database: one row per scenario that ran into it, with its run, its start, and where its
// state was. Pipelines of several scenarios share it, so that whose it is the rows say, not its comment.
#pragma once

#include <string>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "clients/mysql/tables/mysql_ownership.h"

namespace freshet {

inline constexpr const char* kMarkerTable = "freshet_pipeline";

/// Refuses (Usage) when the scenario ran into this database before: always while that run lives, else unless
/// `drop_existing`. Changes nothing.
Status check_marker(mysql::Connection& connection, mysql::Leases& leases, const std::string& scenario,
                    const std::string& run_id, bool drop_existing);
/// Takes the row away that check_marker() has allowed to go.
Status clear_marker(mysql::Connection& connection, mysql::Leases& leases, const std::string& scenario,
                    const std::string& run_id);
/// Makes the table if it is not there, and adds the row of this run.
Status set_marker(mysql::Connection& connection, const std::string& scenario, const std::string& run_id);
/// Takes the rows of this run away, and the table with the last row. Absent when there is none, or others share it.
[[nodiscard]] Result<mysql::Fate> drop_marker(mysql::Connection& connection, const std::string& run_id);
/// Of runs that no longer live.
[[nodiscard]] Result<mysql::Fate> drop_dead_marker(mysql::Connection& connection, mysql::Leases& leases);

}  // namespace freshet
