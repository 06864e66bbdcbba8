// freshet fit: is what a scenario declares what its rows are? The declared side is computed from the Scenario
// (fit/laws/law.h), the achieved side counted in rows and lives that come through the seam of base/rows.h.
#pragma once

#include <functional>

#include "base/rows.h"
#include "fit/checks/fit_report.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// All instances of an entity with rows, the most popular first: which instance has which rank is scattered, and cannot
/// be told from rows. It only names the ranks: their shares are counted.
using PopularityOrder = std::function<std::vector<Ordinal>(EntityId)>;

/// A scenario and its rows.
struct FitSource {
  const Scenario& scenario;
  const Rows& rows;
  Micros epoch = 0;
};

struct FitInput {
  FitSource declared;  ///< the scenario as it is: when things come
  FitSource enlarged;  ///< enlarged_for_fit() of it: what they are
  PopularityOrder order;
  std::int64_t sample = 100'000;  ///< instances of each entity at most
};

/// Over all checks of one fit, see FitReport::family_level.
inline constexpr double kFitFamilyLevel = 1e-4;

/// The scenario with loads so dense that there are about `sample` arrivals and free changes of each entity (never fewer
/// than declared; nothing else is changed), and with a column "#state" where an entity with a life shows none.
[[nodiscard]] Scenario enlarged_for_fit(const Scenario& scenario, std::int64_t sample);

/// Pure; takes seconds. Both sources must have the same entities.
[[nodiscard]] FitReport fit_scenario(const FitInput& input);

}  // namespace freshet
