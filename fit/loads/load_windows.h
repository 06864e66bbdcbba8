// Compares counts in windows of time with their expectations.
#pragma once

#include <vector>

#include "fit/checks/judge.h"
#include "fit/laws/rates.h"

namespace freshet {

/// Borders of windows that expect about ten changes or a four-hundredth of the total; none spans two stages unless
/// these are too short.
[[nodiscard]] std::vector<Micros> window_edges(const ExpectedCount& expected);
/// Poisson counts: two-sided χ² of the windows. `thinned_constant`: the rest of a constant load, one-sided.
void judge_windows(const std::vector<Window>& windows, bool thinned_constant, FitCheck& check);
/// Tests that a constant load is never off by more than one.
void judge_even(const std::vector<Window>& windows, FitCheck& check);

}  // namespace freshet
