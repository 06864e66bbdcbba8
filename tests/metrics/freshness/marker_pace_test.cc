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

/// How long it takes until every marker has been seen, if each is seen after `lag`, the first ones prove the load, and
/// nothing was known of the lag before; `limit` if they never all are.
Nanos drained_after(Nanos lag, Nanos limit) {
  MarkerPace pace;
  Freshness::Unpassed unpassed{8, 8, true, {}};
  Instant last_sent{};
  for (Instant now{}; now < Instant{limit}; now += kTick) {
    if (now >= Instant{lag}) unpassed = {0, 0, true, lag};
    if (now >= last_sent + lag && unpassed.partitions == 0) return now - Instant{};
    if (pace.after_load(now, unpassed) > 0) last_sent = now;
    unpassed.unmarked = 0;
  }
  return limit;
}

/// With a constant lag, markers that are sent as often as that would be awaited one after the other.
TEST(MarkerPace, OfASlowPipelineComesToAnEnd) {
  for (Nanos lag = kNanosPerSecond; lag <= 40 * kNanosPerSecond; lag += 100 * kNanosPerMilli) {
    EXPECT_LE(drained_after(lag, 100 * lag), 2 * lag + kTick) << lag / kNanosPerMilli << " ms";
  }
}

}  // namespace
}  // namespace freshet
