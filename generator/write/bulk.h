// Bulk writing: changes to the tables or topics of a scenario as fast as the servers accept them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "generator/schedule/change_source.h"
#include "generator/write/writer_pool.h"

namespace freshet {

struct BulkProgress {
  std::array<std::int64_t, kOutcomes> outcomes{};
  /// Where to resume: all changes before this instant have an outcome, and so have the reference rows. Absent before
  /// the end of the first chunk, which contains the reference rows.
  std::optional<Micros> settled_until;
  std::vector<Refusal> refusals;  ///< why changes were rejected; known at the end
  [[nodiscard]] std::int64_t of(Outcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
};

/// Called after each chunk. Returning false stops.
using OnBulkProgress = std::function<bool(const BulkProgress&)>;

/// Writes the changes of `source` to the targets of `scenario.write`, which must exist. Returns an error if a server
/// was lost: then it is unknown which of the last changes it has. Rejected changes are counted, and what depends on
/// them is withheld.
Result<BulkProgress> write_in_bulk(const Scenario& scenario, const Rows& rows, WallTime epoch,
                                   const Addresses& addresses, ChangeSource& source, const OnBulkProgress& on_progress);

}  // namespace freshet
