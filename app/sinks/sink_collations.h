// Checks that the tables of an external pipeline distinguish the keys of a view.
#pragma once

#include "base/rows.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Refuses (Usage, with two such keys) a table whose collation considers different keys of this run equal: "Bonn" and
/// "bonn", or "Bonn ". It would hold one row for both, whatever the pipeline does. The first rows of the view are
/// compared on the server itself, since only the server knows its collations. `connection` is to the table's database.
[[nodiscard]] Status refuse_equal_keys(const Scenario& scenario, const Rows& rows, const Observe& observe,
                                       mysql::Connection& connection);

}  // namespace freshet
