// What a scenario needs beyond being well formed before it can be run: `check` and `run` ask the same.
#pragma once

#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet {

/// Why `run` would refuse this scenario, each with its cure; empty when it would not. `data_only`: nothing is judged.
[[nodiscard]] std::vector<Problem> obstacles_to_run(const Scenario& scenario, bool data_only);

/// Connections that nothing is written to are used by nobody.
void use_what_is_written(Scenario& scenario);

/// What is left of a scenario whose data is written and not judged: no views to see, no gates, no pipeline to start.
void leave_data_only(Scenario& scenario);

}  // namespace freshet
