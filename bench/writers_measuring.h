// What it costs to measure a run, beside the run.
#pragma once

#include <functional>
#include <string>

#include "base/change.h"
#include "writers_reference.h"
#include "writers_scenario.h"

namespace freshet::bench {

/// Runs once, then feeds the outcomes to ledger and freshness `times` times and prints their CPU time per change beside
/// that of the run: the difference between two whole runs would drown in their noise. If the scenario
/// has an observed view, its sink shows each row some batches after the commit; what looks at the sink is not counted.
void print_cost_of_measuring(const std::string& name, const Bench& bench, int times,
                             const std::function<Result<Work>(const OutcomeSink&)>& run);

}  // namespace freshet::bench
