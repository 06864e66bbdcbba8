// The probabilities of a declared Distribution. Computed from the scenario alone, and not in the way in which the
// generator draws, so that the same bug cannot be in both.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scenarios/model/scenario.h"

namespace freshet {

/// Shares of the ranks 1 … n, proportional to (rank + q)^-s.
class RankLaw {
 public:
  RankLaw() = default;
  RankLaw(std::int64_t n, double s, double q);
  [[nodiscard]] static RankLaw of(const Pick& pick, std::int64_t n);
  [[nodiscard]] std::int64_t size() const { return n_; }
  /// P(rank ≤ k)
  [[nodiscard]] double at_most(std::int64_t k) const;
  [[nodiscard]] double share(std::int64_t rank) const { return at_most(rank) - at_most(rank - 1); }

 private:
  /// Σ (i + q)^-s up to k, exact for the first ranks, and beyond them by the integral from midpoint to midpoint.
  [[nodiscard]] double sum_to(std::int64_t k) const;

  std::int64_t n_ = 0;
  double s_ = 0;
  double q_ = 0;
  std::vector<double> sums_;
  double total_ = 1;
};

/// "uniform"; "zipf, s 3.6, q 1600"
[[nodiscard]] std::string words_of(const Pick& pick);

class Law {
 public:
  /// `whole`: values are rounded to whole numbers, half away from zero; in a uniform distribution and in the bins of a
  /// histogram, each whole number of the range, both ends included, has the same probability.
  Law(const Distribution& distribution, bool whole);

  [[nodiscard]] bool whole() const { return whole_; }
  /// True if all values are low().
  [[nodiscard]] bool constant() const { return std::holds_alternative<distributions::Constant>(shape_); }
  /// Minimum and maximum; may be infinite.
  [[nodiscard]] double low() const;
  [[nodiscard]] double high() const;
  /// True if the distribution can give this value: it is within the limits and, for a histogram, in a bin.
  [[nodiscard]] bool possible(double value) const;
  /// P(X ≤ x) and P(X < x).
  [[nodiscard]] double at_most(double x) const;
  [[nodiscard]] double below(double x) const;
  /// The smallest x with at_most(x) ≥ p.
  [[nodiscard]] double quantile(double p) const;
  [[nodiscard]] double mean() const;
  /// "lognormal, median 40.00, sigma 0.93, from 1.33 to 439.99": numbers times `unit`, and `suffix` after them.
  [[nodiscard]] std::string words(double unit = 1, const std::string& suffix = {}) const;

 private:
  [[nodiscard]] double real_at_most(double x) const;
  void limit(const distributions::Constant& constant);
  void limit(const distributions::Uniform& uniform);
  void limit(const distributions::Normal& normal);
  void limit(const distributions::LogNormal& lognormal);
  void limit(const distributions::Exponential& exponential);
  void limit(const distributions::Geometric& geometric);
  void limit(const distributions::Zipf& zipf);
  void limit(const distributions::Histogram& histogram);
  void limit(const distributions::Quantiles& quantiles);
  [[nodiscard]] double normal_between(double z, double from, double to) const;
  [[nodiscard]] double binned_at_most(const distributions::Histogram& histogram, double x) const;
  [[nodiscard]] double finite_low() const;
  [[nodiscard]] double finite_high() const;

  decltype(Distribution::shape) shape_;  ///< as declared; constant where that leaves no spread
  std::optional<double> min_;            ///< as declared, likewise
  std::optional<double> max_;
  bool whole_;
  double low_;
  double high_;
  RankLaw ranks_;
};

}  // namespace freshet
