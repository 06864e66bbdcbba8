// What must hold of every simulated run, whatever its seed. Each check compares the judge's word with what is known.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulation/simulation.h"

namespace freshet::simulation {

/// What is wrong, one line each; empty when all holds.
using Violations = std::vector<std::string>;

/// When the version `which` of the row `key`, of which `dues` are all, must have been seen: seen_between() with what
/// the sink showed of it.
[[nodiscard]] SeenBetween seen_of(const Simulation& simulation, ViewId view, const std::string& key,
                                  const std::vector<DueVersion>& dues, std::size_t which);

/// Every change of the schedule, and no other, has exactly one outcome; the ledger counts them by entity, operation and
/// outcome; nothing commits after what it depends on did not.
[[nodiscard]] Violations check_outcomes(Simulation& simulation);
/// Each due version is credited once, and each sample lies between the instant at which the row was there to be seen
/// and the end of the look that must have found it.
[[nodiscard]] Violations check_freshness(Simulation& simulation);
[[nodiscard]] Violations check_staleness(Simulation& simulation);
/// The audit's numbers are those of a plain comparison of two maps, class by class.
[[nodiscard]] Violations check_audit(Simulation& simulation);
[[nodiscard]] Violations check_verdict(Simulation& simulation);

/// All of them.
[[nodiscard]] Violations check(Simulation& simulation);

/// Rows of a view by audit class, as the plain comparison sees them.
[[nodiscard]] std::map<std::string, std::int64_t> compared(Simulation& simulation, ViewId view);

}  // namespace freshet::simulation
