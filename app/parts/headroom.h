// The generator's own limit: the rate of its lanes if the target costs nothing.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/rows.h"
#include "generator/schedule/schedule.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Runs the scenario's schedule on `lanes` threads against null writers, as fast as possible, for `budget`; starts over
/// if it ends earlier. Returns changes per second: schedule, rows and lanes, without encoding and transport. Blocks, at
/// most until `stop`; `clock` is the system's.
[[nodiscard]] double generator_limit(const Scenario& scenario, const Rows& rows, const RunIdentity& identity, int lanes,
                                     Nanos budget, const Clock& clock, const std::stop_token& stop);

}  // namespace freshet
