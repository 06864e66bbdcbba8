// Bulk writing: changes to the tables or topics of a scenario as fast as the servers accept them.
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
  /// Where to resume: all changes before this instant have an outcome, and so have the reference rows. Absent before
  /// the end of the first portion, which contains the reference rows.
  std::optional<Micros> settled_until;
  std::vector<Refusal> refusals;  ///< why changes were rejected; known at the end
  [[nodiscard]] std::int64_t of(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
};

/// Called after each portion. Returning false stops.
using UnpacedWatch = std::function<bool(const UnpacedProgress&)>;

/// Writes the changes of `source` to the targets of `scenario.write`, which must exist. Returns an error if a server
/// was lost: then it is unknown which of the last changes it has. Rejected changes are counted, and what depends on
/// them is withheld.
Result<UnpacedProgress> write_unpaced(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                      const Addresses& addresses, ChangeSource& source, const UnpacedWatch& watch);

}  // namespace freshet
