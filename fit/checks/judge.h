// The tests: a sample against a law, as a FitCheck. Whether a p-value is small enough is decided at the end, for all
// checks together (settle_verdicts); what is impossible under the law (a value outside of it) differs at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fit/checks/fit_report.h"
#include "fit/laws/law.h"

namespace freshet {

/// Fewer values than this say nothing.
inline constexpr std::int64_t kLeastSamples = 20;

/// How numbers of a law become those of the report.
struct Scale {
  double factor = 1;
  std::string unit = {};
};

/// Where values of a law fall within it. A value that the law gives with probability (a rounded one, an instant of
/// whole seconds) takes a place between below(x) and at_most(x), evenly from value to value (the multiples of the
/// golden ratio): then the places are uniform on [0, 1] whatever the rounding and even if the law is another for each
/// value.
class Places {
 public:
  /// `below` and `at_most`: probability of a lesser value, and of one at most as large.
  void add(double below, double at_most);
  /// A value that cannot be.
  void add_impossible() { ++impossible_; }
  /// Kolmogorov and Smirnov's test that the places are uniform.
  void judge(FitCheck& check) const;
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(places_.size()) + impossible_; }
  /// For a plot of them.
  [[nodiscard]] std::vector<FitCheck::Bar> bars() const;

 private:
  std::vector<double> places_;
  std::int64_t impossible_ = 0;
};

/// Counts of kinds that are expected in proportion to `weights`; kinds that are too rare are joined. `outside` values
/// were of no kind.
void judge_counts(const std::vector<std::int64_t>& counts, const std::vector<double>& weights, std::int64_t outside,
                  FitCheck& check);
/// The same of named kinds, with bars.
void judge_kinds(const std::vector<std::string>& names, const std::vector<double>& weights,
                 const std::vector<std::int64_t>& counts, std::int64_t outside, FitCheck& check);
/// Counts of ranks (the first is rank 1) that are expected in proportion to `weights`, in classes of neighbours with at
/// least a hundredth of all each; mean, quantiles and bars of the ranks.
void judge_ranks(const std::vector<std::int64_t>& counts, const std::vector<double>& weights, FitCheck& check);
/// Values of a law of whole numbers; and mean, quantiles, bars. By χ², in classes of about equal probability whose
/// borders lie between numbers; when each number is rare (a price in cents) by Kolmogorov-Smirnov, see Places.
void judge_whole(const Law& law, const std::vector<double>& values, const Scale& scale, FitCheck& check);
/// Values of a law of real numbers by Kolmogorov-Smirnov; likewise.
void judge_real(const Law& law, const std::vector<double>& values, const Scale& scale, FitCheck& check);
/// How often something happened that is declared to happen with probability p.
void judge_share(std::int64_t seen, std::int64_t of, double p, FitCheck& check);
/// A Poisson count against its expectation; `per` is what both are divided by to be shown.
void judge_poisson(double seen, double expected, double per, FitCheck& check);
/// A sum of chances against its expectation, likewise.
void judge_deviation(double seen, double expected, double variance, double per, FitCheck& check);
/// Each of `of` values is known; so many were not as they must be.
void judge_exact(std::int64_t wrong, std::int64_t of, FitCheck& check);

/// Mean, quantiles and bars of `values` beside those of `law`, without a judgement.
void describe_values(const Law& law, std::vector<double> values, const Scale& scale, FitCheck& check);

/// Gives all checks that have a p-value their verdict, at this level for all of them together (Holm's step-down).
void settle_verdicts(std::vector<FitCheck>& checks, double family_level);

}  // namespace freshet
