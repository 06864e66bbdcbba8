// The input of a fit: a scenario, its rows, and the size of the sample.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/rows.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// All instances of an entity with rows, the most popular first. Ranks are scattered over instances and cannot be found
/// from rows. This only names the ranks: their shares are counted.
using PopularityOrder = std::function<std::vector<Ordinal>(EntityId)>;

/// A scenario and its rows.
struct FitSource {
  const Scenario& scenario;
  const Rows& rows;
  WallTime epoch{};
};

struct FitInput {
  FitSource declared;  ///< the scenario as it is: for times
  FitSource enlarged;  ///< enlarged_for_fit() of it: for values
  PopularityOrder order;
  std::int64_t sample = 100'000;  ///< at most, for each entity
};

}  // namespace freshet
