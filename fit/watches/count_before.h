// CountBefore: how many instances of an entity arrive before an instant, found from the rows alone.
#pragma once

#include <vector>

#include "base/rows.h"

namespace freshet {

/// The number of arrivals of an entity before an instant: their ordinals are in order of time, so bisection finds it.
class CountBefore {
 public:
  CountBefore(const Rows& rows, EntityId entity) : rows_(rows), entity_(entity), count_(rows.count(entity)) {}
  [[nodiscard]] double at(Micros instant) {
    Ordinal low = 0;
    Ordinal high = count_;
    while (low < high) {
      const Ordinal middle = low + (high - low) / 2;
      life_.clear();
      rows_.life_of(entity_, middle, life_);
      const bool before = !life_.empty() && life_.front().intended < instant;
      (before ? low : high) = before ? middle + 1 : middle;
    }
    return static_cast<double>(low);
  }

 private:
  const Rows& rows_;
  EntityId entity_;
  Ordinal count_;
  std::vector<LifeEvent> life_;
};

}  // namespace freshet
