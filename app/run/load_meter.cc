#include "app/run/load_meter.h"

#include <algorithm>
#include <utility>

namespace freshet {

OutcomeSink LoadMeter::before(OutcomeSink next) {
  return [this, next = std::move(next)](std::span<const Settled> batch) {
    std::int64_t taken = 0;
    Instant last{};
    for (const Settled& settled : batch) {
      const bool dropped = settled.outcome == Outcome::Withheld && settled.code == kDroppedOnPurpose;
      if (settled.change.phase != Phase::Measured || (settled.outcome != Outcome::Committed && !dropped)) continue;
      ++taken;
      if (!dropped) last = std::max(last, settled.acknowledged);
    }
    taken_ += taken;
    for (Instant known = last_; known < last && !last_.compare_exchange_weak(known, last);) {
    }
    next(batch);
  };
}

}  // namespace freshet
