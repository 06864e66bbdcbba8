// Finds what was slow (the generator, the targets or the pipeline) from what the run measured of each. Pure.
#pragma once

#include "metrics/record/run_record.h"

namespace freshet {

/// Below this ratio of the generator's own limit to the offered rate, a slow generator may look like a slow system.
inline constexpr double kLeastHeadroom = 1.25;

/// The parts that kept the run from its schedule, or its views from their gates, each with the figures that show it.
/// Needs `gates` and `valid` of the record. Empty if nothing was late.
[[nodiscard]] std::vector<SlowPart> find_slow_parts(const Scenario& scenario, const RunRecord& record);

}  // namespace freshet
