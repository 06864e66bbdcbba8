// Messages about a canary that was not seen: what was sent, where, and what was looked for.
#pragma once

#include <string>
#include <vector>

#include "base/rows.h"
#include "generator/write/backend/addresses.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// A view that does not show its canary.
struct UnseenView {
  ViewId view{};
  std::int64_t pending = 0;       ///< rows that are due but unseen
  std::vector<std::string> keys;  ///< keys of some of them, canonical texts
};

/// One line. `changes`: the canary's changes.
[[nodiscard]] std::string describe_unseen_canary(const Scenario& scenario, const Rows& rows, const Addresses& addresses,
                                                 const std::vector<Change>& changes,
                                                 const std::vector<UnseenView>& unseen, Nanos waited);

}  // namespace freshet
