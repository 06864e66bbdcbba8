// Targets: what a scenario writes to, created before a run and dropped after it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "generator/write/backend/backend.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// What a run made, in the order in which it did.
struct Created {
  std::string run_id;
  std::vector<Made> made;
};

/// Creates the tables and topics of `write`. Refuses (Usage, naming table and flag) an existing table: one that Freshet
/// created needs --drop-existing, any other is never touched. `created` receives what must be dropped later, even if
/// not all could be created.
Status prepare_targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options,
                       Created& created);
/// Drops what prepare_targets created, if it is unchanged; anything else of that name stays, and is added to
/// `not_ours`. Best effort: returns the first error, and `created` keeps what may be left.
Status drop_targets(const Addresses& addresses, Created& created, std::vector<std::string>& not_ours);
/// "table orders, topic payments".
[[nodiscard]] std::string describe(const Created& created);

}  // namespace freshet
