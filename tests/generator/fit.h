// Goodness of fit, for tests: does a sample follow the declared distribution? Seeds are fixed, so a test that passes
// passes always; the limits lie where a correct sampler fails about once in a hundred thousand.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

namespace freshet::fit {

/// Standard deviations by which χ² exceeds its expectation (Wilson and Hilferty's cube root). Cells with an expectation
/// below 5 are joined with their successors.
inline double chi_square_excess(const std::vector<std::uint64_t>& observed, const std::vector<double>& expected) {
  double statistic = 0;
  double cells = 0;
  double seen = 0;
  double due = 0;
  for (std::size_t i = 0; i < observed.size(); ++i) {
    seen += static_cast<double>(observed[i]);
    due += expected[i];
    if (due < 5 && i + 1 < observed.size()) continue;
    if (due > 0) statistic += (seen - due) * (seen - due) / due;
    cells += 1;
    seen = due = 0;
  }
  const double freedom = std::max(1.0, cells - 1);
  const double spread = 2 / (9 * freedom);
  return (std::cbrt(statistic / freedom) - (1 - spread)) / std::sqrt(spread);
}
inline constexpr double kChiSquareLimit = 4.3;

/// √n times the greatest distance between the sample's distribution and `cumulative` (Kolmogorov and Smirnov).
inline double distance(std::vector<double> sample, const std::function<double(double)>& cumulative) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double most = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double law = cumulative(sample[i]);
    most = std::max({most, law - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - law});
  }
  return most * std::sqrt(n);
}
inline constexpr double kDistanceLimit = 2.47;

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace freshet::fit
