// How much memory the native pipeline's state will take at the end of a run.
#pragma once

#include <cstdint>

#include "base/rows.h"
#include "generator/schedule/schedule.h"
#include "scenarios/scenario.h"

namespace freshet {

struct StateForecast {
  std::int64_t rows = 0;  ///< living rows of entities that observed views read
  std::size_t bytes = 0;  ///< of them, and of what deleted ones leave behind; windows' groups are not in it
};

/// By the first rows of the model, put into the pipeline's own tables.
[[nodiscard]] StateForecast forecast_state(const Scenario& scenario, const Rows& model, const PlannedLoad& plan);

}  // namespace freshet
