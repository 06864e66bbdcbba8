// What the native pipeline of a run made in the sinks, taken down again.
#pragma once

#include <string>

#include "generator/write/targets.h"
#include "scenarios/scenario.h"

namespace freshet {

/// Drops the tables of observed views that this run's pipeline made, and its word in the marker table (the table too,
/// when nobody else has a word in it). What is not there, or is somebody else's, is left alone: a pipeline that refused
/// to start may have made none of it, or a part. The first error is returned; the rest is dropped all the same.
Status drop_view_tables(const Scenario& scenario, const Addresses& addresses, const std::string& run_id);

}  // namespace freshet
