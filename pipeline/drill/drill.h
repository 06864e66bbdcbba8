// Drill: the native pipeline errs on purpose, by known amounts, at one view's sink, after all operators, so that
// nothing cascades. Keys are picked by hash, each for one class at most.
//
//   --drill lose=1%,stale=0.5%,resurrect=1%,wrong=0.1%,duplicate=0.1%,delay=2s@5%[,view=NAME]
//
// lose       every write of the key is dropped                       → missing
// stale      the key's first image stays, later images are dropped   → stale
// resurrect  the key's delete is followed by its last image again    → resurrected
// wrong      a number or text column is altered in every write       → wrong
// duplicate  the row is inserted twice; refused (Usage) where the sink's key is unique
// delay      every write of the key is held back by that long (share after @, default 1%)
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace freshet {

struct Drill {
  double lose = 0;  ///< shares of the keys, 0 to 1
  double stale = 0;
  double resurrect = 0;
  double wrong = 0;
  double duplicate = 0;
  double delayed = 0;
  Nanos delay{};
  std::string view;  ///< empty = the first observed view
  [[nodiscard]] bool active() const {
    return lose > 0 || stale > 0 || resurrect > 0 || wrong > 0 || duplicate > 0 || delayed > 0;
  }
};

[[nodiscard]] Result<Drill> parse_drill(const std::string& text);

/// The result of a drill: rows whose planted error is present at the end, and errors that a later change erased.
struct DrillCount {
  std::int64_t planted = 0;
  std::int64_t healed = 0;
};

}  // namespace freshet
