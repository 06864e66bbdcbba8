// Statistical tests: compare a sample with a distribution, and fill a FitCheck. Whether a p-value is small enough is
// decided at the end, for all checks together (settle_verdicts). A value that is impossible under the distribution
// differs at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fit/checks/fit_report.h"
#include "fit/laws/law.h"

namespace freshet {

/// Fewer values than this are not tested.
inline constexpr std::int64_t kLeastSamples = 20;

/// Converts numbers of a distribution to those of the report.
struct Scale {
  double factor = 1;
  std::string unit = {};
};

/// The values of the cumulative distribution function at the sample. A value that has a positive probability (a rounded
/// one, an instant of whole seconds) gets a point between below(x) and at_most(x), spread evenly from value to value
/// (by multiples of the golden ratio). So the points are uniform on [0, 1] whatever the rounding, even if each value
/// has a distribution of its own.
class Places {
 public:
  /// `below` and `at_most`: the probability of a smaller value, and of one at most as large.
  void add(double below, double at_most);
  /// Adds an impossible value.
  void add_impossible() { ++impossible_; }
  /// Kolmogorov-Smirnov test for uniformity.
  void judge(FitCheck& check) const;
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(places_.size()) + impossible_; }
  /// Bars for a plot.
  [[nodiscard]] std::vector<FitCheck::Bar> bars() const;

 private:
  std::vector<double> places_;
  std::int64_t impossible_ = 0;
};

/// Tests counts of kinds whose expectations are proportional to `weights`; rare kinds are joined. `outside` counts
/// values of no kind.
void judge_counts(const std::vector<std::int64_t>& counts, const std::vector<double>& weights, std::int64_t outside,
                  FitCheck& check);
/// The same for named kinds, with bars.
void judge_kinds(const std::vector<std::string>& names, const std::vector<double>& weights,
                 const std::vector<std::int64_t>& counts, std::int64_t outside, FitCheck& check);
/// Tests counts of ranks (the first is rank 1) whose expectations are proportional to `weights`, in classes of
/// neighbouring ranks with at least a hundredth of the total each; adds mean, quantiles and bars of the ranks.
void judge_ranks(const std::vector<std::int64_t>& counts, const std::vector<double>& weights, FitCheck& check);
/// Tests values of a distribution of whole numbers; adds mean, quantiles and bars. Uses χ², with classes of about equal
/// probability whose borders are between numbers; if each number is rare (a price in cents), Kolmogorov-Smirnov, see
/// Places.
void judge_whole(const Law& law, const std::vector<double>& values, const Scale& scale, FitCheck& check);
/// The same for a distribution of real numbers, by Kolmogorov-Smirnov.
void judge_real(const Law& law, const std::vector<double>& values, const Scale& scale, FitCheck& check);
/// Tests how often something happened that is declared to happen with probability p.
void judge_share(std::int64_t seen, std::int64_t of, double p, FitCheck& check);
/// Tests a Poisson count against its expectation; both are divided by `per` for display.
void judge_poisson(double seen, double expected, double per, FitCheck& check);
/// Tests a sum of chances against its expectation, likewise.
void judge_deviation(double seen, double expected, double variance, double per, FitCheck& check);
/// For values that are known exactly: `wrong` out of `of` were different.
void judge_exact(std::int64_t wrong, std::int64_t of, FitCheck& check);

/// Mean, quantiles and bars of `values` beside those of `law`, without a test.
void describe_values(const Law& law, std::vector<double> values, const Scale& scale, FitCheck& check);

/// Gives all checks with a p-value their verdict, at this level for all of them together (Holm's step-down).
void settle_verdicts(std::vector<FitCheck>& checks, double family_level);

}  // namespace freshet
