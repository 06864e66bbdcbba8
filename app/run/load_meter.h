// How much of the measured load the targets took, and until when: on the way of every outcome to the judge.
#pragma once

#include <atomic>

#include "base/change.h"
#include "base/clock.h"

namespace freshet {

/// Outlives the writers that were given its sink. Calls come from any thread.
class LoadMeter {
 public:
  /// Counts, and passes on.
  [[nodiscard]] OutcomeSink before(OutcomeSink next);
  /// Changes of the measured phase that committed, or were dropped because the scenario wants it.
  [[nodiscard]] std::int64_t taken() const { return taken_; }
  /// When the last of them did; 0 while there is none.
  [[nodiscard]] Instant last() const { return last_; }

 private:
  std::atomic<std::int64_t> taken_ = 0;
  std::atomic<Instant> last_{};
};

}  // namespace freshet
