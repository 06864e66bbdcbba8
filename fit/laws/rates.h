// Rates: the expected number of arrivals by a given time, from the stages of a load.
#pragma once

#include <vector>

#include "scenarios/model/scenario.h"

namespace freshet {

/// The expected number of a load's arrivals as a function of time. Warm-up runs at the first stage's rate.
class ExpectedCount {
 public:
  struct Part {
    Micros from{};
    Micros to{};
    double from_rate = 0;  ///< per second
    double to_rate = 0;
    double before = 0;  ///< expected number before it
    [[nodiscard]] double expected() const {
      return (from_rate + to_rate) / 2 * static_cast<double>((to - from).count()) / 1e6;
    }
  };
  ExpectedCount(const Scenario& scenario, const Load& load);
  /// Expected number in [0, at).
  [[nodiscard]] double at(Micros at) const;
  /// The warm-up and the stages.
  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  [[nodiscard]] double total() const;

 private:
  std::vector<Part> parts_;
};

/// A period with the expected and the observed number.
struct Window {
  Micros from{};
  Micros to{};
  double expected = 0;
  double seen = 0;
};

}  // namespace freshet
