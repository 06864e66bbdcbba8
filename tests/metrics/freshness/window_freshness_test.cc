// Freshness of windows: what a look proves by content alone, and when a window is right for good (SEMANTICS.md §13).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/fake_windows.h"
#include "metrics/freshness/freshness.h"
#include "metrics/verdict/gates.h"
#include "scenarios/loader/read/gate_parser.h"

namespace freshet {
namespace {

using test::kBasket;
using test::kPayment;
using test::kPerStore;
using test::Tally;

constexpr Nanos kMilli = kNanosPerMilli;

/// Sales of one line each in store S1; warm-up is the first second, the schedule ends with the eleventh.
class Windows : public testing::Test {
 protected:
  Windows() : rows_(scenario_, 100) {
    rows_.basket = [this](Ordinal ordinal, Version version) {
      test::BasketImage image;
      image.invoice = test::invoice_of(ordinal);
      image.store = "S1";
      image.note = std::to_string(sold_ms_.at({ordinal, version}));
      image.quantities = {static_cast<int>(ordinal)};
      return image;
    };
    rows_.life = [](EntityId, Ordinal) {
      return test::life_with({Operation::Insert, Operation::Update, Operation::Update, Operation::Delete});
    };
  }
  Freshness& freshness() {
    if (!freshness_) {
      freshness_ = std::make_unique<Freshness>(scenario_, rows_);
      freshness_->set_zero({}, {});
    }
    return *freshness_;
  }
  void commit(EntityId entity, Ordinal ordinal, Version version, Operation operation, std::int64_t at_ms) {
    freshness().settled(std::vector{test::settle(entity, ordinal, version, operation, at_ms)});
  }
  /// Sold in event time at `sold_ms`, paid at `at_ms`.
  void sell(Ordinal ordinal, std::int64_t sold_ms, std::int64_t at_ms) {
    sold_ms_[{ordinal, 1}] = sold_ms;
    commit(kBasket, ordinal, 1, Operation::Insert, 10);
    commit(kPayment, ordinal, 1, Operation::Insert, at_ms);
  }
  static std::string key(std::int64_t start_s) {
    std::string text = std::string("S1") + kKeySeparator;
    append_iso_time(start_s * kMicrosPerSecond.count(), text);
    return text;
  }
  void see(std::int64_t start_s, const std::vector<std::int64_t>& values, std::int64_t at_ms) {
    Sighting sighting{0, !values.empty(), {}, {}};
    Tally tally;
    for (const std::int64_t value : values) tally.add(value);
    if (sighting.found) {
      append_content(test::row_of("S1", start_s, tally), scenario_.view(kPerStore).record, sighting.content);
    }
    freshness().sighted(kPerStore, std::vector{key(start_s)}, std::vector{sighting}, Instant{at_ms * kMilli},
                        Instant{at_ms * kMilli});
  }
  FreshnessSeries all() { return freshness().series(kPerStore).at("all"); }
  std::int64_t pending() { return static_cast<std::int64_t>(freshness().sizes().versions); }
  WindowRecord finished(std::int64_t at_ms) {
    freshness().finish(Instant{at_ms * kMilli});
    return freshness().windows(kPerStore).value();
  }

