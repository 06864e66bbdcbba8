// When to send marker rows: during the load a few at intervals, and after it until they have been seen.
#pragma once

#include <algorithm>
#include <cstdint>

#include "metrics/freshness/freshness.h"

namespace freshet {

/// Owned by the sender. Not thread-safe.
class MarkerPace {
 public:
  /// During the load, markers are at most this share of the committed changes, and at least this far apart.
  static constexpr std::int64_t kLeastChangesPerMarked = 200;
  static constexpr Nanos kInterval = kNanosPerSecond;

  /// The number of markers to send now, during the load. `committed` counts all changes; `marked` those of markers.
  [[nodiscard]] int during_load(Instant now, std::int64_t committed, std::int64_t marked) {
    if (now < next_ || marked * kLeastChangesPerMarked > committed) return 0;
    next_ = now + kInterval;
    return 1;
  }

  /// The number of markers to send after the load, once all outcomes of the load and of earlier markers are known. The
  /// key of a marker decides its partition, so as many are sent as there are partitions without one, until every
  /// partition has one. If all have one and some are not seen for long, they may have been lost, and new ones are sent.
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
