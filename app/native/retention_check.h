// Whether what a scenario wants forgotten is needed later, as far as the schedule tells.
#pragma once

#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet {

/// A warning for each retention that is too short for the lives of the rows. It is tried: the pipeline's operators get
/// some 50,000 changes of the schedule with this retention and without any, and must come to the same views. For an
/// entity's these are whole lives, of one instance in so many; for a view's, whose groups many instances share, the
/// first changes. Times are intended ones: a pipeline that lags needs so much more. Takes a second or two for each, and
/// nothing where there is none.
[[nodiscard]] std::vector<Problem> retention_warnings(const Scenario& scenario);

}  // namespace freshet
