// Unpaced writing: changes to the tables or topics of a scenario as fast as the servers take them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "generator/schedule/change_source.h"
#include "generator/write/writer_pool.h"

namespace freshet {

struct UnpacedProgress {
  std::array<std::int64_t, kOutcomes> outcomes{};
  /// Where a later run goes on: all changes before this instant have their outcome, and reference rows have. None
  /// before the first portion has, which reference rows belong to.
  std::optional<Micros> settled_until;
  std::vector<Refusal> refusals;  ///< why changes were rejected; known at the end
  [[nodiscard]] std::int64_t of(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
};

/// Called after each portion. False: stop.
using UnpacedWatch = std::function<bool(const UnpacedProgress&)>;

/// Writes what `source` gives to the targets of `scenario.write`, which exist. An error when a server was lost: nobody
/// knows then which of the last changes it has; rejected changes are counted, and what depends on them is withheld.
Result<UnpacedProgress> write_unpaced(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                      const Addresses& addresses, ChangeSource& source, const UnpacedWatch& watch);

}  // namespace freshet
