// `freshet fit`: compares the generated rows with the declared distributions. The declared side is computed from the
// Scenario (fit/laws/law.h); the achieved side is counted in rows and lives that come through the seam of base/rows.h.
#pragma once

#include <cstdint>

#include "fit/checks/fit_report.h"
#include "fit/watches/fit_input.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// For all checks of one fit together, see FitReport::family_level.
inline constexpr double kFitFamilyLevel = 1e-4;

/// The scenario with denser loads, so that there are about `sample` arrivals and background updates of each entity
/// (never fewer than declared; nothing else is changed), and with a column "#state" if an entity with a life does not
/// show its state.
[[nodiscard]] Scenario enlarged_for_fit(const Scenario& scenario, std::int64_t sample);

/// Pure; takes seconds. Both sources must have the same entities.
[[nodiscard]] FitReport fit_scenario(const FitInput& input);

}  // namespace freshet
