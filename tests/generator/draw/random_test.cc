// The ground that every row stands on: the hash, the permutation, the portable functions. Their values are a promise:
// a seed must mean the same rows in every version and on every machine.
#include "generator/draw/random.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <vector>

#include "generator/draw/permutation.h"
#include "generator/draw/portable_math.h"
#include "generator/draw/zipf.h"
#include "generator/fit.h"

namespace freshet {
namespace {

TEST(Hash, IsSplitMix64ReadAtRandom) {
  // The first outputs of SplitMix64 with seeds 0 and 1234567, as its author's reference gives them.
  EXPECT_EQ(draw(Stream{0}, 1), 0xE220A8397B1DCDAFu);
  EXPECT_EQ(draw(Stream{0}, 2), 0x6E789E6AA1B965F4u);
  EXPECT_EQ(draw(Stream{0}, 3), 0x06C45D188009454Fu);
  EXPECT_EQ(draw(Stream{1234567}, 1), 6457827717110365317u);
  EXPECT_EQ(draw(Stream{1234567}, 2), 3203168211198807973u);
}

TEST(Hash, NamesAreFnv1a) {
  EXPECT_EQ(hash_name(""), 0xCBF29CE484222325u);
  EXPECT_EQ(hash_name("a"), 0xAF63DC4C8601EC8Cu);
  EXPECT_EQ(hash_name("foobar"), 0x85944171F73967E8u);
}

TEST(Hash, StreamsDependOnSeedEntityAndConcernAndOnNothingElse) {
  const Stream price = stream_of(1, "product", "price");
  EXPECT_EQ(price, stream_of(1, "product", "price"));
  EXPECT_NE(price, stream_of(2, "product", "price"));
  EXPECT_NE(price, stream_of(1, "basket", "price"));
  EXPECT_NE(price, stream_of(1, "product", "name"));
  EXPECT_NE(stream_of(1, "ab", "c"), stream_of(1, "a", "bc"));
  EXPECT_NE(stream_of(1, "a", "b"), stream_of(1, "b", "a"));
}

TEST(Hash, CombinedPositionsDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t position = 0; position < 300; ++position) {
    for (std::uint64_t coordinate = 0; coordinate < 300; ++coordinate) seen.insert(combine(position, coordinate));
  }
  EXPECT_EQ(seen.size(), 90'000u);
}

TEST(Hash, UnitsLieStrictlyInsideAndBelowCoversAllValues) {
  EXPECT_GT(unit(0), 0.0);
  EXPECT_LT(unit(~std::uint64_t{0}), 1.0);
  EXPECT_EQ(below(0, 10), 0u);
  EXPECT_EQ(below(~std::uint64_t{0}, 10), 9u);
}

TEST(Hash, BitsOfNeighbouringPositionsAreIndependent) {
  // Flipping any bit of the position flips each bit of the draw about half of the time.
  for (int in = 0; in < 48; ++in) {
    std::vector<int> flips(64);
    for (std::uint64_t position = 0; position < 4000; ++position) {
      const std::uint64_t change = draw(Stream{99}, position) ^ draw(Stream{99}, position ^ (std::uint64_t{1} << in));
      for (int out = 0; out < 64; ++out) flips[static_cast<std::size_t>(out)] += static_cast<int>((change >> out) & 1);
    }
    for (const int count : flips) EXPECT_NEAR(count, 2000, 5 * 31.7 * 1.5) << "input bit " << in;
  }
}

TEST(APermutation, IsABijectionOfAnySizeAndInvertible) {
  for (const std::uint64_t n : {1u, 2u, 3u, 5u, 28u, 1000u, 1024u, 5000u}) {
    const Permutation permutation(n, 42);
    std::vector<bool> hit(n);
    for (std::uint64_t value = 0; value < n; ++value) {
      const std::uint64_t image = permutation.forward(value);
      ASSERT_LT(image, n);
      EXPECT_FALSE(hit[image]);
      hit[image] = true;
      EXPECT_EQ(permutation.inverse(image), value);
    }
  }
}

TEST(APermutation, OfFortyEightBitsInvertsEverywhere) {
  const Permutation permutation(std::uint64_t{1} << 48, 7);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::uint64_t value = draw(Stream{3}, i) >> 16;
    EXPECT_EQ(permutation.inverse(permutation.forward(value)), value);
    EXPECT_EQ(permutation.forward(permutation.inverse(value)), value);
  }
}

TEST(APermutation, DependsOnItsKey) {
  const Permutation one(1000, 1);
  const Permutation other(1000, 2);
  int same = 0;
  for (std::uint64_t value = 0; value < 1000; ++value) same += one.forward(value) == other.forward(value) ? 1 : 0;
  EXPECT_LT(same, 10);
}

TEST(APermutation, ScattersNeighbours) {
  // Distances between the images of neighbours are those of random pairs: a third of the size on average.
  const Permutation permutation(5000, 11);
  double sum = 0;
  for (std::uint64_t value = 0; value + 1 < 5000; ++value) {
    sum +=
        std::abs(static_cast<double>(permutation.forward(value)) - static_cast<double>(permutation.forward(value + 1)));
  }
  EXPECT_NEAR(sum / 4999, 5000.0 / 3, 80);
}

TEST(PortableMath, AgreesWithTheLibraryToFifteenDigits) {
  for (int i = -6000; i <= 6000; ++i) {
    const double x = i * 0.1 + 0.0317;
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1, 1e-15 * (1 + std::abs(x))) << x;
  }
  for (int i = -900; i <= 900; ++i) {
    const double x = std::ldexp(1.0 + (i + 900) / 1801.0, i);
    EXPECT_NEAR(portable_log(x), std::log(x), 1e-15 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
  EXPECT_EQ(portable_exp(0.0), 1.0);
}

TEST(PortableMath, TheNormalQuantileInvertsTheNormalDistribution) {
  for (const double p : {1e-300, 1e-100, 1e-20, 1e-9, 1e-4, 0.01, 0.0749, 0.0751, 0.3, 0.5, 0.8, 0.93, 0.999}) {
    const double x = normal_quantile(p);
    EXPECT_NEAR(fit::normal_cdf(x) / p, 1, 2e-13) << p;
    EXPECT_NEAR(normal_cumulative(x) / p, 1, 1e-11) << p;
  }
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
}

TEST(PortableMath, GivesTheSameBitsForTwoSideBySide) {
  std::uint64_t differing = 0;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const double a = 1500 * (unit(draw(Stream{1}, i)) - 0.5);
    const double b = std::bit_cast<double>((draw(Stream{2}, i) >> 1) % 0x7FE0000000000000u + 0x0010000000000000u);
    Two exponentials{a, a * 0x1p-20};
    portable_exp(exponentials);
    differing += exponentials[0] != portable_exp(a) || exponentials[1] != portable_exp(a * 0x1p-20);
    Two logarithms{b, 1 + a * 0x1p-30};
    portable_log(logarithms);
    differing += logarithms[0] != portable_log(b) || logarithms[1] != portable_log(1 + a * 0x1p-30);
  }
  EXPECT_EQ(differing, 0u);
}

TEST(AZipf, GivesTheSameRanksSideBySide) {
  std::array<std::uint64_t, Zipf::kMostRanks> positions{};
  std::array<std::uint64_t, Zipf::kMostRanks> ranks{};
  for (const double s : {0.0, 0.75, 1.0, 1.0001, 2.5}) {
    for (const double q : {0.0, 2.7}) {
      for (const std::uint64_t n : {1ULL, 2ULL, 5'000ULL, 1'000'000'000'000ULL}) {
        const Zipf zipf(n, s, q);
        for (std::uint64_t i = 0; i < 2'000; ++i) {
          const std::size_t count = 1 + i % positions.size();
          for (std::size_t k = 0; k < count; ++k) positions[k] = mix64(i + k * 10'000);
          zipf.ranks(Stream{3}, {positions.data(), count}, ranks.data());
          for (std::size_t k = 0; k < count; ++k) {
            ASSERT_EQ(ranks[k], zipf.rank(Stream{3}, positions[k])) << "n " << n << " s " << s << " of " << count;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace freshet
