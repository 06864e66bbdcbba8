// Loads: rates of arrivals and free changes, stage by stage; skew of free changes; how long a deleted row is away.
#pragma once

#include <vector>

#include "fit/checks/fit_report.h"
#include "fit/watches/fit_input.h"

namespace freshet {

/// Rates of an entity's arrivals, in the scenario as declared.
void judge_arrivals(const FitInput& input, const Load& load, std::vector<FitCheck>& out);

/// Free updates, deletes and puts of an entity. One that falls on a row that does not live for it is not there, so what
/// is expected follows the rows' own history: the sum of rate × probability over the time in which a row lived (or, for
/// the inserts of puts, did not). With it as its clock every such count is a Poisson process.
void judge_free_changes(const FitInput& input, EntityId entity, std::vector<FitCheck>& out);

}  // namespace freshet
