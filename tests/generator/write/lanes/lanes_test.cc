// The send side on a virtual clock: changes leave at their intended instants, in order, and each ends with exactly one
// outcome whatever the target does.
#include "generator/write/lanes/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fakes/fake_clock.h"
#include "fakes/fake_writer.h"
#include "generator/write/fixture.h"

namespace freshet {
namespace {

using namespace fixture;
using fakes::Answer;
using fakes::FakeClock;
using fakes::FakeStore;
using fakes::FakeWriter;
using ::testing::Ge;
using ::testing::Le;

constexpr Micros kMs{1'000};

/// Baskets have one writer ("topic"); products and payments share another ("database").
class Lanes : public ::testing::Test {
 protected:
  Lanes() {
    writers_.outcomes = std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink());
    const OutcomeSink sink = LaneOutcomes::sink(writers_.outcomes);
    topic_ = std::make_shared<FakeWriter>(clock_, store_, sink);
    database_ = std::make_shared<FakeWriter>(clock_, store_, sink);
    writers_.by_entity = {database_, topic_, database_};
    options_.zero = clock_.now() + kNanosPerSecond;
  }

  std::int64_t run(const std::vector<Change>& changes) {
    ListedSchedule schedule(changes);
    const std::int64_t taken = run_lane(scenario_, rows_, schedule, writers_, clock_, options_, stop_.get_token());
    for (const auto& writer : writers_.by_entity) {
      if (writer) writer->flush(clock_.now() + kNanosPerSecond);
    }
    return taken;
  }
  [[nodiscard]] Instant intended(const Change& change) const { return options_.zero + change.intended; }
  [[nodiscard]] Nanos wait_of(const Change& change) const { return outcomes_.of(change).released - intended(change); }

  const Scenario scenario_ = shop();
  const ShopRows rows_;
  FakeClock clock_;
  FakeStore store_;
  Outcomes outcomes_;
  LaneWriters writers_;
  LaneOptions options_;
  std::shared_ptr<FakeWriter> topic_;
  std::shared_ptr<FakeWriter> database_;
  std::stop_source stop_;
};

TEST_F(Lanes, ReleaseEachChangeExactlyAtItsIntendedInstant) {
  const std::vector<Change> changes{insert(kBasket, 1, {}), insert(kBasket, 2, Micros{7}),
                                    insert(kPayment, 1, 100 * kMs), update(kPayment, 1, 2, 350 * kMs)};
  EXPECT_EQ(run(changes), 4);
  for (const Change& change : changes) {
    const Settled settled = outcomes_.of(change);
    EXPECT_EQ(settled.outcome, Outcome::Committed);
    EXPECT_EQ(settled.released, intended(change));
  }
}

TEST_F(Lanes, HandOverTheRowOfThatVersion) {
  run({insert(kProduct, 7, {}), update(kProduct, 7, 2, kMs)});
  ASSERT_THAT(store_.log, SizeIs(2));
  EXPECT_EQ(store_.log[0].row.cells[1].number, shop_amount(7, 1));
  EXPECT_EQ(store_.log[1].row.cells[1].number, shop_amount(7, 2));
  EXPECT_EQ(store_.log[1].row.text_of(store_.log[1].row.cells[0]), shop_key(kProduct, 7));
}

TEST_F(Lanes, LateIsLateAndNothingIsLost) {
  database_->behaviour.service = 10 * kNanosPerMilli;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 500; ++i) changes.push_back(insert(kProduct, i, static_cast<Micros>(i) * 100));
  options_.batch_max = 20;  // 20 per 10 ms, where 100 per 10 ms are asked for: the lane falls behind
  EXPECT_EQ(run(changes), 500);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 500);
  EXPECT_THAT(store_.log, SizeIs(500));
  EXPECT_THAT(database_->batches, Each(Le(20U)));
  EXPECT_EQ(wait_of(changes.front()), Nanos{});
  // 480 changes before it take 24 writes of 10 ms (the first of them holds one change), and it was due at 49.9 ms.
  EXPECT_GE(wait_of(changes.back()), 190 * kNanosPerMilli);
  Nanos before{};
  for (std::size_t i = 20; i < changes.size(); i += 60) {
    EXPECT_GT(wait_of(changes[i]), before) << "the wait must grow while the lane falls behind";
    before = wait_of(changes[i]);
  }
}

TEST_F(Lanes, WhatBecomesDueDuringAWriteGoesOutTogether) {
  database_->behaviour.service = 5 * kNanosPerMilli;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 11; ++i) changes.push_back(insert(kProduct, i, static_cast<std::int64_t>(i) * kMs));
  run(changes);
  EXPECT_THAT(database_->batches, ElementsAre(1, 5, 5));
}

