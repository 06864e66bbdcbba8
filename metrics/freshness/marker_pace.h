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
  /// Once the load has been passed, only rows of markers can be awaited. Another marker may be needed to tell that one
  /// of them was lost, but its own rows will be awaited, too. Sent while the others are still on their way, it would
  /// keep a pipeline with a constant lag from ever being drained.
  [[nodiscard]] int after_load(Instant now, const Freshness::Unpassed& unpassed) {
    if (unpassed.partitions == 0 && !unpassed.waiting) return 0;
    if (unpassed.unmarked > 0) {
      patience_ = std::max(patience_, 2 * unpassed.lag);
      sent_ = now;
      again_ = now + patience_;
      return static_cast<int>(unpassed.unmarked);
    }
    const bool on_their_way = unpassed.partitions == 0 && now < sent_ + 2 * unpassed.lag;
    if (now < again_ || on_their_way) return 0;
    sent_ = now;
    again_ = now + patience_;
    patience_ = std::min(2 * patience_, kMostPatience);
    return static_cast<int>(std::clamp<std::size_t>(unpassed.partitions, 1, kMostAgain));
  }

 private:
  static constexpr std::size_t kMostAgain = 8;
  static constexpr Nanos kMostPatience = 10 * kNanosPerSecond;
  Instant next_{};
  Instant sent_{};
  Instant again_{};
  Nanos patience_ = kNanosPerSecond;
};

}  // namespace freshet
