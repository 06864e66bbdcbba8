// Shapes of load, as stages: pieces in which the rate changes linearly.
#pragma once

#include <vector>

#include "scenarios/loader/json/members.h"
#include "scenarios/model/scenario.h"

namespace freshet::loading {

/// A duration > 0, in whole µs.
[[nodiscard]] std::optional<Micros> read_length(const Json& value, Problems& problems);
/// Reads the "stages" of arrivals. `left`: how many pieces are still allowed; it is reduced by the number read.
[[nodiscard]] std::vector<Stage> read_stages(const Json& stages, Problems& problems, std::size_t& left);
/// The sum of two curves; the shorter one is 0 after its end.
[[nodiscard]] std::vector<Stage> add_curves(const std::vector<Stage>& a, const std::vector<Stage>& b);

}  // namespace freshet::loading