TEST_F(Lanes, AHorizonFillsBatchesAndShowsAsWait) {
  options_.horizon = 3 * kMs;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 8; ++i) changes.push_back(insert(kProduct, i, static_cast<std::int64_t>(i) * kMs));
  run(changes);
  EXPECT_THAT(database_->batches, ElementsAre(4, 4));
  EXPECT_EQ(wait_of(changes[0]), 3 * kNanosPerMilli);
  EXPECT_EQ(wait_of(changes[3]), Nanos{});
}

TEST_F(Lanes, AFullBatchDoesNotWaitForItsHorizon) {
  options_.horizon = 50 * kMs;
  options_.batch_max = 3;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 6; ++i) changes.push_back(insert(kProduct, i, static_cast<std::int64_t>(i) * kMs));
  run(changes);
  EXPECT_THAT(database_->batches, ElementsAre(3, 3));
  EXPECT_EQ(wait_of(changes[0]), 2 * kNanosPerMilli);
}

TEST_F(Lanes, AWriterThatCanUseMoreIsGivenMore) {
  options_.batch_max = 3;
  options_.zero = clock_.now() - kNanosPerSecond;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 12; ++i) changes.push_back(insert(kProduct, i));
  run(changes);
  EXPECT_THAT(database_->batches, ElementsAre(3, 3, 3, 3)) << "the control";
  database_->batches.clear();
  database_->behaviour.batch_max = 8;
  for (Change& change : changes) change.ordinal += 100;
  run(changes);
  EXPECT_THAT(database_->batches, ElementsAre(8, 4));
}

TEST_F(Lanes, AClosedLoopSendsTheNextWhenTheLastHaveTheirOutcomes) {
  database_->behaviour.service = 10 * kNanosPerMilli;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 100; ++i) changes.push_back(insert(kProduct, i, static_cast<std::int64_t>(i) * 1'000 * kMs));
  options_.in_flight = 8;
  const Instant began = clock_.now();
  EXPECT_EQ(run(changes), 100);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 100);
  EXPECT_THAT(database_->batches, ElementsAre(8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 4));
  EXPECT_LT(clock_.now() - began, 2 * kNanosPerSecond) << "not the 99 s of the schedule";
  EXPECT_EQ(outcomes_.of(changes[8]).released, outcomes_.of(changes[0]).acknowledged);
}

TEST_F(Lanes, AClosedLoopWaitsForDeliveriesToo) {
  topic_->behaviour.delay = 20 * kNanosPerMilli;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 6; ++i) changes.push_back(insert(kBasket, i));
  options_.in_flight = 2;
  run(changes);
  for (const std::size_t i : {2U, 4U}) {
    EXPECT_GE(outcomes_.of(changes[i]).released, outcomes_.of(changes[i - 1]).acknowledged);
  }
}

TEST_F(Lanes, VersionsOfAnInstanceArriveInOrderEvenWhenAllAreLate) {
  options_.zero = clock_.now() - 10 * kNanosPerSecond;  // everything is due already
  std::vector<Change> changes;
  for (Version version = 1; version <= 60; ++version) {
    for (Ordinal i = 0; i < 5; ++i) {
      const Micros at{version * 10 + static_cast<std::int64_t>(i)};
      changes.push_back(version == 1 ? insert(kProduct, i, at) : update(kProduct, i, version, at));
    }
  }
  run(changes);
  std::map<Ordinal, Version> last;
  for (const FakeStore::Stored& stored : store_.log) {
    EXPECT_EQ(stored.change.version, last[stored.change.ordinal] + 1);
    last[stored.change.ordinal] = stored.change.version;
  }
  EXPECT_THAT(store_.log, SizeIs(300));
}

