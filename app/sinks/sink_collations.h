// Do the tables of somebody else tell the keys of a view apart?
#pragma once

#include "base/rows.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Refuses (Usage, with two such keys) a table whose collations take keys of this run for equal that differ, "Bonn" and
/// "bonn" or "Bonn ": it holds one row for both, whatever the pipeline does. The first rows of the view are tried, on
/// the server itself, which alone knows its collations. `connection` is to the table's database.
[[nodiscard]] Status refuse_equal_keys(const Scenario& scenario, const Rows& rows, const Observe& observe,
                                       mysql::Connection& connection);

}  // namespace freshet
