#include "pipeline/capture/source_clock.h"

#include <algorithm>

namespace freshet {

std::size_t SourceClock::add_lane() {
  lanes_.emplace_back();
  return lanes_.size() - 1;
}

void SourceClock::read(std::size_t lane, const SourceReading& reading) {
  SourceReading& known = lanes_[lane];
  // std::max treats a missing time as the smallest.
  known.time = std::max(known.time, reading.time);
  known.at_end = reading.at_end;
}

SourceReading SourceClock::now() {
  SourceReading out{std::nullopt, true};
  std::optional<WallTime> least, greatest;
  bool unknown = false;  // a lane has more, of unknown age
  for (const SourceReading& lane : lanes_) {
    greatest = std::max(greatest, lane.time);
    if (lane.at_end) continue;
    out.at_end = false;
    unknown = unknown || !lane.time;
    if (lane.time && (!least || *lane.time < *least)) least = lane.time;
  }
  if (!unknown) latest_ = std::max(latest_, out.at_end ? greatest : least);
  out.time = latest_;
  return out;
}

}  // namespace freshet
