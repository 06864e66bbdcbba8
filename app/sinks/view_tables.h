// Removes what the native pipeline of a run created in the sinks.
#pragma once

#include <string>
#include <vector>

#include "generator/write/backend/addresses.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Drops the tables of observed views that this run's pipeline created, and its row in the marker table (and that
/// table, if no other row is in it). A pipeline that refused to start may have created none or some of them. Tables
/// that another program created stay and are added to `not_ours`. Returns the first error; the rest is dropped
/// nevertheless.
Status drop_view_tables(const Scenario& scenario, const Addresses& addresses, const std::string& run_id,
                        std::vector<std::string>& not_ours);

}  // namespace freshet
