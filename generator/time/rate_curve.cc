#include "generator/time/rate_curve.h"

#include <algorithm>
#include <cmath>

namespace freshet {

RateCurve::RateCurve(Micros warm_up, const std::vector<Stage>& stages) {
  if (!stages.empty()) {
    const Stage& first = stages.front();
    const double rate = first.from_rate > 0 ? first.from_rate : (first.from_rate + first.to_rate) / 2;
    add(rate, rate, warm_up);
  }
  for (const Stage& stage : stages) add(stage.from_rate, stage.to_rate, stage.duration);
}

void RateCurve::add(double from_rate, double to_rate, Micros duration) {
  if (duration <= Micros{}) return;
  constexpr double kPerMicro = 1.0 / static_cast<double>(kMicrosPerSecond.count());
  const auto length = static_cast<double>(duration.count());
  const double rate = from_rate * kPerMicro;
  const double slope = (to_rate * kPerMicro - rate) / length;
  const double here = (rate + to_rate * kPerMicro) / 2 * length;
  segments_.push_back(Segment{static_cast<double>(end_.count()), length, rate, slope, total_, here});
  end_ += duration;
  total_ += here;
}

double RateCurve::cumulative(Micros time) const {
  const auto at = static_cast<double>(time.count());
  // The last segment that begins by then; before the first, the first.
  auto segment =
      std::partition_point(segments_.begin(), segments_.end(), [&](const Segment& each) { return each.begin <= at; });
  if (segment != segments_.begin()) --segment;
  if (segment == segments_.end()) return total_;
  const double into = at - segment->begin;
  if (into >= segment->length) return total_;
  return segment->count + std::max(0.0, into) * (segment->rate + segment->slope / 2 * into);
}

Micros RateCurve::inverse(double count) const {
  // The first segment whose counts exceed it. Because of rounding, a segment that begins with exactly this count may be
  // too late.
  auto segment =
      std::partition_point(segments_.begin(), segments_.end(), [&](const Segment& each) { return each.count < count; });
  if (segment != segments_.begin()) --segment;
  for (; segment != segments_.end(); ++segment) {
    const double into = count - segment->count;
    if (into >= segment->count_here) continue;
    // slope/2·x² + rate·x = into, in the form that loses no digits when the slope is small. Without a slope the root is
    // exactly the rate.
    const double root = segment->slope == 0
                            ? segment->rate
                            : std::sqrt(std::max(0.0, segment->rate * segment->rate + 2 * segment->slope * into));
    const double x = into <= 0 ? 0 : 2 * into / (segment->rate + root);
    return Micros{static_cast<std::int64_t>(std::floor(segment->begin + std::min(x, segment->length)))};
  }
  return end_;
}

}  // namespace freshet
