// RateCurve: the number of arrivals expected by a given time. Piecewise linear in the rate, so piecewise quadratic in
// the count, and invertible in closed form.
#pragma once

#include <vector>

#include "base/clock.h"
#include "scenarios/model/scenario.h"

namespace freshet {

class RateCurve {
 public:
  /// `warm_up` at the starting rate of the first stage (or its mean, if it starts at 0), then the stages.
  RateCurve(Micros warm_up, const std::vector<Stage>& stages);

  /// End of the last stage; the rate is 0 after it.
  [[nodiscard]] Micros end() const { return end_; }
  /// The number of arrivals expected in [0, time).
  [[nodiscard]] double cumulative(Micros time) const;
  /// The instant at which cumulative() reaches `count`, rounded down to whole µs, at most end().
  [[nodiscard]] Micros inverse(double count) const;

 private:
  struct Segment {
    double begin;       ///< µs
    double length;      ///< µs
    double rate;        ///< at begin, per µs
    double slope;       ///< change of rate, per µs²
    double count;       ///< expected before begin
    double count_here;  ///< expected in this segment
  };
  void add(double from_rate, double to_rate, Micros duration);

  std::vector<Segment> segments_;
  Micros end_{};
  double total_ = 0;
};

}  // namespace freshet
