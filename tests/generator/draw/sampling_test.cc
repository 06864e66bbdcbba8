// Samplers give the distribution that was declared. The controls at the end of each group are deliberately wrong, and
// must be caught by the same yardstick.
#include "generator/draw/sampler.h"

#include <gtest/gtest.h>
#include <cmath>

#include "generator/draw/alias_table.h"
#include "generator/draw/zipf.h"
#include "generator/fit.h"
#include "generator/time/picker.h"

namespace freshet {
namespace {

constexpr std::uint64_t kSamples = 400'000;
constexpr Stream kStream{20240827};

Distribution law(decltype(Distribution::shape) shape, std::optional<double> min = {}, std::optional<double> max = {}) {
  return {std::move(shape), min, max};
}

std::vector<double> sample(const Sampler& sampler) {
  std::vector<double> values(kSamples);
  for (std::uint64_t i = 0; i < kSamples; ++i) values[i] = sampler.real(draw(kStream, i));
  return values;
}

/// The law of X given low ≤ X ≤ high.
std::function<double(double)> between(const std::function<double(double)>& cumulative, double low, double high) {
  const double below = cumulative(low);
  const double span = cumulative(high) - below;
  return [=](double x) { return (cumulative(x) - below) / span; };
}

double exponential_cdf(double x, double mean) { return 1 - std::exp(-x / mean); }
double lognormal_law(double x, double median, double sigma) {
  return x <= 0 ? 0 : fit::normal_cdf(std::log(x / median) / sigma);
}

TEST(ASampler, DrawsTheContinuousDistributions) {
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::Uniform{3, 8}))), [](double x) { return (x - 3) / 5; }),
            fit::kDistanceLimit);
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::Normal{10, 2}))),
                          [](double x) { return fit::normal_cdf((x - 10) / 2); }),
            fit::kDistanceLimit);
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::LogNormal{40, 0.93}))),
                          [](double x) { return lognormal_law(x, 40, 0.93); }),
            fit::kDistanceLimit);
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::Exponential{5e6}))),
                          [](double x) { return exponential_cdf(x, 5e6); }),
            fit::kDistanceLimit);
}

TEST(ASampler, TruncatesByDrawingBetweenTheLimitsOnly) {
  const auto normal = [](double x) { return fit::normal_cdf((x - 10) / 2); };
  const auto lognormal = [](double x) { return lognormal_law(x, 40, 0.93); };
  const auto exponential = [](double x) { return exponential_cdf(x, 5); };
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::Normal{10, 2}, 9.0, 15.0))), between(normal, 9, 15)),
            fit::kDistanceLimit);
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::LogNormal{40, 0.93}, 1.33, 439.99))),
                          between(lognormal, 1.33, 439.99)),
            fit::kDistanceLimit);
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::Exponential{5}, 2.0, 9.0))), between(exponential, 2, 9)),
            fit::kDistanceLimit);
  for (const double value : sample(Sampler(law(distributions::LogNormal{40, 0.93}, 1.33, 439.99)))) {
    ASSERT_GE(value, 1.33);
    ASSERT_LE(value, 439.99);
  }
}

TEST(ASampler, ATruncatedExponentialIsAShiftedOneEvenFarOut) {
  // The probability above this minimum is e^-60: no difference of probabilities near 1 would find it.
  const auto shifted = [](double x) { return exponential_cdf(x - 60, 1); };
  EXPECT_LT(fit::distance(sample(Sampler(law(distributions::Exponential{1}, 60.0))), shifted), fit::kDistanceLimit);
}

TEST(ASampler, TailsReachAsFarAsTheyShould) {
  const auto values = sample(Sampler(law(distributions::Normal{0, 1})));
  const auto beyond = std::count_if(values.begin(), values.end(), [](double x) { return std::abs(x) > 4; });
  EXPECT_NEAR(static_cast<double>(beyond), 6.334e-5 * kSamples, 5 * std::sqrt(6.334e-5 * kSamples));
}

TEST(ASampler, WholeUniformNumbersIncludeBothLimits) {
  const Sampler sampler(law(distributions::Uniform{1, 5}));
  std::vector<std::uint64_t> counts(7);
  for (std::uint64_t i = 0; i < kSamples; ++i) ++counts[static_cast<std::size_t>(sampler.whole(draw(kStream, i)))];
  EXPECT_EQ(counts[0] + counts[6], 0u);
  const std::vector<std::uint64_t> inside(counts.begin() + 1, counts.begin() + 6);
  EXPECT_LT(fit::chi_square_excess(inside, std::vector<double>(5, kSamples / 5.0)), fit::kChiSquareLimit);
}

