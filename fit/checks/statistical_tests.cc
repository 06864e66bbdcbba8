#include "fit/checks/statistical_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fit/distributions/special.h"

namespace freshet {
namespace {

/// χ² is an approximation for large expectations: every class expects at least this many.
constexpr double kLeastExpected = 10;
constexpr double kMostClasses = 100;

bool too_few(std::int64_t samples, FitCheck& check) {
  check.samples = samples;
  if (samples >= kLeastSamples) return false;
  check.note = fmt::format("{} values are too few to test", samples);
  return true;
}

void refuse(FitCheck& check, const std::string& why) {
  check.verdict = FitCheck::Verdict::Differs;
  check.p = 0;
  check.note = why;
}

std::int64_t count_outside(const KnownDistribution& distribution, const std::vector<double>& values) {
  return std::count_if(values.begin(), values.end(), [&](double value) { return !distribution.possible(value); });
}

std::string outside_note(std::int64_t outside, std::int64_t of) {
  return fmt::format("{} of {} values are outside the declared range", outside, of);
}

/// Upper borders of classes of whole numbers, each with at least this probability; the last is that of the
/// distribution.
std::vector<double> classes_of(const KnownDistribution& distribution, double least) {
  std::vector<double> borders;
  double covered = 0;
  while (covered + 2 * least <= 1) {
    const double border = distribution.quantile(covered + least);
    const double here = distribution.at_most(border);
    if (1 - here < least || here <= covered) break;
    borders.push_back(border);
    covered = here;
  }
  borders.push_back(std::numeric_limits<double>::infinity());
  return borders;
}

/// True for whole numbers that are each rare (prices in cents): for classes of them χ² is less powerful than
/// Kolmogorov-Smirnov.
bool fine_grained(const KnownDistribution& distribution) {
  constexpr double kRare = 0.005;
  for (double p = 0.025; p < 1; p += 0.025) {
    const double value = distribution.quantile(p);
    if (distribution.at_most(value) - distribution.below(value) > kRare) return false;
  }
  return true;
}

void test_places(const KnownDistribution& distribution, const std::vector<double>& values, std::int64_t outside,
                 FitCheck& check) {
  CdfValues cdf_values;
  for (const double value : values) cdf_values.add(distribution.below(value), distribution.at_most(value));
  cdf_values.test(check);
  if (outside > 0) refuse(check, outside_note(outside, static_cast<std::int64_t>(values.size())));
}

/// Borders for bars: one per value if there are few, else forty of equal width over the common values.
std::vector<double> bar_borders(const KnownDistribution& distribution) {
  double low = distribution.quantile(0.001);
  double high = distribution.quantile(0.99);
  std::vector<double> borders;
  if (distribution.whole()) {
    high = std::max(high, std::min(distribution.high(), low + 12));
    const double step = std::max(1.0, std::ceil((high - low + 1) / 40));
    for (double at = low; at <= high + step; at += step) borders.push_back(at - 0.5);
    return borders;
  }
  if (!(high > low)) high = low + 1;
  for (int i = 0; i <= 40; ++i) borders.push_back(low + (high - low) * i / 40);
  return borders;
}

}  // namespace

void CdfValues::add(double below, double at_most) {
  constexpr double kGoldenPart = 0.6180339887498949;
  double whole = 0;
  const double part = std::modf(static_cast<double>(cdf_values_.size() + 1) * kGoldenPart, &whole);
  cdf_values_.push_back(below + part * (at_most - below));
}

void CdfValues::test(FitCheck& check) const {
  if (impossible_ > 0) {
    check.samples = size();
    check.test = FitCheck::Test::KolmogorovSmirnov;
    return refuse(check, outside_note(impossible_, size()));
  }
  if (too_few(size(), check)) return;
  std::vector<double> sorted = cdf_values_;
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto rank = static_cast<double>(i);
    distance = std::max({distance, sorted[i] - rank / n, (rank + 1) / n - sorted[i]});
  }
  check.test = FitCheck::Test::KolmogorovSmirnov;
  check.statistic = distance;
  check.p = kolmogorov_above(distance, n);
}

