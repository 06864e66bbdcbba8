// When to send marker rows: at intervals during the load, few of them, and after it until they have been seen.
#pragma once

#include <algorithm>
#include <cstdint>

#include "metrics/freshness/freshness.h"

namespace freshet {

/// Owned by whoever sends. Not thread-safe.
class MarkerPace {
 public:
  /// During the load markers are at most this share of what was committed, and at least this far apart.
  static constexpr std::int64_t kLeastChangesPerMarked = 200;
  static constexpr Nanos kInterval = kNanosPerSecond;

  /// How many markers to send now, during the load. `committed`: changes; `marked`: of them, those of markers.
  [[nodiscard]] int during_load(Instant now, std::int64_t committed, std::int64_t marked) {
    if (now < next_ || marked * kLeastChangesPerMarked > committed) return 0;
    next_ = now + kInterval;
    return 1;
  }

  /// The same after it, when all outcomes of the load and of the markers sent so far are known. Which partition a
  /// marker goes to, its key decides: as many are sent as there are partitions without one, until there is none. When
  /// all have one and some are not seen for long, they may be lost: then again.
  [[nodiscard]] int after_load(Instant now, const Freshness::Unpassed& unpassed) {
    if (unpassed.partitions == 0 && !unpassed.waiting) return 0;
    if (unpassed.unmarked > 0) {
      patience_ = std::max(patience_, 2 * unpassed.lag);
      again_ = now + patience_;
      return static_cast<int>(unpassed.unmarked);
    }
    if (now < again_) return 0;
    again_ = now + patience_;
    patience_ = std::min(2 * patience_, kMostPatience);
    return static_cast<int>(std::clamp<std::size_t>(unpassed.partitions, 1, kMostAgain));
  }

 private:
  static constexpr std::size_t kMostAgain = 8;
  static constexpr Nanos kMostPatience = 10 * kNanosPerSecond;
  Instant next_{};
  Instant again_{};
  Nanos patience_ = kNanosPerSecond;
};

}  // namespace freshet
