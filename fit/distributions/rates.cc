#include "fit/distributions/rates.h"

#include <algorithm>

namespace freshet {

ExpectedCount::ExpectedCount(const Scenario& scenario, const Load& load) {
  const auto add = [&](Micros duration, double from_rate, double to_rate) {
    if (duration <= Micros{}) return;
    Part part{parts_.empty() ? Micros{} : parts_.back().to, {}, from_rate, to_rate, total()};
    part.to = part.from + duration;
    parts_.push_back(part);
  };
  if (!load.stages.empty()) {
    const Stage& first = load.stages.front();
    const double rate = first.from_rate > 0 ? first.from_rate : (first.from_rate + first.to_rate) / 2;
    add(scenario.warm_up, rate, rate);
  }
  for (const Stage& stage : load.stages) add(stage.duration, stage.from_rate, stage.to_rate);
}

double ExpectedCount::total() const { return parts_.empty() ? 0 : parts_.back().before + parts_.back().expected(); }

double ExpectedCount::at(Micros at) const {
  // The last part that begins before it.
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), at,
                                      [](Micros value, const Part& part) { return value < part.from; });
  if (after == parts_.begin()) return 0;
  const Part& part = *(after - 1);
  const auto length = static_cast<double>((part.to - part.from).count());
  const double into = std::min(static_cast<double>((at - part.from).count()), length);
  const double rate_there = part.from_rate + (part.to_rate - part.from_rate) * into / length;
  return part.before + (part.from_rate + rate_there) / 2 * into / 1e6;
}

}  // namespace freshet