std::vector<FitCheck::Bar> CdfValues::bars() const {
  constexpr std::size_t kBars = 20;
  std::vector<FitCheck::Bar> bars(kBars);
  for (std::size_t i = 0; i < kBars; ++i) {
    bars[i] = {"", static_cast<double>(i) / kBars, static_cast<double>(i + 1) / kBars, 1.0 / kBars, 0};
  }
  for (const double place : cdf_values_) {
    const double at = std::clamp(place * kBars, 0.0, kBars - 1.0);
    bars[static_cast<std::size_t>(at)].achieved += 1.0 / static_cast<double>(cdf_values_.size());
  }
  return bars;
}

void test_counts(const std::vector<std::int64_t>& counts, const std::vector<double>& weights, std::int64_t outside,
                 FitCheck& check) {
  double total = 0;
  std::int64_t seen = 0;
  for (const double weight : weights) total += weight;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (weights[i] <= 0) outside += counts[i];
  }
  check.samples = seen;
  check.test = FitCheck::Test::ChiSquare;
  if (outside > 0) return refuse(check, outside_note(outside, seen + outside));
  if (too_few(seen, check)) return;
  // Neighbours are joined until a class expects enough; the rest at the end goes to the last class.
  struct Class {
    double seen = 0;
    double expected = 0;
  };
  std::vector<Class> classes;
  Class open;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    open.seen += static_cast<double>(counts[i]);
    open.expected += weights[i] / total * static_cast<double>(seen);
    if (open.expected < kLeastExpected) continue;
    classes.push_back(open);
    open = {};
  }
  if (classes.empty()) classes.push_back({});
  classes.back().seen += open.seen;
  classes.back().expected += open.expected;
  if (classes.size() < 2) {
    check.test = FitCheck::Test::None;
    check.note = fmt::format("{} values are too few for two classes", seen);
    const auto possible = std::count_if(weights.begin(), weights.end(), [](double weight) { return weight > 0; });
    if (possible == 1) test_exact(0, seen, check), check.note.clear();
    return;
  }
  for (const Class& each : classes) {
    check.statistic += (each.seen - each.expected) * (each.seen - each.expected) / each.expected;
  }
  check.freedom = static_cast<double>(classes.size() - 1);
  check.p = chi_square_above(check.statistic, check.freedom);
}

void test_kinds(const std::vector<std::string>& names, const std::vector<double>& weights,
                const std::vector<std::int64_t>& counts, std::int64_t outside, FitCheck& check) {
  double total = 0;
  std::int64_t seen = outside;
  for (const double weight : weights) total += weight;
  for (const std::int64_t count : counts) seen += count;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double achieved = seen > 0 ? static_cast<double>(counts[i]) / static_cast<double>(seen) : 0;
    check.bars.push_back({names[i], 0, 0, weights[i] / total, achieved});
  }
  if (check.declared.empty()) {
    for (std::size_t i = 0; i < names.size() && i < 4; ++i) {
      check.declared += fmt::format("{}{} {:.4g} %", i > 0 ? ", " : "", names[i], weights[i] / total * 100);
    }
    if (names.size() > 4) check.declared += fmt::format(" … {} kinds", names.size());
  }
  test_counts(counts, weights, outside, check);
}

void test_whole(const KnownDistribution& distribution, const std::vector<double>& values, const Scale& scale,
                FitCheck& check) {
  describe_values(distribution, values, scale, check);
  const std::int64_t outside = count_outside(distribution, values);
  const auto n = static_cast<double>(values.size());
  if (distribution.constant()) return test_exact(outside, static_cast<std::int64_t>(values.size()), check);
  if (fine_grained(distribution)) return test_places(distribution, values, outside, check);
  if (too_few(static_cast<std::int64_t>(values.size()), check) && outside == 0) return;
  const std::vector<double> borders = classes_of(distribution, std::max(kLeastExpected / n, 1 / kMostClasses));
  std::vector<double> weights(borders.size());
  std::vector<std::int64_t> counts(borders.size());
  double below = 0;
  for (std::size_t i = 0; i < borders.size(); ++i) {
    const double here = i + 1 == borders.size() ? 1 : distribution.at_most(borders[i]);
    weights[i] = here - below;
    below = here;
  }
  for (const double value : values) {
    ++counts[static_cast<std::size_t>(std::lower_bound(borders.begin(), borders.end(), value) - borders.begin())];
  }
  test_counts(counts, weights, outside, check);
  check.samples = static_cast<std::int64_t>(values.size());
}

