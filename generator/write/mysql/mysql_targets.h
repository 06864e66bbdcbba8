// Tables of a MySQL server that Freshet makes, and those that earlier runs left there: they carry a mark in their
// comment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clients/mysql/mysql.h"
#include "clients/mysql/tables/mysql_ownership.h"
#include "generator/write/backend/backend.h"

namespace freshet {

/// Those of the address's database, by name; `mark` is the comment. Unreachable when the server is.
[[nodiscard]] Result<std::vector<Orphan>> find_orphan_tables(mysql::Connection& connection, mysql::LiveRuns& leases);

// See Backend.
[[nodiscard]] Result<Dropped> drop_own_table(const mysql::Address& address, const std::string& table,
                                             const std::string& run_id);
[[nodiscard]] std::unique_ptr<Orphans> orphan_tables(const mysql::Address& address);
[[nodiscard]] std::unique_ptr<TargetMaker> table_maker(const Scenario& scenario, const Addresses& addresses,
                                                       const TargetOptions& options);

}  // namespace freshet
