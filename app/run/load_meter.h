// Counts how much of the measured load the targets committed, and until when, as outcomes pass by.
#pragma once

#include <atomic>

#include "base/change.h"
#include "base/clock.h"

namespace freshet {

/// Must outlive the writers that got its sink. Thread-safe.
class LoadMeter {
 public:
  /// A sink that counts, and passes on to `next`.
  [[nodiscard]] OutcomeSink before(OutcomeSink next);
  /// The number of measured changes that committed, or were dropped because the scenario wants it.
  [[nodiscard]] std::int64_t taken() const { return taken_; }
  /// When the last of them did; 0 if there is none.
  [[nodiscard]] Instant last() const { return last_; }

 private:
  std::atomic<std::int64_t> taken_ = 0;
  std::atomic<Instant> last_{};
};

}  // namespace freshet