TEST_F(Lanes, EverythingAfterARejectedVersionIsWithheld) {
  database_->behaviour.answer = [](const Change& change, std::int64_t) {
    return change.ordinal == 3 && change.version == 2 ? Answer::reject(1062) : Answer::commit();
  };
  const Change third = update(kProduct, 3, 3, 3 * kMs);
  run({insert(kProduct, 3, {}), insert(kProduct, 4, kMs), update(kProduct, 3, 2, 2 * kMs), third,
       update(kProduct, 4, 2, 4 * kMs), erase(kProduct, 3, 4, 5 * kMs)});
  EXPECT_EQ(outcomes_.of(update(kProduct, 3, 2)).code, 1062U);
  const Settled withheld = outcomes_.of(third);
  EXPECT_EQ(withheld.outcome, Outcome::Withheld);
  EXPECT_EQ(withheld.released, Instant{});
  EXPECT_EQ(outcomes_.of(erase(kProduct, 3, 4)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.of(update(kProduct, 4, 2)).outcome, Outcome::Committed) << "others are not concerned";
}

TEST_F(Lanes, AnUnknownVersionWithholdsTheNext) {
  database_->behaviour.answer = [](const Change&, std::int64_t nth) {
    return nth == 1 ? Answer::unknown(true) : Answer::commit();
  };
  run({insert(kProduct, 1, {}), update(kProduct, 1, 2, kMs)});
  EXPECT_EQ(outcomes_.of(insert(kProduct, 1)).outcome, Outcome::Unknown);
  EXPECT_EQ(outcomes_.of(update(kProduct, 1, 2)).outcome, Outcome::Withheld);
}

TEST_F(Lanes, APaymentOfABasketThatDidNotCommitIsWithheld) {
  topic_->behaviour.answer = [](const Change& change, std::int64_t) {
    return change.ordinal == 1 ? Answer::reject(7) : Answer::commit();
  };
  run({insert(kBasket, 1, {}), insert(kBasket, 2, {}), insert(kPayment, 1, kMs), insert(kPayment, 2, kMs),
       update(kPayment, 1, 2, 2 * kMs)});
  EXPECT_EQ(outcomes_.of(insert(kPayment, 1)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.of(update(kPayment, 1, 2)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 2)).outcome, Outcome::Committed);
}

TEST_F(Lanes, AFailedUpdateOfTheParentDoesNotConcernItsChildren) {
  topic_->behaviour.answer = [](const Change& change, std::int64_t) {
    return change.version == 2 ? Answer::reject(7) : Answer::commit();
  };
  run({insert(kBasket, 1, {}), update(kBasket, 1, 2, kMs), insert(kPayment, 1, 2 * kMs)});
  EXPECT_EQ(outcomes_.of(insert(kPayment, 1)).outcome, Outcome::Committed);
}

TEST_F(Lanes, APaymentWaitsUntilItsBasketsDeliveryIsKnown) {
  topic_->behaviour.delay = 40 * kNanosPerMilli;
  const Change payment = insert(kPayment, 1, 10 * kMs);
  run({insert(kBasket, 1, {}), payment});
  EXPECT_EQ(wait_of(payment), 30 * kNanosPerMilli);
  EXPECT_EQ(outcomes_.of(payment).outcome, Outcome::Committed);
}

TEST_F(Lanes, APaymentDueTogetherWithItsBasketIsSentAfterIt) {
  topic_->behaviour.delay = 5 * kNanosPerMilli;
  topic_->behaviour.answer = [](const Change& change, std::int64_t) {
    return change.ordinal == 2 ? Answer::reject(7) : Answer::commit();
  };
  const Change paid = insert(kPayment, 1);
  run({insert(kBasket, 1), insert(kBasket, 2), paid, insert(kPayment, 2)});
  EXPECT_GE(outcomes_.of(paid).released, outcomes_.of(insert(kBasket, 1)).acknowledged);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 2)).outcome, Outcome::Withheld);
}

TEST_F(Lanes, ABasketThatIsNeverAnsweredBecomesUnknownAndItsPaymentWithheld) {
  topic_->cork();
  run({insert(kBasket, 1, {}), insert(kPayment, 1, kMs)});
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1)).outcome, Outcome::Unknown);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 1)).outcome, Outcome::Withheld);
}

TEST_F(Lanes, ACorkedTopicDelaysButLosesNothing) {
  topic_->cork();
  clock_.at(options_.zero + 300 * kNanosPerMilli, [&] { topic_->uncork(); });
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 50; ++i) changes.push_back(insert(kBasket, i, static_cast<std::int64_t>(i) * kMs));
  changes.push_back(insert(kPayment, 0, 60 * kMs));
  run(changes);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 51);
  EXPECT_EQ(wait_of(changes.back()), 240 * kNanosPerMilli);
  EXPECT_EQ(writers_.outcomes->in_flight(), 0U);
}

TEST_F(Lanes, AnEntityWithoutATargetCommitsAtOnce) {
  writers_.by_entity[index_of(kBasket)] = nullptr;
  run({insert(kBasket, 1, {}), insert(kPayment, 1, kMs)});
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1)).outcome, Outcome::Committed);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 1)).outcome, Outcome::Committed);
  EXPECT_THAT(store_.log, SizeIs(1));
}

