// What the gap between looks can turn, at the quantile that a gate asks for.
#include <gtest/gtest.h>

#include "metrics/verdict/gates.h"
#include "scenarios/loader/read/gate_parser.h"

namespace freshet {
namespace {

constexpr Nanos kMilli = kNanosPerMilli;

/// 100 rows seen 13 ms after their commit, of which each was known to be absent at 5 ms; and one that was looked for
/// only once, 500 ms after its commit.
RunRecord record_of_a_slow_look() {
  RunRecord record;
  ViewRecord& view = record.views.emplace_back();
  view.name = "sales";
  FreshnessSeries& all = view.series["all"];
  for (int i = 0; i < 100; ++i) {
    all.delay.record(13 * kMilli);
    all.earliest.record(5 * kMilli);
    all.resolution.record(8 * kMilli);
  }
  all.delay.record(500 * kMilli);
  all.earliest.record(Nanos{});
  all.resolution.record(500 * kMilli);
  all.expected = 101;
  return record;
}

Judgement::Status status_of(const std::string& expression) {
  const Result<Gate> gate = parse_gate(expression);
  EXPECT_TRUE(gate.ok());
  return judge_gate(gate.value(), record_of_a_slow_look()).judged.front().status;
}

TEST(GateMargin, ABoundThatNoLookLeavesRoomForFails) {
  EXPECT_EQ(status_of("p50 freshness < 4ms"), Judgement::Status::Fail) << "half of the rows took at least 5 ms";
}

TEST(GateMargin, ABoundBetweenTheLooksIsInconclusive) {
  EXPECT_EQ(status_of("p50 freshness < 10ms"), Judgement::Status::Inconclusive);
  EXPECT_EQ(status_of("max freshness < 100ms"), Judgement::Status::Inconclusive)
      << "the slowest row may have been there all the time";
}

TEST(GateMargin, OneSlowLookDoesNotBlurTheOthers) {
  EXPECT_EQ(status_of("p50 freshness < 14ms"), Judgement::Status::Pass);
}

}  // namespace
}  // namespace freshet
