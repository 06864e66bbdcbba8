// Loads: rates of arrivals and background updates, stage by stage; skew of background updates; how long a deleted row
// is absent.
#pragma once

#include <vector>

#include "fit/checks/fit_report.h"
#include "fit/watches/fit_input.h"

namespace freshet {

/// Rates of an entity's arrivals, in the scenario as declared.
void judge_arrivals(const FitInput& input, const Load& load, std::vector<FitCheck>& out);

/// Background updates, deletes and upserts of an entity. A change of a row that does not exist does not take place, so
/// the expectation follows the history of each row: the sum of rate × probability over the time in which the row
/// existed (or, for the inserts of upserts, did not). On that clock every such count is a Poisson process.
void judge_free_changes(const FitInput& input, EntityId entity, std::vector<FitCheck>& out);

}  // namespace freshet
