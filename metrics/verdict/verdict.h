// The verdict: gates, validity and audit of a run, in the order of SEMANTICS.md §6. Pure.
#pragma once

#include "metrics/record/run_record.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Fills the judged part of `record`: gates, validity, verdict, reasons.
void judge(const Scenario& scenario, RunRecord& record);

/// The largest p99 of waits in a valid run: 1 s, or 10 % of the smallest latency bound if that is less.
[[nodiscard]] double wait_bound_s(const Scenario& scenario);

}  // namespace freshet
