// Checks, on the schedule, whether rows that a retention drops are needed later.
#pragma once

#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet {

/// Returns a warning for each retention that is too short for the lives of the rows. Each is tried: the pipeline's
/// operators process some 50,000 changes of the schedule with this retention and without any, and must produce the same
/// views. For an entity's retention, these are the complete lives of one instance in n; for a view's, whose groups many
/// instances share, the first changes. Times are intended times; a pipeline that lags needs a retention longer by its
/// lag. Takes a second or two per retention, and no time without one.
[[nodiscard]] std::vector<Problem> retention_warnings(const Scenario& scenario);

}  // namespace freshet