TEST(ASampler, WholeNumbersMayBeNegativeOrFillSixtyFourBits) {
  const Sampler sampler(law(distributions::Uniform{-3, -1}));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::int64_t value = sampler.whole(draw(kStream, i));
    EXPECT_TRUE(value >= -3 && value <= -1);
  }
  EXPECT_EQ(Sampler(law(distributions::Constant{-7})).whole(123), -7);
  EXPECT_EQ(Sampler(law(distributions::Constant{2.5})).whole(123), 3);
  EXPECT_EQ(Sampler(law(distributions::Constant{-2.5})).whole(123), -3);
}

TEST(ASampler, GeometricNumbersHaveTheirMeanAndTruncation) {
  for (const auto& [mean, min, max] : {std::tuple{5.5, 1, 60}, std::tuple{5.5, 1, 10}, std::tuple{3.0, 4, 9}}) {
    const Sampler sampler(law(distributions::Geometric{mean}, min, max));
    std::vector<std::uint64_t> counts(static_cast<std::size_t>(max) + 1);
    for (std::uint64_t i = 0; i < kSamples; ++i) {
      const std::int64_t value = sampler.whole(draw(kStream, i));
      ASSERT_TRUE(value >= min && value <= max);
      ++counts[static_cast<std::size_t>(value)];
    }
    std::vector<double> expected(counts.size());
    double total = 0;
    for (int k = min; k <= max; ++k) total += std::pow(1 - 1 / mean, k - 1);
    for (int k = min; k <= max; ++k) {
      expected[static_cast<std::size_t>(k)] = std::pow(1 - 1 / mean, k - 1) / total * kSamples;
    }
    EXPECT_LT(fit::chi_square_excess(counts, expected), fit::kChiSquareLimit) << mean << ' ' << max;
  }
  EXPECT_EQ(Sampler(law(distributions::Geometric{1})).whole(~std::uint64_t{0}), 1);
}

TEST(ASampler, DistributionsWithoutSpreadAreConstants) {
  EXPECT_EQ(Sampler(law(distributions::Normal{4, 0})).real(77), 4);
  EXPECT_EQ(Sampler(law(distributions::LogNormal{4, 0}, 5.0)).real(77), 5);
  EXPECT_EQ(Sampler(law(distributions::Exponential{0})).real(77), 0);
}

TEST(TheYardstick, CatchesSamplersThatAreSlightlyWrong) {
  // Mean 3 % off; sigma 1 % off; limits piled up instead of truncated; a die loaded by 1 %.
  EXPECT_GT(fit::distance(sample(Sampler(law(distributions::Exponential{5.15}))),
                          [](double x) { return exponential_cdf(x, 5); }),
            fit::kDistanceLimit);
  EXPECT_GT(fit::distance(sample(Sampler(law(distributions::Normal{0, 1.02}))), fit::normal_cdf), fit::kDistanceLimit);
  std::vector<double> piled = sample(Sampler(law(distributions::Exponential{5})));
  for (double& value : piled) value = std::clamp(value, 2.0, 9.0);
  EXPECT_GT(fit::distance(piled, between([](double x) { return exponential_cdf(x, 5); }, 2, 9)), fit::kDistanceLimit);
  const AliasTable loaded({1.05, 1, 1, 1, 1, 1});
  std::vector<std::uint64_t> counts(6);
  for (std::uint64_t i = 0; i < kSamples; ++i) ++counts[loaded.pick(draw(kStream, i))];
  EXPECT_GT(fit::chi_square_excess(counts, std::vector<double>(6, kSamples / 6.0)), fit::kChiSquareLimit);
}

TEST(AnAliasTable, ChoosesInProportionToItsWeights) {
  const std::vector<double> weights{33, 7, 6, 5, 0, 2, 1, 1, 0.5};
  double total = 0;
  for (const double weight : weights) total += weight;
  const AliasTable table(weights);
  std::vector<std::uint64_t> counts(weights.size());
  std::vector<double> expected;
  for (std::uint64_t i = 0; i < kSamples; ++i) ++counts[table.pick(draw(kStream, i))];
  for (const double weight : weights) expected.push_back(weight / total * kSamples);
  EXPECT_EQ(counts[4], 0u) << "weight 0 is never chosen";
  EXPECT_LT(fit::chi_square_excess(counts, expected), fit::kChiSquareLimit);
}

