// What a fit is made of: a scenario, its rows, and how many of them are looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/rows.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// All instances of an entity with rows, the most popular first: which instance has which rank is scattered, and cannot
/// be told from rows. It only names the ranks: their shares are counted.
using PopularityOrder = std::function<std::vector<Ordinal>(EntityId)>;

/// A scenario and its rows.
struct FitSource {
  const Scenario& scenario;
  const Rows& rows;
  WallTime epoch{};
};

struct FitInput {
  FitSource declared;  ///< the scenario as it is: when things come
  FitSource enlarged;  ///< enlarged_for_fit() of it: what they are
  PopularityOrder order;
  std::int64_t sample = 100'000;  ///< instances of each entity at most
};

}  // namespace freshet
