// Compiler: turns an entity's declaration into its Program.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "generator/row/program.h"
#include "generator/time/timeline.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// A numeric column of version 1 of every instance of an entity, by ordinal; null and negative values become 0.
using WeightsOf = std::function<std::vector<double>(EntityId entity, ColumnIndex column)>;

/// Compiles the program of an entity's rows. `timeline` and `frozen` must outlive it. `weights` is called only for
/// earlier entities.
[[nodiscard]] Program compile(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, EntityId entity,
                              FrozenRows& frozen, const WeightsOf& weights);

}  // namespace freshet