/// Counts of ranks, 1-based, and what an exact Zipf law expects.
void expect_zipf(std::uint64_t n, double s) {
  const Zipf zipf(n, s);
  std::vector<std::uint64_t> counts(n);
  std::vector<double> expected(n);
  double total = 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const std::uint64_t rank = zipf.rank(kStream, i);
    ASSERT_TRUE(rank >= 1 && rank <= n);
    ++counts[rank - 1];
  }
  for (std::uint64_t k = 0; k < n; ++k) total += std::pow(static_cast<double>(k + 1), -s);
  for (std::uint64_t k = 0; k < n; ++k) expected[k] = std::pow(static_cast<double>(k + 1), -s) / total * kSamples;
  EXPECT_LT(fit::chi_square_excess(counts, expected), fit::kChiSquareLimit) << "n " << n << " s " << s;
}

TEST(Zipf, FollowsItsDistributionForAnyExponent) {
  for (const double s : {0.0, 0.5, 0.75, 0.99, 1.0, 1.0005, 1.2, 3.0}) expect_zipf(5000, s);
  for (const std::uint64_t n : {1u, 2u, 3u, 28u}) expect_zipf(n, 0.75);
}

TEST(Zipf, TheHeadHasItsShareAmongABillion) {
  // Σ k^-1 over 10^9 is 21.3004815…, over the first 100 it is 5.1873775…
  const Zipf zipf(1'000'000'000, 1.0);
  std::uint64_t head = 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) head += zipf.rank(kStream, i) <= 100 ? 1 : 0;
  const double share = 5.187377517639621 / 21.300481501347;
  const double deviation = std::sqrt(kSamples * share * (1 - share));
  EXPECT_NEAR(static_cast<double>(head), share * kSamples, 4.5 * deviation);
}

TEST(Zipf, AnotherExponentIsCaught) {
  const Zipf zipf(5000, 0.80);
  std::vector<std::uint64_t> counts(5000);
  std::vector<double> expected(5000);
  double total = 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) ++counts[zipf.rank(kStream, i) - 1];
  for (std::size_t k = 0; k < 5000; ++k) total += std::pow(static_cast<double>(k + 1), -0.75);
  for (std::size_t k = 0; k < 5000; ++k) expected[k] = std::pow(static_cast<double>(k + 1), -0.75) / total * kSamples;
  EXPECT_GT(fit::chi_square_excess(counts, expected), fit::kChiSquareLimit);
}

TEST(APick, IsUniformOrSkewedAndScattersThePopular) {
  const auto popularity = std::make_shared<Popularity>(1000, Stream{5});
  const InstancePicker uniform(Pick{picks::Uniform{}}, popularity, kStream);
  const InstancePicker skewed(Pick{picks::Zipf{0.99}}, popularity, kStream);
  std::vector<std::uint64_t> even(1000);
  std::vector<std::uint64_t> hot(1000);
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    ++even[uniform.pick(i)];
    ++hot[skewed.pick(i)];
  }
  EXPECT_LT(fit::chi_square_excess(even, std::vector<double>(1000, kSamples / 1000.0)), fit::kChiSquareLimit);
  const auto most = static_cast<Ordinal>(std::max_element(hot.begin(), hot.end()) - hot.begin());
  EXPECT_EQ(most, popularity->of_rank(0));
  EXPECT_GT(std::abs(static_cast<double>(popularity->of_rank(0)) - static_cast<double>(popularity->of_rank(1))), 1.0);
}

TEST(Popularity, IsThePermutationWhetherTabledOrComputed) {
  const std::uint64_t many = 100'000;  // more than are tabled
  const Popularity popularity(many, Stream{9});
  const Popularity few(5000, Stream{9});
  const Permutation of_many(many, 9);
  const Permutation of_few(5000, 9);
  for (std::uint64_t rank = 0; rank < 5000; ++rank) {
    EXPECT_EQ(popularity.of_rank(rank), of_many.forward(rank));
    EXPECT_EQ(few.of_rank(rank), of_few.forward(rank));
  }
}

}  // namespace
}  // namespace freshet
