#include <algorithm>
#include <cmath>

#include "fit/checks/statistical_tests.h"

namespace freshet {
namespace {

template <typename Number>
double total_of(const std::vector<Number>& numbers) {
  double total = 0;
  for (const Number number : numbers) total += static_cast<double>(number);
  return total;
}

template <typename Number>
double mean_rank(const std::vector<Number>& masses, double total) {
  double sum = 0;
  for (std::size_t i = 0; i < masses.size(); ++i) sum += static_cast<double>(i + 1) * static_cast<double>(masses[i]);
  return sum / total;
}

template <typename Number>
double rank_quantile(const std::vector<Number>& masses, double total, double p) {
  double sum = 0;
  for (std::size_t i = 0; i < masses.size(); ++i) {
    sum += static_cast<double>(masses[i]);
    if (sum >= p * total) return static_cast<double>(i + 1);
  }
  return static_cast<double>(masses.size());
}

}  // namespace

void test_ranks(const std::vector<std::int64_t>& counts, const std::vector<double>& weights, FitCheck& check) {
  const double seen = total_of(counts);
  const double total = total_of(weights);
  check.samples = static_cast<std::int64_t>(seen);
  check.unit = "rank";
  if (seen < static_cast<double>(kLeastSamples) || total <= 0) {
    check.note = std::to_string(check.samples) + " values are too few to test";
    return;
  }
  check.declared_mean = mean_rank(weights, total);
  check.achieved_mean = mean_rank(counts, seen);
  for (const double p : {0.05, 0.5, 0.95, 0.99}) {
    check.quantiles.push_back({p, rank_quantile(weights, total, p), rank_quantile(counts, seen, p)});
  }
  constexpr double kLeastShare = 0.01;
  std::vector<std::int64_t> class_counts(1);
  std::vector<double> class_weights(1);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (class_weights.back() >= kLeastShare * total) class_counts.push_back(0), class_weights.push_back(0);
    class_counts.back() += counts[i];
    class_weights.back() += weights[i];
  }
  test_counts(class_counts, class_weights, 0, check);
  // Bars for ranks 1, 2, 3, 4 and then wider and wider ones.
  for (std::size_t from = 0; from < counts.size();) {
    const std::size_t to = std::min(counts.size(), std::max(from + 1, from * 5 / 4));
    FitCheck::Bar bar{"", static_cast<double>(from + 1), static_cast<double>(to + 1), 0, 0};
    for (std::size_t i = from; i < to; ++i) {
      bar.declared += weights[i] / total;
      bar.achieved += static_cast<double>(counts[i]) / seen;
    }
    check.bars.push_back(bar);
    from = to;
  }
}

}  // namespace freshet
