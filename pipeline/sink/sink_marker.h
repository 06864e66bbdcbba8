// The marker table of a sink database: one row per scenario that ran into it, with its run, its start, and where its
// state was. Pipelines of several scenarios share the table, so its owners are recorded in its rows, not in its
// comment.
#pragma once

#include <string>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "clients/mysql/tables/mysql_ownership.h"

namespace freshet {

inline constexpr const char* kMarkerTable = "freshet_pipeline";

/// Refuses (Usage) if the scenario ran into this database before: always while that run is alive, otherwise unless
/// `drop_existing`. Changes nothing.
Status check_marker(mysql::Connection& connection, mysql::Leases& leases, const std::string& scenario,
                    const std::string& run_id, bool drop_existing);
/// Deletes the row that check_marker() has allowed to delete.
Status clear_marker(mysql::Connection& connection, mysql::Leases& leases, const std::string& scenario,
                    const std::string& run_id);
/// Creates the table if it does not exist, and adds the row of this run.
Status set_marker(mysql::Connection& connection, const std::string& scenario, const std::string& run_id);
/// Deletes the rows of this run, and drops the table with the last row. Absent if there is none, or others share it.
[[nodiscard]] Result<mysql::Fate> drop_marker(mysql::Connection& connection, const std::string& run_id);
/// The same for runs that are no longer alive.
[[nodiscard]] Result<mysql::Fate> drop_dead_marker(mysql::Connection& connection, mysql::Leases& leases);

}  // namespace freshet