TEST_F(Lanes, AStopEndsTheRunAndWhatWasTakenIsAccountedFor) {
  clock_.at(options_.zero + 105 * kNanosPerMilli + Nanos{1}, [&] { stop_.request_stop(); });
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 1'000; ++i) changes.push_back(insert(kProduct, i, static_cast<std::int64_t>(i) * 10 * kMs));
  const std::int64_t taken = run(changes);
  EXPECT_LT(taken, 1'000);
  EXPECT_THAT(store_.log, SizeIs(11));
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 11);
  EXPECT_EQ(outcomes_.count(Outcome::Withheld), taken - 11);
}

TEST_F(Lanes, ReferenceRowsAreWrittenAtOnceAndSettledOnReturn) {
  database_->behaviour.delay = 20 * kNanosPerMilli;
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 1'201; ++i) changes.push_back(insert(kProduct, i, -kMicrosPerSecond));
  const Instant before = clock_.now();
  write_now(scenario_, rows_, changes, writers_, clock_);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 1'201);
  EXPECT_EQ(clock_.now() - before, 20 * kNanosPerMilli);
  EXPECT_EQ(store_.images.size(), 1'201U);
}

TEST_F(Lanes, AFalseOutcomeShowsInTheTarget) {
  database_->behaviour.answer = [](const Change&, std::int64_t nth) {
    return nth == 3 ? Answer::lie() : Answer::commit();
  };
  run({insert(kProduct, 1, {}), insert(kProduct, 2, Micros{1}), insert(kProduct, 3, Micros{2}),
       insert(kProduct, 4, Micros{3})});
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4);
  EXPECT_EQ(store_.images.size(), 3U);
  EXPECT_FALSE(store_.images.contains({kProduct, 3}));
}

/// Random lives against a target that fails in every way it knows. The seed replays a failure.
class Conservation : public Lanes, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  std::uint64_t draw(std::uint64_t below) {
    state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return (state_ >> 33) % below;
  }
  Answer answer() {
    switch (draw(40)) {
      case 0:
        return Answer::reject(1205);
      case 1:
        return Answer::unknown(true);
      case 2:
        return Answer::unknown(false);
      default:
        return Answer::commit();
    }
  }
  std::vector<Change> lives() {
    std::vector<Change> changes;
    for (Ordinal i = 0; i < 400; ++i) {
      const Micros born = static_cast<Micros>(draw(400'000));
      const Micros paid = born + static_cast<Micros>(draw(30'000));
      changes.push_back(insert(kBasket, i, born));
      changes.push_back(insert(kPayment, i, paid));
      for (Version v = 2; v < 2 + draw(4); ++v) changes.push_back(update(kPayment, i, v, paid + v * Micros{3'000}));
    }
    std::stable_sort(changes.begin(), changes.end(),
                     [](const Change& a, const Change& b) { return a.intended < b.intended; });
    return changes;
  }

 private:
  std::uint64_t state_ = GetParam();
};

TEST_P(Conservation, EveryChangeTakenGetsExactlyOneOutcome) {
  const auto any = [this](const Change&, std::int64_t) { return answer(); };
  topic_->behaviour = {{}, 2 * kNanosPerMilli, any};
  database_->behaviour = {kNanosPerMilli, {}, any};
  for (int i = 1; i <= 3; ++i) {
    clock_.at(options_.zero + i * 100 * kNanosPerMilli, [&] { topic_->cork(); });
    clock_.at(options_.zero + i * 100 * kNanosPerMilli + 20 * kNanosPerMilli, [&] { topic_->uncork(); });
  }
  const std::vector<Change> changes = lives();
  EXPECT_EQ(run(changes), static_cast<std::int64_t>(changes.size()));
  EXPECT_THAT(outcomes_.all(), SizeIs(changes.size()));

  std::map<std::pair<EntityId, Ordinal>, bool> whole;  // no version failed so far
  for (const Change& change : changes) {
    const Settled settled = outcomes_.of(change);
    const bool parent = change.entity != kPayment || whole.at({kBasket, change.ordinal});
    const bool mine = whole.try_emplace({change.entity, change.ordinal}, true).first->second;
    EXPECT_EQ(settled.outcome == Outcome::Withheld, !mine || !parent) << "ordinal " << change.ordinal;
    if (settled.outcome != Outcome::Committed) whole[{change.entity, change.ordinal}] = false;
    if (settled.outcome != Outcome::Withheld) {
      EXPECT_GE(settled.released, intended(change));
    }
  }
  EXPECT_GT(outcomes_.count(Outcome::Rejected), 0) << "the target must have been bad at all";
  EXPECT_GT(outcomes_.count(Outcome::Unknown), 0);
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Conservation, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace freshet