  Scenario scenario_ = test::shop_with_windows();
  test::FakeRows rows_;
  std::map<std::pair<Ordinal, Version>, std::int64_t> sold_ms_;
  std::unique_ptr<Freshness> freshness_;
};

TEST_F(Windows, ACutIsSeenWhenTheGroupShowsIt) {
  sell(1, 1'500, 2'000);
  sell(2, 1'600, 2'100);
  EXPECT_EQ(pending(), 2);
  see(1, {1}, 2'120);
  EXPECT_EQ(pending(), 1) << "the first sale alone is the first cut";
  see(1, {1, 2}, 2'150);
  EXPECT_EQ(pending(), 0);
  EXPECT_EQ(all().delay.max(), 120 * kMilli);
  EXPECT_EQ(all().superseded, 0);
}

TEST_F(Windows, ALaterCutProvesTheEarlierOnes) {
  for (Ordinal ordinal = 1; ordinal <= 3; ++ordinal) sell(ordinal, 1'500, 2'000 + static_cast<std::int64_t>(ordinal));
  see(1, {1, 2, 3}, 2'100);
  EXPECT_EQ(pending(), 0);
  EXPECT_EQ(all().superseded, 2);
  EXPECT_EQ(all().delay.count(), 3);
}

TEST_F(Windows, ContentThatIsNoCutProvesNothing) {
  sell(1, 1'500, 2'000);
  sell(2, 1'600, 2'100);
  see(1, {2}, 2'150);        // the second without the first
  see(1, {1, 2, 2}, 2'160);  // twice
  EXPECT_EQ(pending(), 2);
}

TEST_F(Windows, ASaleThatMovesIsDueInBothWindows) {
  sell(1, 1'500, 2'000);
  sell(2, 1'600, 2'000);
  see(1, {1, 2}, 2'050);
  sold_ms_[{2, 2}] = 3'100;
  commit(kBasket, 2, 2, Operation::Update, 2'200);
  EXPECT_EQ(freshness().sizes().rows, 2U);
  see(1, {1}, 2'250);
  see(3, {2}, 2'260);
  EXPECT_EQ(pending(), 0);
}

TEST_F(Windows, AnUpdateThatLeavesTheContentAsItIsIsUnchanged) {
  sell(1, 1'500, 2'000);
  sold_ms_[{1, 2}] = 1'700;  // another time in the same window
  commit(kBasket, 1, 2, Operation::Update, 2'100);
  EXPECT_EQ(pending(), 1);
  EXPECT_EQ(all().unchanged, 1);
}

TEST_F(Windows, AWindowThatIsEmptyAgainIsSeenToBeGone) {
  sell(1, 1'500, 2'000);
  see(1, {1}, 2'010);
  commit(kPayment, 1, 4, Operation::Delete, 2'100);
  see(1, {1}, 2'110);
  EXPECT_EQ(pending(), 1);
  see(1, {}, 2'120);
  EXPECT_EQ(pending(), 0);
}

TEST_F(Windows, FinalCountsFromTheCloseOrTheLastCommitWhicheverIsLater) {
  sell(1, 1'500, 2'500);  // closes at 2 s: the commit is later
  see(1, {1}, 2'600);
  sell(2, 3'500, 3'600);  // right before its close at 4 s
  see(3, {2}, 3'700);
  sell(3, 5'500, 5'600);  // committed before its close at 6 s, seen after it
  see(5, {3}, 6'030);
  const WindowRecord record = finished(12'000);
  EXPECT_EQ(record.closed.expected, 3);
  EXPECT_EQ(record.open, 0);
  EXPECT_EQ(record.closed.delay.max(), 100 * kMilli);
  EXPECT_LT(record.closed.delay.at_rank(1), Nanos{1'000}) << "nothing, but for the histogram's own resolution";
  EXPECT_NEAR(static_cast<double>(record.closed.delay.at_rank(2).count()), 30e6, 0.1e6);
}

TEST_F(Windows, ALateCommitMakesAWindowUnfinishedAgain) {
  sell(1, 1'500, 1'600);
  see(1, {1}, 1'700);
  sell(2, 1'500, 9'000);
  see(1, {1, 2}, 9'200);
  EXPECT_EQ(finished(12'000).closed.delay.max(), 200 * kMilli);
}

TEST_F(Windows, OpenOnesAreLeftOutAndCountedAndThoseOfTheWarmUpAreNeither) {
  sell(1, 500, 1'200);      // closes in the warm-up's last instant: the first that counts
  sell(2, -500, 1'200);     // closed before the schedule began
  sell(3, 10'500, 10'600);  // closes as the schedule ends
  sell(4, 11'500, 10'600);
  see(0, {1}, 1'300);
  see(-1, {2}, 1'300);
  see(10, {3}, 10'700);
  see(11, {4}, 10'700);
  const WindowRecord record = finished(13'000);
  EXPECT_EQ(record.closed.expected, 1);
  EXPECT_EQ(record.open, 2);
}

TEST_F(Windows, AWindowThatNeverShowsItsLastStateIsCensored) {
  sell(1, 1'500, 2'500);
  sell(2, 1'500, 2'600);
  see(1, {1}, 2'700);
  const WindowRecord record = finished(12'600);
  EXPECT_EQ(record.closed.censored, 1);
  EXPECT_THAT(record.closed.censored_ages, testing::ElementsAre(10'000 * kMilli));
}

TEST_F(Windows, ExistOnlyForViewsThatDeclareThem) {
  scenario_.observe = {{test::kLines, "lines", 0, {}}};
  EXPECT_FALSE(freshness().windows(test::kLines));
}

TEST(FinalGate, IsJudgedOnClosedWindowsAndInconclusiveWithoutAny) {
  RunRecord record;
  ViewRecord& lines = record.views.emplace_back();
  lines.name = "lines";
  lines.series["all"].delay.record(Nanos{1});
  ViewRecord& windows = record.views.emplace_back();
  windows.name = "per_store";
  windows.windows.emplace();
  const Gate gate = parse_gate("max final < 1s").value();
  const GateResult none = judge_gate(gate, record);
  ASSERT_EQ(none.judged.size(), 1U) << "views without windows are not asked";
  EXPECT_EQ(none.decisive.status, Judgement::Status::Inconclusive);
  EXPECT_EQ(none.decisive.reason, "no window closed in the measured phase");

  windows.windows->closed.expected = 1;
  windows.windows->closed.delay.record(500 * kMilli);
  windows.windows->closed.earliest.record(490 * kMilli);
  EXPECT_EQ(judge_gate(gate, record).decisive.status, Judgement::Status::Pass);
  windows.windows->closed.delay.record(1'500 * kMilli);
  windows.windows->closed.earliest.record(1'490 * kMilli);
  EXPECT_EQ(judge_gate(gate, record).decisive.status, Judgement::Status::Fail);
}

}  // namespace
}  // namespace freshet
