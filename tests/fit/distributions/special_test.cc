// The functions of statistics, against published tables; and the distributions, against formulas worked out by hand.
#include "fit/distributions/special.h"

#include <gtest/gtest.h>
#include <cmath>

#include "fit/checks/statistical_tests.h"
#include "fit/distributions/known_distribution.h"

namespace freshet {
namespace {

TEST(ChiSquare, HasTheTabledCriticalValues) {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4.
  EXPECT_NEAR(chi_square_above(3.841, 1), 0.05, 2e-5);
  EXPECT_NEAR(chi_square_above(10.828, 1), 0.001, 2e-6);
  EXPECT_NEAR(chi_square_above(18.307, 10), 0.05, 2e-5);
  EXPECT_NEAR(chi_square_above(124.342, 100), 0.05, 2e-5);
  EXPECT_NEAR(chi_square_above(3.940, 10), 0.95, 1e-4);
  // Two degrees of freedom are an exponential distribution, which also holds far out.
  EXPECT_NEAR(chi_square_above(200, 2) / std::exp(-100.0), 1, 1e-12);
  EXPECT_EQ(chi_square_above(0, 5), 1);
}

TEST(Kolmogorov, HasTheTabledCriticalValues) {
  // The limiting distribution: 1.3581 at 5 %, 1.6276 at 1 %, 1.9495 at 0.1 % (Smirnov, Ann. Math. Statist. 19, 1948).
  constexpr double kMany = 1e12;
  EXPECT_NEAR(kolmogorov_above(1.3581e-6, kMany), 0.05, 1e-5);
  EXPECT_NEAR(kolmogorov_above(1.6276e-6, kMany), 0.01, 1e-5);
  EXPECT_NEAR(kolmogorov_above(1.9495e-6, kMany), 0.001, 1e-6);
  // Small samples: n = 20, 5 %: 0.29408; n = 50, 1 %: 0.22604 (Miller, J. Am. Statist. Assoc. 51, 1956).
  EXPECT_NEAR(kolmogorov_above(0.29408, 20), 0.05, 1e-3);
  EXPECT_NEAR(kolmogorov_above(0.22604, 50), 0.01, 5e-4);
}

TEST(Tails, OfCountsAreExact) {
  EXPECT_NEAR(binomial_two_sided(9, 10, 0.5), 2 * 11.0 / 1024, 1e-12);
  EXPECT_EQ(binomial_two_sided(5, 10, 0.5), 1);
  EXPECT_NEAR(binomial_two_sided(0, 100, 0.05), 2 * std::pow(0.95, 100), 1e-12);
  EXPECT_EQ(binomial_two_sided(1, 10, 0), 0);
  EXPECT_EQ(binomial_two_sided(10, 10, 1), 1);
  // P(X >= 10) for a mean of 4 is 0.008132 (tables of the Poisson distribution).
  EXPECT_NEAR(poisson_two_sided(10, 4), 2 * 0.008132, 1e-6);
  EXPECT_NEAR(poisson_two_sided(0, 4), 2 * std::exp(-4.0), 1e-12);
}

TEST(Tails, OfSumsAreNormalOrBoundedFromAbove) {
  EXPECT_NEAR(deviation_two_sided(460, 400, 400), 0.0026998, 1e-6);
  EXPECT_EQ(deviation_two_sided(7, 7, 0), 1);
  EXPECT_EQ(deviation_two_sided(8, 7, 0), 0);
  for (const double seen : {12.0, 20.0, 30.0, 40.0}) {
    EXPECT_GE(deviation_two_sided(seen, 10, 10), poisson_two_sided(seen, 10)) << "the bound is never too small";
  }
  EXPECT_LT(deviation_two_sided(60, 10, 10), 1e-10);
}

TEST(Holm, StopsAtTheFirstThatHolds) {
  // With 0.005, 0.01, 0.03, 0.04 at 5 % the first two are rejected: 0.05/4, 0.05/3; 0.03 is above 0.05/2.
  std::vector<FitCheck> checks(5);
  const double values[] = {0.01, 0.04, 0.03, 0.005};
  for (std::size_t i = 0; i < 4; ++i) checks[i].p = values[i];
  settle_verdicts(checks, 0.05);
  using enum FitCheck::Verdict;
  EXPECT_EQ(checks[0].verdict, Differs);
  EXPECT_EQ(checks[1].verdict, Fits);
  EXPECT_EQ(checks[2].verdict, Fits);
  EXPECT_EQ(checks[3].verdict, Differs);
  EXPECT_EQ(checks[4].verdict, NotJudged) << "without a p-value nothing is decided";
}

Distribution declared(decltype(Distribution::shape) shape, std::optional<double> min = {},
                      std::optional<double> max = {}) {
  return {std::move(shape), min, max};
}

TEST(KnownDistributions, RoundHalfAwayFromZero) {
  const KnownDistribution distribution(declared(distributions::Normal{0, 1}), true);
  EXPECT_NEAR(distribution.at_most(0), 0.6914624612740131, 1e-12);
  EXPECT_NEAR(distribution.below(0), 0.3085375387259869, 1e-12);
  EXPECT_NEAR(distribution.at_most(0.9), distribution.at_most(0), 0) << "there is nothing between whole numbers";
  EXPECT_EQ(distribution.quantile(0.5), 0);
}

TEST(KnownDistributions, AreTruncatedAndNotClamped) {
  const KnownDistribution shifted(declared(distributions::Exponential{1}, 60.0), false);
  EXPECT_NEAR(shifted.at_most(61), 1 - std::exp(-1.0), 1e-12);
  EXPECT_NEAR(shifted.mean(), 61, 1e-6);
  const KnownDistribution normal(declared(distributions::Normal{0, 1}, 8.0, 9.0), false);
  // The density at 8 falls like e^-8x; 1 - e^-8·0.1 of it lies within 0.1, less a little for the curvature.
  EXPECT_NEAR(normal.at_most(8.1), 0.555, 0.005);
  const KnownDistribution lognormal(declared(distributions::LogNormal{40, 0.93}, 1.33, 439.99), false);
  EXPECT_EQ(lognormal.at_most(1.32), 0);
  EXPECT_EQ(lognormal.at_most(440), 1);
  EXPECT_NEAR(KnownDistribution(declared(distributions::LogNormal{40, 0.93}), false).mean(),
              40 * std::exp(0.93 * 0.93 / 2), 1e-3);
}

TEST(KnownDistributions, OfWholeNumbersGiveEachItsShare) {
  const KnownDistribution die(declared(distributions::Uniform{1, 6}), true);
  EXPECT_NEAR(die.at_most(2), 1.0 / 3, 1e-12);
  EXPECT_EQ(die.mean(), 3.5);
  const KnownDistribution geometric(declared(distributions::Geometric{4}, {}, 10), true);
  const double all = 1 - std::pow(0.75, 10);
  EXPECT_NEAR(geometric.at_most(3), (1 - std::pow(0.75, 3)) / all, 1e-12);
  EXPECT_NEAR(KnownDistribution(declared(distributions::Geometric{4}), true).mean(), 4, 1e-3);
  const KnownDistribution zipf(declared(distributions::Zipf{4, 1, 0}), true);
  EXPECT_NEAR(zipf.at_most(1), 12.0 / 25, 1e-12);
  EXPECT_NEAR(zipf.mean(), 48.0 / 25, 1e-9);
}

TEST(KnownDistributions, HandleABillionRanks) {
  // Σ k^-1 over 10^9 is 21.3004815…, over the first 100 it is 5.1873775…
  EXPECT_NEAR(RankDistribution(1'000'000'000, 1, 0).at_most(100), 5.187377517639621 / 21.300481501347, 1e-10);
  const RankDistribution shifted(10, 2, 3);
  double total = 0;
  for (int k = 1; k <= 10; ++k) total += 1.0 / ((k + 3) * (k + 3));
  EXPECT_NEAR(shifted.share(2), 1.0 / 25 / total, 1e-12);
}

TEST(KnownDistributions, OfBinsAndQuantilesFollowTheirTable) {
  const KnownDistribution whole(declared(distributions::Histogram{{{1, 2, 3}, {11, 20, 1}}}), true);
  EXPECT_NEAR(whole.at_most(1), 0.375, 1e-12);
  EXPECT_NEAR(whole.at_most(15), 0.875, 1e-12);
  EXPECT_TRUE(whole.possible(20));
  EXPECT_FALSE(whole.possible(5)) << "between two bins there is nothing";
  const Distribution table = declared(distributions::Quantiles{{{0, 1}, {0.28, 1}, {0.5, 3}, {1, 9}}});
  const KnownDistribution quantiles(table, true);
  EXPECT_NEAR(quantiles.at_most(1), 0.28 + 0.22 * 0.25, 1e-9) << "all of the atom, and what is rounded down to it";
  EXPECT_NEAR(KnownDistribution(table, false).at_most(6), 0.75, 1e-12);
}

TEST(CdfValues, AreUniformWhateverTheRounding) {
  // Each value of a distribution in turn, as often as it is due: no sample fits better.
  const KnownDistribution distribution(declared(distributions::Geometric{2}, {}, 8), true);
  CdfValues right;
  CdfValues wrong;
  for (int i = 0; i < 20'000; ++i) {
    const double value = distribution.quantile((i + 0.5) / 20'000);
    right.add(distribution.below(value), distribution.at_most(value));
    wrong.add(distribution.below(value),
              distribution.below(value) + 0.9 * (distribution.at_most(value) - distribution.below(value)));
  }
  FitCheck fits;
  right.test(fits);
  EXPECT_GT(*fits.p, 0.05);
  FitCheck differs;
  wrong.test(differs);
  EXPECT_LT(*differs.p, 1e-10);
}

}  // namespace
}  // namespace freshet
