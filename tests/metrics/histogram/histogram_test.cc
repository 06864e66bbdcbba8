// Histogram: what is kept of a sample, how samples rank, and the form that other tools read.
#include "metrics/histogram/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "metrics/histogram/histogram_buckets.h"
#include "metrics/random_numbers.h"

namespace freshet {
namespace {

constexpr Nanos kSecond = kNanosPerSecond;
constexpr Nanos kDay = 24 * 3600 * kSecond;

TEST(HistogramBuckets, FollowTheLayoutOfHdrHistogram) {
  EXPECT_EQ(buckets::index_of(0), 0u);
  EXPECT_EQ(buckets::index_of(2047), 2047u);
  EXPECT_EQ(buckets::index_of(2048), 2048u);
  EXPECT_EQ(buckets::index_of(2049), 2048u);
  EXPECT_EQ(buckets::index_of(2050), 2049u);
  EXPECT_EQ(buckets::kBuckets, 28u * 1024u);  // 27 doublings and the first half bucket
  EXPECT_EQ(buckets::highest_of(buckets::index_of(5'000'000)), 5'001'215);
  EXPECT_EQ(buckets::highest_of(buckets::index_of(buckets::kHighest)), 86'436'216'831);
}

TEST(HistogramBuckets, EveryValueLiesInItsBucketAndBucketsLeaveNoGap) {
  for (std::size_t i = 0; i < 45 * 1024; ++i) {
    ASSERT_EQ(buckets::index_of(buckets::lowest_of(i)), i);
    ASSERT_EQ(buckets::index_of(buckets::highest_of(i)), i);
  }
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.within(kDay), 0);
}

TEST(Histogram, KeepsMinimumAndMaximumExactly) {
  Histogram histogram;
  for (const std::int64_t value : {5'000'000'123, 4'999'999'877, 5'000'000'001}) histogram.record(Nanos{value});
  EXPECT_EQ(histogram.min(), Nanos{4'999'999'877});
  EXPECT_EQ(histogram.max(), Nanos{5'000'000'123});
  EXPECT_EQ(histogram.quantile(1), Nanos{5'000'000'123});
}

TEST(Histogram, RanksByNearestRank) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(i * Nanos{10'000});
  EXPECT_EQ(histogram.quantile(0.5), Nanos{500'999});    // the 50th
  EXPECT_EQ(histogram.quantile(0.501), Nanos{510'999});  // the 51st, as its microsecond ends
}

TEST(Histogram, DoesNotLoseARankToRounding) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(i * kNanosPerMicro);
  // 0.07 · 100 is 7.000000000000001 in doubles; so is 0.29 · 100 below 29.
  EXPECT_EQ(histogram.quantile(0.07), Nanos{7'999});
  EXPECT_EQ(histogram.quantile(0.29), Nanos{29'999});
}

TEST(Histogram, SortsNegativeSamplesFirst) {
  Histogram histogram;
  for (const Nanos value : {Nanos{3'000'000}, Nanos{-1'000'000}, Nanos{1'000'000}, -700 * kSecond, Nanos{-1}})
    histogram.record(value);
  EXPECT_EQ(histogram.negative(), 3);
  EXPECT_EQ(histogram.count(), 5);
  EXPECT_NEAR(static_cast<double>(histogram.at_rank(1).count()), -700e9, 0.7e9);
  EXPECT_NEAR(static_cast<double>(histogram.at_rank(2).count()), -1e6, 2e3);
  EXPECT_EQ(histogram.at_rank(3), Nanos{-1});
  EXPECT_GT(histogram.at_rank(4), Nanos{});
  EXPECT_EQ(histogram.min(), Nanos{-700'000'000'000});
}

TEST(Histogram, TakesTheLeastAndTheGreatestNumberThereIs) {
  Histogram histogram;
  histogram.record(Nanos{INT64_MIN});
  histogram.record(Nanos{INT64_MAX});
  EXPECT_EQ(histogram.min(), Nanos{INT64_MIN});
  EXPECT_EQ(histogram.max(), Nanos{INT64_MAX});
  EXPECT_EQ(histogram.negative(), 1);
  EXPECT_EQ(histogram.overflow(), 1);
}

TEST(Histogram, CountsOverflowAndSortsItLast) {
  Histogram histogram;
  histogram.record(kDay);
  histogram.record(kDay + kNanosPerMicro);
  histogram.record(100 * kDay);
  EXPECT_EQ(histogram.overflow(), 2);
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_LT(histogram.at_rank(1), kDay + kDay / 1000);
  EXPECT_EQ(histogram.at_rank(2), 100 * kDay);
  EXPECT_EQ(histogram.within(100 * kDay - Nanos{1}), 1);
  EXPECT_EQ(histogram.within(100 * kDay), 3);
}

TEST(Histogram, NeverOverstatesTheShareWithinABound) {
  Histogram histogram;
  histogram.record(Nanos{2'048'000});  // shares a bucket with 2,049 µs
  histogram.record(9 * kSecond);
  EXPECT_EQ(histogram.within(Nanos{2'048'000}), 0);
  EXPECT_EQ(histogram.within(Nanos{2'049'999}), 1);
  EXPECT_EQ(histogram.within(9 * kSecond), 2);  // the maximum is exact
  EXPECT_EQ(histogram.within(9 * kSecond - Nanos{1}), 1);
}

/// Samples of all magnitudes, some negative.
std::vector<Nanos> samples_of(std::uint64_t seed, std::size_t count) {
  test::RandomNumbers random(seed);
  std::vector<Nanos> samples;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::int64_t>(random.next() >> (18 + random.below(40)));
    samples.emplace_back(random.below(5) == 0 ? -magnitude : magnitude);
  }
  return samples;
}

Histogram histogram_of(const std::vector<Nanos>& samples) {
  Histogram histogram;
  for (const Nanos value : samples) histogram.record(value);
  return histogram;
}

TEST(HistogramProperty, EveryRankIsTheTrueOneWithinThePrecision) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::vector<Nanos> samples = samples_of(seed, 1 + seed * 37);
    const Histogram histogram = histogram_of(samples);
    std::ranges::sort(samples);
    for (std::size_t k = 1; k <= samples.size(); ++k) {
      const Nanos truth = samples[k - 1];
      if (truth > kDay) continue;
      const Nanos value = histogram.at_rank(static_cast<std::int64_t>(k));
      ASSERT_GE(value, truth) << "seed " << seed << " rank " << k;
      ASSERT_LE(value - truth, std::max<Nanos>(kNanosPerMicro, std::chrono::abs(truth) / 1000)) << "seed " << seed;
    }
  }
}

TEST(HistogramProperty, WithinAndRankAreInverse) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<Nanos> samples = samples_of(seed, 300);
    const Histogram histogram = histogram_of(samples);
    for (const Nanos bound : samples) {
      const std::int64_t inside = histogram.within(bound);
      if (inside > 0) {
        ASSERT_LE(histogram.at_rank(inside), bound);
      }
      if (inside < histogram.count()) {
        ASSERT_GT(histogram.at_rank(inside + 1), bound);
      }
    }
  }
}

TEST(HistogramProperty, MergingPartsIsRecordingAll) {
  const std::vector<Nanos> samples = samples_of(7, 1000);
  const Histogram whole = histogram_of(samples);
  Histogram merged = histogram_of({samples.begin(), samples.begin() + 300});
  merged.merge(histogram_of({samples.begin() + 300, samples.end()}));
  merged.merge(Histogram{});
  EXPECT_EQ(merged.count(), whole.count());
  EXPECT_EQ(merged.negative(), whole.negative());
  EXPECT_EQ(merged.overflow(), whole.overflow());
  EXPECT_EQ(merged.min(), whole.min());
  EXPECT_EQ(merged.max(), whole.max());
  EXPECT_EQ(merged.encode(), whole.encode());
  for (std::int64_t k = 1; k <= whole.count(); ++k) ASSERT_EQ(merged.at_rank(k), whole.at_rank(k));
}

// Written by HdrHistogram's Python library (0.10.8, layout 1 … 86,400,000,000, 3 digits).
constexpr const char* kForeignNine = "HISTFAAAADJ4nJNpmSzMwMAgxAABzFCaEYhFZK8nMNh/gAowsZzkZ1otwMTSupmRqfkhIxMAttMIOA==";
constexpr const char* kForeignEmpty = "HISTFAAAAB14nJNpmSzMgADMUJoRiEVkrycw2H+ACAAASXYD4g==";

TEST(HistogramEncoding, ReadsWhatAnotherLibraryWrote) {
  const auto nine = Histogram::decode(kForeignNine);
  ASSERT_TRUE(nine.ok()) << nine.error().message;
  Histogram expected;
  for (const std::int64_t micros : {1LL, 2LL, 2LL, 1000LL, 2047LL, 2048LL, 2049LL, 5'000'000LL, 86'400'000'000LL}) {
    expected.record(micros * kNanosPerMicro);
  }
  EXPECT_EQ(nine.value().count(), 9);
  EXPECT_EQ(nine.value().encode(), expected.encode());
  for (std::int64_t k = 1; k < 9; ++k) {
    EXPECT_EQ(nine.value().at_rank(k) / kNanosPerMicro, expected.at_rank(k) / kNanosPerMicro) << k;
  }
  const auto empty = Histogram::decode(kForeignEmpty);
  ASSERT_TRUE(empty.ok()) << empty.error().message;
  EXPECT_EQ(empty.value().count(), 0);
}

TEST(HistogramEncoding, WritesTheBytesThatTheOtherLibraryWrote) {
  // zlib may choose other bytes on another machine; the text before compression may not differ, so both are decoded.
  Histogram histogram;
  for (const std::int64_t micros : {1LL, 2LL, 2LL, 1000LL, 2047LL, 2048LL, 2049LL, 5'000'000LL, 86'400'000'000LL}) {
    histogram.record(micros * kNanosPerMicro);
  }
  const std::string text = histogram.encode();
  EXPECT_EQ(text.substr(0, 6), "HISTFA");
  EXPECT_EQ(text, Histogram::decode(kForeignNine).value().encode());
}

TEST(HistogramEncoding, RoundTripsAllThatIsNeitherNegativeNorOverflow) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Histogram histogram;
    for (const Nanos value : samples_of(seed, seed * seed * 5)) {
      if (value >= Nanos{} && value <= kDay) histogram.record(value);
    }
    const auto again = Histogram::decode(histogram.encode());
    ASSERT_TRUE(again.ok());
    ASSERT_EQ(again.value().count(), histogram.count());
    ASSERT_EQ(again.value().encode(), histogram.encode());
    for (std::int64_t k = 1; k < histogram.count(); ++k) {
      const auto bucket_at = [k](const Histogram& of) { return buckets::index_of(of.at_rank(k) / kNanosPerMicro); };
      ASSERT_EQ(bucket_at(again.value()), bucket_at(histogram));
    }
  }
}

TEST(HistogramEncoding, LeavesNegativeSamplesAndOverflowOut) {
  Histogram histogram;
  for (const Nanos value : {Nanos{-5'000'000}, Nanos{5'000'000}, 3 * kDay}) histogram.record(value);
  EXPECT_EQ(Histogram::decode(histogram.encode()).value().count(), 1);
}

TEST(HistogramEncoding, RefusesWhatIsNotAHistogram) {
  const std::string good = kForeignNine;
  EXPECT_FALSE(Histogram::decode("").ok());
  EXPECT_FALSE(Histogram::decode("HIST").ok());
  EXPECT_FALSE(Histogram::decode(good.substr(0, good.size() - 4)).ok());  // cut
  EXPECT_FALSE(Histogram::decode("J" + good.substr(1)).ok());             // another cookie
  EXPECT_FALSE(Histogram::decode(good.substr(0, 20) + "*" + good.substr(21)).ok());
  // No single flipped character makes it crash; most are noticed.
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size() - 2; ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    if (!Histogram::decode(bad).ok()) ++refused;
  }
  EXPECT_GT(refused, good.size() / 2);
}

}  // namespace
}  // namespace freshet
