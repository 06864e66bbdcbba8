// What the native pipeline of a run made in the sinks, taken down again.
#pragma once

#include <string>
#include <vector>

#include "generator/write/backend/addresses.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Drops the tables of observed views that this run's pipeline made, and its word in the marker table (the table too,
/// when nobody else has a word in it). A pipeline that refused to start may have made none of it, or a part. What is
/// somebody else's stays, and is added to `not_ours`. The first error is returned; the rest is dropped all the same.
Status drop_view_tables(const Scenario& scenario, const Addresses& addresses, const std::string& run_id,
                        std::vector<std::string>& not_ours);

}  // namespace freshet
