// freshet fit: is what a scenario declares what its rows are? The declared side is computed from the Scenario
// (fit/laws/law.h), the achieved side counted in rows and lives that come through the seam of base/rows.h.
#pragma once

#include <cstdint>

#include "fit/checks/fit_report.h"
#include "fit/watches/fit_input.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Over all checks of one fit, see FitReport::family_level.
inline constexpr double kFitFamilyLevel = 1e-4;

/// The scenario with loads so dense that there are about `sample` arrivals and free changes of each entity (never fewer
/// than declared; nothing else is changed), and with a column "#state" where an entity with a life shows none.
[[nodiscard]] Scenario enlarged_for_fit(const Scenario& scenario, std::int64_t sample);

/// Pure; takes seconds. Both sources must have the same entities.
[[nodiscard]] FitReport fit_scenario(const FitInput& input);

}  // namespace freshet
