// Evidence: what a seen change says of others. Marker pace: how many it takes. Audit looks: how often.
#include "metrics/freshness/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/freshness/marker_pace.h"

namespace freshet {
namespace {

constexpr Partitions kTable{{0, 0}, {}};
constexpr Partitions kThird{{7, 3}, {}};
constexpr Partitions kThirdAndFifth{{7, 3}, {7, 5}};

constexpr Instant at(std::int64_t ns) { return Instant{Nanos{ns}}; }

TEST(Evidence, ASeenChangeIsEvidenceForWhatWasAcknowledgedBeforeItWasSent) {
  Evidence evidence;
  evidence.committed(kTable, at(100));
  EXPECT_FALSE(evidence.passed(kTable, at(100)));
  evidence.seen(kTable, at(100));
  EXPECT_FALSE(evidence.passed(kTable, at(100))) << "not within the look that shows it";
  evidence.look_ended();
  EXPECT_TRUE(evidence.passed(kTable, at(100)));
  EXPECT_FALSE(evidence.passed(kTable, at(101))) << "it may have been sent before that one committed";
}

TEST(Evidence, SpeaksForItsPartitionOnly) {
  Evidence evidence;
  evidence.seen(kThird, at(1'000));
  evidence.look_ended();
  EXPECT_TRUE(evidence.passed(kThird, at(10)));
  EXPECT_FALSE(evidence.passed(kTable, at(10)));
  EXPECT_FALSE(evidence.passed(kThirdAndFifth, at(10))) << "a change of the key needs both";
  evidence.seen({{7, 5}, {}}, at(1'000));
  evidence.look_ended();
  EXPECT_TRUE(evidence.passed(kThirdAndFifth, at(10)));
}

TEST(Evidence, DoesNotGoBack) {
  Evidence evidence;
  evidence.seen(kTable, at(50));
  evidence.look_ended();
  evidence.seen(kTable, at(20));
  evidence.look_ended();
  EXPECT_TRUE(evidence.passed(kTable, at(50)));
}

TEST(Evidence, IsCompleteWhenEachPartitionOfTheLoadHasBeenPassed) {
  Evidence evidence;
  EXPECT_FALSE(evidence.complete()) << "of nothing there is no evidence";
  evidence.committed(kTable, at(100));
  evidence.committed(kThirdAndFifth, at(100));
  EXPECT_EQ(evidence.open().size(), 3U);
  EXPECT_EQ(evidence.unmarked(), 3U);
  evidence.marked(kTable, at(100));
  evidence.marked(kThird, at(99));
  EXPECT_EQ(evidence.unmarked(), 2U) << "a marker that was sent before the last change says nothing of it";
  for (const Partitions& partitions : {kTable, kThirdAndFifth}) evidence.seen(partitions, at(100));
  evidence.look_ended();
  EXPECT_TRUE(evidence.complete());
  evidence.committed(kTable, at(200));
  EXPECT_FALSE(evidence.complete());
}

/// A row of two inputs is not due from a pipeline that has read the one and still waits for the other.
TEST(Evidence, EverywhereMeansTheOtherSourcesToo) {
  Evidence evidence;
  evidence.committed(kThird, at(40));
  evidence.committed(kTable, at(100));
  evidence.seen(kTable, at(100));
  evidence.look_ended();
  EXPECT_TRUE(evidence.passed(kTable, at(100)));
  EXPECT_FALSE(evidence.passed_everywhere(at(100)));
  evidence.seen(kThird, at(40));
  evidence.look_ended();
  EXPECT_TRUE(evidence.passed_everywhere(at(100))) << "there was nothing after 40";
}

TEST(Evidence, NothingIsKnownOfAnUnknownPartition) {
  Evidence evidence;
  const Partitions nowhere{};
  evidence.committed(nowhere, at(10));
  evidence.seen(nowhere, at(20));
  evidence.look_ended();
  EXPECT_FALSE(evidence.passed(nowhere, at(10)));
  EXPECT_EQ(evidence.partitions(), 0U);
}

TEST(MarkerPace, DuringTheLoadMarkersAreFewAndApart) {
  MarkerPace pace;
  std::int64_t marked = 0;
  std::int64_t committed = 0;
  for (Instant now{}; now < Instant{100 * kNanosPerSecond}; now += 10 * kNanosPerMilli) {
    committed += 10;  // 1,000 a second
    marked += 2 * pace.during_load(now, committed, marked);
  }
  EXPECT_GT(marked, 150);
  EXPECT_LE(marked, 200) << "one of two changes a second";
  MarkerPace of_little;
  marked = 0;
  for (int second = 0; second < 100; ++second) {
    marked += 2 * of_little.during_load(Instant{second * kNanosPerSecond}, 4 * second, marked);
  }
  EXPECT_LE(marked, 4) << "of 400 changes";
}

TEST(MarkerPace, AfterTheLoadAsManyAsThereArePartitionsWithoutOne) {
  MarkerPace pace;
  EXPECT_EQ(pace.after_load(at(0), {8, 8, false, {}}), 8);
  EXPECT_EQ(pace.after_load(at(1), {8, 3, false, {}}), 3);
  EXPECT_EQ(pace.after_load(at(2), {8, 0, false, {}}), 0) << "each has one: now it is the pipeline's turn";
  EXPECT_EQ(pace.after_load(Instant{2 * kNanosPerSecond}, {8, 0, false, {}}), 8) << "they may be lost";
  EXPECT_EQ(pace.after_load(Instant{3 * kNanosPerSecond}, {0, 0, false, {}}), 0);
  EXPECT_EQ(pace.after_load(Instant{9 * kNanosPerSecond}, {0, 0, true, {}}), 1)
      << "what was lost last, the next one tells";
}

TEST(MarkerPace, WaitsForASlowPipeline) {
  MarkerPace pace;
  EXPECT_EQ(pace.after_load(at(0), {1, 1, false, 30 * kNanosPerSecond}), 1);
  EXPECT_EQ(pace.after_load(Instant{59 * kNanosPerSecond}, {1, 0, false, {}}), 0);
  EXPECT_EQ(pace.after_load(Instant{61 * kNanosPerSecond}, {1, 0, false, {}}), 1);
}

}  // namespace
}  // namespace freshet
