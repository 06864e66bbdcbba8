// What a scenario needs beyond being well formed to be run: `check` and `run` apply the same rules.
#pragma once

#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet {

/// The reasons why `run` would refuse this scenario, each with a hint; empty if there is none. `data_only`: nothing is
/// judged.
[[nodiscard]] std::vector<Problem> obstacles_to_run(const Scenario& scenario, bool data_only);

/// Marks the connections that no target writes to as unused.
void use_what_is_written(Scenario& scenario);

/// Reduces a scenario to data that is written and not judged: no views, no gates, no pipeline.
void leave_data_only(Scenario& scenario);

}  // namespace freshet
