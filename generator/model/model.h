// Model: every row and every life that a scenario defines, compiled and pure.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "base/rows.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// What distinguishes the rows of one run from those of another.
struct RunIdentity {
  std::uint64_t seed = 0;
  std::uint64_t salt = 0;
  WallTime epoch{};  ///< of the schedule's zero
};

/// Compiles `scenario`, which must outlive the result. Immutable after construction and thread-safe. row(ordinal,
/// version) is a function of (seed, salt, entity, ordinal, version, field) and the epoch; nothing is stored except the
/// index of background updates (16 B each).
[[nodiscard]] std::unique_ptr<const Rows> make_model(const Scenario& scenario, const RunIdentity& identity);

/// All instances of an entity with rows, the most popular first; the rows themselves do not show this.
[[nodiscard]] std::vector<Ordinal> popularity_order(const Scenario& scenario, std::uint64_t seed, EntityId entity);

}  // namespace freshet
