// When markers are sent: few of them during the load, and after it until they have been seen.
#include "metrics/freshness/marker_pace.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr Nanos kTick = 50 * kNanosPerMilli;

/// The number of markers of a load with this rate and length, asked for at every tick.
std::int64_t markers_of(std::int64_t changes_per_s, std::int64_t seconds) {
  MarkerPace pace;
  std::int64_t marked = 0;
  for (Instant now{}; now < Instant{seconds * kNanosPerSecond}; now += kTick) {
    const std::int64_t committed = now.time_since_epoch() * changes_per_s / kNanosPerSecond + marked;
    marked += pace.during_load(now, committed, marked);
  }
  return marked;
}

/// Hundreds of changes are enough for markers to be at most 1 % of them.
TEST(MarkerPace, KeepsMarkersBelowOnePercentOfTheLoad) {
  for (const std::int64_t rate : {20, 100, 1'000, 50'000}) {
    for (const std::int64_t seconds : {30, 600}) {
      const std::int64_t marked = markers_of(rate, seconds);
      EXPECT_GT(marked, 0) << rate << "/s for " << seconds << " s";
      EXPECT_LE(marked * 100, rate * seconds) << rate << "/s for " << seconds << " s";
      EXPECT_LE(marked, seconds) << "at most one a second";
    }
  }
}

TEST(MarkerPace, SendsOneForEachPartitionWithoutOneAndAgainWhenTheyMayBeLost) {
  MarkerPace pace;
  Freshness::Unpassed unpassed;
  EXPECT_EQ(pace.after_load(Instant{}, unpassed), 0) << "all have been passed";
  unpassed.partitions = unpassed.unmarked = 3;
  unpassed.lag = 4 * kNanosPerSecond;
  EXPECT_EQ(pace.after_load(Instant{kNanosPerSecond}, unpassed), 3);
  unpassed.unmarked = 0;
  EXPECT_EQ(pace.after_load(Instant{2 * kNanosPerSecond}, unpassed), 0) << "the pipeline lags so long";
  EXPECT_EQ(pace.after_load(Instant{8 * kNanosPerSecond}, unpassed), 0);
  EXPECT_EQ(pace.after_load(Instant{9 * kNanosPerSecond}, unpassed), 3) << "twice its lag has passed";
  unpassed.partitions = 0;
  EXPECT_EQ(pace.after_load(Instant{60 * kNanosPerSecond}, unpassed), 0);
}

}  // namespace
}  // namespace freshet
