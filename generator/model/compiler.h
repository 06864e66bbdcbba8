// Compiler: an entity's declaration → its Program.
#pragma once

#include <cstdint>

#include "generator/model/program.h"
#include "generator/model/timeline.h"
#include "scenarios/scenario.h"

namespace freshet {

/// The program of an entity's rows. `timeline` and `frozen` must outlive it.
[[nodiscard]] Program compile(const Scenario& scenario, const Timeline& timeline, std::uint64_t seed, EntityId entity,
                              FrozenRows& frozen);

}  // namespace freshet