void test_real(const KnownDistribution& distribution, const std::vector<double>& values, const Scale& scale,
               FitCheck& check) {
  describe_values(distribution, values, scale, check);
  const std::int64_t outside = count_outside(distribution, values);
  if (distribution.constant()) return test_exact(outside, static_cast<std::int64_t>(values.size()), check);
  test_places(distribution, values, outside, check);
}

void test_share(std::int64_t seen, std::int64_t of, double p, FitCheck& check) {
  check.unit = "%";
  check.declared_mean = p * 100;
  if (check.declared.empty()) check.declared = fmt::format("{:.6g} %", p * 100);
  if (of > 0) check.achieved_mean = static_cast<double>(seen) / static_cast<double>(of) * 100;
  if (too_few(of, check)) return;
  check.test = FitCheck::Test::Binomial;
  check.statistic = static_cast<double>(seen) / static_cast<double>(of);
  check.p = binomial_two_sided(seen, of, p);
  check.bars = {{"", 0, 0, p, check.statistic}};
}

void test_poisson(double seen, double expected, double per, FitCheck& check) {
  test_deviation(seen, expected, expected, per, check);
  check.test = FitCheck::Test::Poisson;
  check.p = poisson_two_sided(seen, expected);
}

void test_deviation(double seen, double expected, double variance, double per, FitCheck& check) {
  check.declared_mean = expected / per;
  check.achieved_mean = seen / per;
  check.test = FitCheck::Test::Deviation;
  check.statistic = variance > 0 ? (seen - expected) / std::sqrt(variance) : seen - expected;
  check.p = deviation_two_sided(seen, expected, variance);
}

void test_exact(std::int64_t wrong, std::int64_t of, FitCheck& check) {
  check.samples = of;
  if (of == 0) {
    check.note = "no values";
    return;
  }
  check.test = FitCheck::Test::Exact;
  check.statistic = static_cast<double>(wrong);
  check.freedom = 0;
  check.verdict = wrong == 0 ? FitCheck::Verdict::Fits : FitCheck::Verdict::Differs;
  if (wrong > 0) check.note = outside_note(wrong, of);
}

void describe_values(const KnownDistribution& distribution, std::vector<double> values, const Scale& scale,
                     FitCheck& check) {
  check.unit = scale.unit;
  if (check.declared.empty())
    check.declared = distribution.words(scale.factor, scale.unit.empty() ? "" : " " + scale.unit);
  check.declared_mean = distribution.mean() * scale.factor;
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += value;
  check.achieved_mean = sum / static_cast<double>(values.size()) * scale.factor;
  for (const double p : {0.05, 0.5, 0.95, 0.99}) {
    const double rank = std::ceil(p * static_cast<double>(values.size()));
    const auto at = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
    check.quantiles.push_back({p, distribution.quantile(p) * scale.factor, values[at] * scale.factor});
  }
  if (distribution.constant()) return;
  const std::vector<double> borders = bar_borders(distribution);
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const auto from = std::lower_bound(values.begin(), values.end(), borders[i]);
    const auto to = std::lower_bound(values.begin(), values.end(), borders[i + 1]);
    check.bars.push_back({"", borders[i] * scale.factor, borders[i + 1] * scale.factor,
                          distribution.below(borders[i + 1]) - distribution.below(borders[i]),
                          static_cast<double>(to - from) / static_cast<double>(values.size())});
  }
}

void settle_verdicts(std::vector<FitCheck>& checks, double family_level) {
  std::vector<FitCheck*> judged;
  for (FitCheck& check : checks) {
    if (check.p) judged.push_back(&check);
  }
  std::sort(judged.begin(), judged.end(), [](const FitCheck* a, const FitCheck* b) { return *a->p < *b->p; });
  bool refusing = true;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    refusing = refusing && *judged[i]->p <= family_level / static_cast<double>(judged.size() - i);
    judged[i]->verdict = refusing ? FitCheck::Verdict::Differs : FitCheck::Verdict::Fits;
  }
}

}  // namespace freshet
