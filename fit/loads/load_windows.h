// Counts in windows of time against what is expected in them.
#pragma once

#include <vector>

#include "fit/checks/judge.h"
#include "fit/laws/rates.h"

namespace freshet {

/// Borders of windows that expect about ten changes or a four-hundredth of all, none across two stages unless these
/// are too short.
[[nodiscard]] std::vector<Micros> window_edges(const ExpectedCount& expected);
/// Poisson counts: χ² of the windows, from both sides. `thinned_constant`: what is left of a constant load, from above.
void judge_windows(const std::vector<Window>& windows, bool thinned_constant, FitCheck& check);
/// A constant load is never off by more than one.
void judge_even(const std::vector<Window>& windows, FitCheck& check);

}  // namespace freshet
