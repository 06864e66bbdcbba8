// Freshness: when a version is due, to whom it is credited, what satisfies it (SEMANTICS.md §3).
#include "metrics/freshness/freshness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/freshness/freshness_fixture.h"

namespace freshet {
namespace {

using test::FreshnessTest;
using test::invoice_of;
using test::kBasket;
using test::kCanary;
using test::kCompleted;
using test::kLines;
using test::kMilli;
using test::kPayment;
using test::line_key;
using test::settle;
using testing::ElementsAre;

class FreshnessOfUpdatedBaskets : public FreshnessTest {
 protected:
  FreshnessOfUpdatedBaskets() : FreshnessTest(test::shop_that_updates("items")) {}
  /// And back in version 3.
  void move_away_in_version_2() {
    rows_.basket = [](Ordinal ordinal, Version version) {
      return test::basket_of(ordinal, {1}, version == 2 ? "elsewhere" : "home");
    };
  }
};

TEST_F(FreshnessTest, AnUnpaidBasketIsNotDue) {
  commit(kBasket, 1, Operation::Insert, 100);
  EXPECT_TRUE(freshness().all_seen());
  EXPECT_EQ(series(kCompleted, "basket.insert").not_due, 1);
  EXPECT_EQ(series(kCompleted, "basket.insert").expected, 0);
  EXPECT_EQ(series(kLines, "basket.insert").not_due, 1) << "per change, not per row";
}

TEST_F(FreshnessTest, TheCommitThatCompletesTheInputsMakesTheRowsDue) {
  buy();
  EXPECT_THAT(pending(kCompleted), ElementsAre(invoice_of(1)));
  EXPECT_THAT(pending(kLines), ElementsAre(line_key(1, 1), line_key(1, 2)));
  EXPECT_EQ(series(kCompleted, "payment.insert").expected, 1);
  EXPECT_EQ(series(kLines, "payment.insert").expected, 2);
  EXPECT_EQ(series(kLines, "payment.insert").not_due, 0);
}

TEST_F(FreshnessTest, ASampleIsTheFirstLookWithMinusTheAcknowledgement) {
  buy();
  look(kCompleted, invoice_of(1), true, {1, 1}, 250, 260);
  const FreshnessSeries seen = series(kCompleted, "payment.insert");
  EXPECT_EQ(seen.delay.count(), 1);
  EXPECT_EQ(seen.delay.max(), 60 * kMilli);
  EXPECT_EQ(seen.end_to_end.max(), 62 * kMilli);  // intended 2 ms before
  EXPECT_EQ(seen.negative, 0);
  EXPECT_TRUE(pending(kCompleted).empty());
  EXPECT_FALSE(freshness().all_seen()) << "the lines are still to come";
}

TEST_F(FreshnessTest, ARowSeenBeforeItsAcknowledgementIsANegativeSample) {
  buy();
  look(kCompleted, invoice_of(1), true, {1, 1}, 190, 195);
  const FreshnessSeries seen = series(kCompleted, "payment.insert");
  EXPECT_EQ(seen.negative, 1);
  EXPECT_EQ(seen.delay.min(), -5 * kMilli);
  EXPECT_EQ(seen.resolution.min(), -4 * kMilli) << "seen even before the release, 199 ms: said, not hidden";
}

TEST_F(FreshnessTest, ResolutionReachesBackToTheLastLookWithoutOrTheCommit) {
  buy();
  look(kLines, line_key(1, 1), false, {}, 230, 235);
  look(kLines, line_key(1, 1), true, {1, 1}, 250, 260);
  EXPECT_EQ(series(kLines, "payment.insert").resolution.max(), 30 * kMilli);
  look(kLines, line_key(1, 2), true, {1, 1}, 250, 260);
  EXPECT_EQ(series(kLines, "payment.insert").resolution.max(), 60 * kMilli) << "never looked for before";
  EXPECT_EQ(series(kLines, "payment.insert").earliest.max(), 30 * kMilli) << "not there at 230, committed at 200";
  EXPECT_EQ(series(kLines, "payment.insert").earliest.min(), Nanos{});
}

TEST_F(FreshnessTest, ALookBeforeTheCommitDoesNotWidenTheResolution) {
  buy();
  look(kCompleted, invoice_of(1), false, {}, 210, 215);
  commit(kPayment, 2, Operation::Update, 300);
  look(kCompleted, invoice_of(1), true, {1, 2}, 320, 330);
  EXPECT_EQ(series(kCompleted, "payment.update").resolution.max(), 30 * kMilli);
  EXPECT_EQ(series(kCompleted, "payment.insert").resolution.max(), 120 * kMilli);
}

TEST_F(FreshnessTest, AnUpdateIsDueWhereItShowsAndUnchangedWhereItDoesNot) {
  buy();
  commit(kPayment, 2, Operation::Update, 300);
  EXPECT_EQ(series(kCompleted, "payment.update").expected, 1);
  EXPECT_EQ(series(kCompleted, "payment.update").unchanged, 0);
  EXPECT_EQ(series(kLines, "payment.update").expected, 0);
  EXPECT_EQ(series(kLines, "payment.update").unchanged, 1) << "per change, not per row";
  see(kLines, line_key(1, 1), {1, 1}, 400);
  see(kLines, line_key(1, 2), {1, 1}, 400);
  EXPECT_TRUE(pending(kLines).empty()) << "the unchanged update is not waited for";
}

TEST_F(FreshnessTest, AnUpdateToTheSameImageIsUnchanged) {
  rows_.payment = [](Ordinal ordinal, Version version) {
    return test::PaymentImage{invoice_of(ordinal), version >= 3 ? "late" : "early", "C" + std::to_string(version)};
  };
  buy();
  commit(kPayment, 2, Operation::Update, 300);  // another clerk, whom no view shows
  EXPECT_EQ(series(kCompleted, "payment.update").unchanged, 1);
  commit(kPayment, 3, Operation::Update, 400);
  EXPECT_EQ(series(kCompleted, "payment.update").expected, 1);
  see(kCompleted, invoice_of(1), {1, 1}, 500);
  EXPECT_EQ(freshness().sizes().rows, 3u) << "version 3 is still pending";
}

TEST_F(FreshnessTest, AnUpdateWithoutARowInTheViewIsNotDue) {
  commit(kPayment, 1, Operation::Insert, 100);
  commit(kPayment, 2, Operation::Update, 200);
  EXPECT_EQ(series(kCompleted, "payment.update").not_due, 1);
  EXPECT_EQ(series(kLines, "payment.update").not_due, 1);
}

TEST_F(FreshnessOfUpdatedBaskets, OnlyTheRowsWhoseImageChangesAreDue) {
  rows_.basket = [](Ordinal ordinal, Version version) {
    return test::basket_of(ordinal, version == 1 ? std::vector{5, 6, 7} : std::vector{5, 9});
  };
  buy();
  for (int line = 1; line <= 3; ++line) see(kLines, line_key(1, line), {1, 1}, 250);
  commit(kBasket, 2, Operation::Update, 300);
  EXPECT_THAT(pending(kLines), ElementsAre(line_key(1, 2), line_key(1, 3)));
  look(kLines, line_key(1, 3), false, {}, 310, 310);
  see(kLines, line_key(1, 2), {2, 1}, 320);
  EXPECT_EQ(series(kLines, "basket.update").expected, 2);
  EXPECT_EQ(series(kLines, "basket.update").delay.count(), 2);
  EXPECT_TRUE(pending(kLines).empty());
}

TEST_F(FreshnessOfUpdatedBaskets, AnUpdateBackToAnOldImageIsDueAgain) {
  move_away_in_version_2();
  buy();
  commit(kBasket, 2, Operation::Update, 300);
  commit(kBasket, 3, Operation::Update, 400);
  EXPECT_EQ(series(kLines, "basket.update").expected, 2);
  see(kLines, line_key(1, 1), {1, 1}, 500);
  EXPECT_THAT(pending(kLines), ElementsAre(line_key(1, 1))) << "an equal image of an older version is not it";
}

TEST_F(FreshnessOfUpdatedBaskets, ARejectedVersionIsNotWaitedFor) {
  move_away_in_version_2();
  buy();
  freshness().settled(std::vector{settle(kBasket, 1, 2, Operation::Update, 300, Outcome::Rejected)});
  commit(kBasket, 3, Operation::Update, 400);  // as version 1, and 2 never was
  EXPECT_EQ(series(kLines, "basket.update").expected, 0);
  EXPECT_EQ(series(kLines, "basket.update").unchanged, 1);
  commit(kPayment, 2, Operation::Update, 500);
  see(kCompleted, invoice_of(1), {1, 2}, 600);
  EXPECT_TRUE(pending(kCompleted).empty()) << "the basket's version that the sink shows is still 1";
}

TEST_F(FreshnessTest, ADeleteIsDueToBeGoneAndCreditedToItself) {
  buy();
  see(kCompleted, invoice_of(1), {1, 1}, 250);
  commit(kPayment, 4, Operation::Delete, 300);
  EXPECT_EQ(series(kCompleted, "payment.delete").expected, 1);
  EXPECT_EQ(series(kLines, "payment.delete").expected, 2);
  see(kCompleted, invoice_of(1), {1, 1}, 310);
  EXPECT_EQ(series(kCompleted, "payment.delete").delay.count(), 0);
  look(kCompleted, invoice_of(1), false, {}, 320, 321);
  EXPECT_EQ(series(kCompleted, "payment.delete").delay.max(), 21 * kMilli);
  look(kLines, line_key(1, 1), false, {}, 330, 330);
  EXPECT_EQ(series(kLines, "payment.insert").superseded, 0) << "never seen: it may not have come yet";
}

TEST_F(FreshnessTest, ADeleteOfARowThatWasNeverSeenIsABoundedSampleOnceALaterChangeIsSeen) {
  buy();
  commit(kPayment, 4, Operation::Delete, 300);
  look(kCompleted, invoice_of(1), false, {}, 320, 321);
  EXPECT_EQ(series(kCompleted, "payment.delete").delay.count(), 0);
  buy(2, 350);  // sent to the same tables after the delete was acknowledged
  see(kCompleted, invoice_of(2), {1, 1}, 500);
  look(kCompleted, invoice_of(1), false, {}, 501, 502);
  const FreshnessSeries deletes = series(kCompleted, "payment.delete");
  EXPECT_EQ(deletes.bounded, 1);
  EXPECT_EQ(deletes.delay.max(), 202 * kMilli) << "the upper end";
  EXPECT_EQ(deletes.earliest.max(), Nanos{}) << "the lower one";
  EXPECT_EQ(deletes.unproven, 0);
  EXPECT_EQ(series(kCompleted, "payment.insert").bounded, 1);
}

TEST_F(FreshnessTest, WithoutOrderBetweenTasksNothingIsProven) {
  freshness().may_overtake(kCompleted);
  buy();
  commit(kPayment, 4, Operation::Delete, 300);
  buy(2, 350);
  see(kCompleted, invoice_of(2), {1, 1}, 500);
  look(kCompleted, invoice_of(1), false, {}, 501, 502);
  const FreshnessSeries deletes = series(kCompleted, "payment.delete");
  EXPECT_EQ(deletes.unproven, 1);
  EXPECT_EQ(deletes.delay.count(), 0) << "it is in no percentile";
}

TEST_F(FreshnessTest, AVersionThatWasNeverScheduledDoesNotCount) {
  buy();
  see(kCompleted, invoice_of(1), {1, 4'000'000'000}, 250);
  EXPECT_EQ(series(kCompleted, "payment.insert").delay.count(), 0);
  see(kCompleted, invoice_of(1), {1, 1}, 260);
  EXPECT_EQ(series(kCompleted, "payment.insert").delay.count(), 1);
}

TEST_F(FreshnessTest, AReinsertIsDueAgainWithTheSameImage) {
  rows_.payment = [](Ordinal ordinal, Version) { return test::PaymentImage{invoice_of(ordinal), "same", "C"}; };
  buy();
  see(kCompleted, invoice_of(1), {1, 1}, 250);
  commit(kPayment, 4, Operation::Delete, 300);
  commit(kPayment, 5, Operation::Insert, 400);
  see(kCompleted, invoice_of(1), {1, 1}, 450);
  EXPECT_EQ(pending(kCompleted).size(), 1u);
  see(kCompleted, invoice_of(1), {1, 5}, 500);
  EXPECT_TRUE(pending(kCompleted).empty());
  EXPECT_EQ(series(kCompleted, "payment.delete").superseded, 1);
  EXPECT_EQ(series(kCompleted, "payment.insert").expected, 2);
}

TEST_F(FreshnessTest, AChangedKeyMovesTheRow) {
  rows_.payment = [](Ordinal ordinal, Version version) {
    return test::PaymentImage{version == 2 ? "I777" : invoice_of(ordinal), "s", "C"};
  };
  buy();
  see(kCompleted, invoice_of(1), {1, 1}, 250);
  commit(kPayment, 2, Operation::Update, 300);  // joins nothing any more
  EXPECT_EQ(series(kCompleted, "payment.update").expected, 1);
  look(kCompleted, invoice_of(1), false, {}, 350, 350);
  EXPECT_TRUE(pending(kCompleted).empty());
  commit(kPayment, 3, Operation::Update, 400);
  EXPECT_THAT(pending(kCompleted), ElementsAre(invoice_of(1)));
}

TEST_F(FreshnessTest, AVersionSeenLaterSupersedesTheEarlierOnes) {
  buy();
  commit(kPayment, 2, Operation::Update, 300);
  see(kCompleted, invoice_of(1), {1, 2}, 350);
  EXPECT_EQ(series(kCompleted, "payment.insert").superseded, 1);
  EXPECT_EQ(series(kCompleted, "payment.insert").delay.max(), 150 * kMilli);
  EXPECT_EQ(series(kCompleted, "payment.update").superseded, 0);
  EXPECT_EQ(series(kCompleted, "payment.update").delay.max(), 50 * kMilli);
  EXPECT_EQ(series(kCompleted, "all").expected, 2);
  EXPECT_EQ(series(kCompleted, "all").delay.count(), 2);
}

TEST_F(FreshnessTest, TheOrderInWhichSettlementsArriveDoesNotMatter) {
  commit(kPayment, 1, Operation::Insert, 200);
  commit(kBasket, 1, Operation::Insert, 100);  // reported after the payment that follows it
  EXPECT_EQ(series(kCompleted, "payment.insert").expected, 1);
  EXPECT_EQ(series(kCompleted, "payment.insert").not_due, 0);
  EXPECT_EQ(series(kCompleted, "basket.insert").expected, 0);
  EXPECT_EQ(series(kCompleted, "basket.insert").not_due, 1);
  see(kCompleted, invoice_of(1), {1, 1}, 260);
  EXPECT_EQ(series(kCompleted, "payment.insert").delay.max(), 60 * kMilli);
}

TEST_F(FreshnessTest, AVersionOvertakenByItsSuccessorsReportIsNotDue) {
  commit(kBasket, 1, Operation::Insert, 100);
  commit(kPayment, 2, Operation::Update, 300);
  commit(kPayment, 1, Operation::Insert, 200);
  EXPECT_EQ(series(kCompleted, "all").expected, 1);
  EXPECT_EQ(series(kCompleted, "payment.insert").not_due, 1);
}

TEST_F(FreshnessTest, OnlyCommittedChangesMakeAnythingDue) {
  commit(kBasket, 1, Operation::Insert, 100);
  for (const Outcome outcome : {Outcome::Rejected, Outcome::Unknown, Outcome::Withheld}) {
    freshness().settled(std::vector{settle(kPayment, 1, 1, Operation::Insert, 200, outcome)});
  }
  EXPECT_TRUE(freshness().all_seen());
  EXPECT_EQ(series(kCompleted, "payment.insert").not_due, 0);
}

TEST_F(FreshnessTest, ChangesOutsideMeasuredArePendingButGiveNoSamples) {
  for (const Phase phase : {Phase::WarmUp, Phase::Canary, Phase::Reference}) {
    Settled basket = settle(kBasket, 5 + static_cast<Ordinal>(phase), 1, Operation::Insert, 100);
    Settled payment = settle(kPayment, 5 + static_cast<Ordinal>(phase), 1, Operation::Insert, 200);
    basket.change.phase = payment.change.phase = phase;
    freshness().settled(std::vector{basket, payment});
  }
  EXPECT_EQ(pending(kCompleted).size(), 3u);
  for (const std::string& key : pending(kCompleted)) see(kCompleted, key, {1, 1}, 250);
  EXPECT_EQ(freshness().series(kCompleted).size(), 1u) << "only the empty `all`";
  EXPECT_EQ(series(kCompleted, "all").delay.count(), 0);
  EXPECT_EQ(freshness().now(kCompleted, Instant{300 * kMilli}).visible, 3);
  EXPECT_EQ(freshness().seen_at_or_above(kCompleted, 50 * kMilli), 3);
}

TEST_F(FreshnessTest, TheCanaryIsSeenWhenItsRowsAreInEveryView) {
  rows_.canary_ordinals = {kCanary};
  rows_.life = [](EntityId, Ordinal ordinal) {
    std::vector<LifeEvent> life = test::life_with({Operation::Insert, Operation::Update});
    if (ordinal == kCanary) life[0].phase = Phase::Canary;
    return life;
  };
  EXPECT_FALSE(freshness().canary_seen()) << "nothing has committed yet";
  buy(kCanary);
  EXPECT_FALSE(freshness().canary_seen());
  see(kCompleted, invoice_of(kCanary), {1, 1}, 250);
  see(kLines, line_key(kCanary, 1), {1, 1}, 250);
  EXPECT_FALSE(freshness().canary_seen()) << "a line is missing";
  see(kLines, line_key(kCanary, 2), {1, 1}, 260);
  EXPECT_TRUE(freshness().canary_seen());
}

TEST_F(FreshnessTest, NoCanaryIsAwaitedThatHasNoRow) {
  rows_.canary_ordinals = {kCanary};
  rows_.life = [](EntityId entity, Ordinal) {
    return entity == kPayment ? std::vector<LifeEvent>{} : test::life_with({Operation::Insert});
  };
  EXPECT_TRUE(freshness().canary_seen());
}

TEST_F(FreshnessTest, WhatIsUnseenAtTheEndIsCensoredAtItsAge) {
  buy();
  commit(kPayment, 2, Operation::Update, 300);
  see(kLines, line_key(1, 2), {1, 1}, 310);
  freshness().finish(Instant{1000 * kMilli});
  const FreshnessSeries all = series(kCompleted, "all");
  EXPECT_EQ(all.expected, 2);
  EXPECT_EQ(all.censored, 2);
  EXPECT_THAT(all.censored_ages, ElementsAre(700 * kMilli, 800 * kMilli));
  EXPECT_THAT(all.censored_ages_end_to_end, ElementsAre(702 * kMilli, 802 * kMilli));
  EXPECT_EQ(series(kCompleted, "payment.insert").censored, 1);
  EXPECT_EQ(series(kLines, "payment.insert").censored, 1);
  EXPECT_EQ(series(kLines, "payment.insert").delay.count(), 1);
}

TEST_F(FreshnessTest, StalenessIsTheAgeOfTheOldestDueAndUnseen) {
  freshness().probe(Instant{1500 * kMilli});
  commit(kBasket, 1, Operation::Insert, 1600);
  freshness().probe(Instant{1650 * kMilli});
  commit(kPayment, 1, Operation::Insert, 2000);
  commit(kBasket, 1, Operation::Insert, 1600, 2);
  commit(kPayment, 1, Operation::Insert, 2100, 2);
  freshness().probe(Instant{2300 * kMilli});
  see(kCompleted, invoice_of(1), {1, 1}, 2310);
  freshness().probe(Instant{2400 * kMilli});
  freshness().probe(Instant{2050 * kMilli});  // before the payment of 2 was due
  const Staleness staleness = freshness().staleness(kCompleted);
  ASSERT_EQ(staleness.probes, 5);
  EXPECT_EQ(staleness.ages.within(Nanos{}), 0) << "buckets are not cut";
  EXPECT_EQ(staleness.ages.within(kNanosPerMicro), 3);
  EXPECT_EQ(staleness.ages.max(), 300 * kMilli);
}

TEST_F(FreshnessTest, StalenessIsProbedInTheMeasuredPhaseOnly) {
  const std::int64_t warm_up_ms = 1000;
  const std::int64_t length_ms = 11'000;
  for (const std::int64_t at_ms : {std::int64_t{0}, warm_up_ms - 1, warm_up_ms, length_ms - 1, length_ms}) {
    freshness().probe(Instant{at_ms * kMilli});
  }
  EXPECT_EQ(freshness().staleness(kCompleted).probes, 2);
}

TEST_F(FreshnessTest, NowTellsTheStateAndTheP99SinceTheLastCall) {
  buy();
  EXPECT_EQ(freshness().now(kLines, Instant{250 * kMilli}).pending, 2);
  EXPECT_EQ(freshness().now(kLines, Instant{250 * kMilli}).oldest_pending, 50 * kMilli);
  see(kLines, line_key(1, 1), {1, 1}, 260);
  const Freshness::Now now = freshness().now(kLines, Instant{270 * kMilli});
  EXPECT_EQ(now.visible, 1);
  EXPECT_EQ(now.pending, 1);
  EXPECT_EQ(now.p99_since_last, 60 * kMilli);
  EXPECT_EQ(freshness().now(kLines, Instant{280 * kMilli}).p99_since_last, Nanos{});
}

TEST_F(FreshnessTest, CountsDelaysOnBothSidesOfADrillsDelay) {
  buy(1);
  buy(2);
  buy(3);
  see(kCompleted, invoice_of(1), {1, 1}, 230);
  see(kCompleted, invoice_of(2), {1, 1}, 250);
  see(kCompleted, invoice_of(3), {1, 1}, 2300);
  EXPECT_EQ(freshness().seen_at_or_above(kCompleted, 2000 * kMilli), 1);
  EXPECT_EQ(freshness().seen_at_or_above(kCompleted, 2100 * kMilli), 1);
  EXPECT_EQ(freshness().seen_at_or_above(kCompleted, 2200 * kMilli), 0);
  EXPECT_NEAR(static_cast<double>(freshness().max_below(kCompleted, 2000 * kMilli).count()), 50e6, 50e3);
  EXPECT_EQ(freshness().max_below(kCompleted, 10 * kMilli), Nanos{});
}

TEST_F(FreshnessTest, AViewThatIsNotObservedIsNotTracked) {
  scenario_.observe.pop_back();
  buy();
  see(kCompleted, invoice_of(1), {1, 1}, 250);
  EXPECT_TRUE(freshness().all_seen());
  EXPECT_TRUE(freshness().series(kLines).empty());
}

TEST_F(FreshnessTest, ForgetsARootWhenItsScheduledLifeIsOver) {
  rows_.life = [](EntityId entity, Ordinal ordinal) {
    if (entity == kPayment && ordinal == 2) return std::vector<LifeEvent>{};
    return test::life_with(entity == kBasket ? std::vector{Operation::Insert}
                                             : std::vector{Operation::Insert, Operation::Update});
  };
  commit(kBasket, 1, Operation::Insert, 100, 2);
  EXPECT_EQ(freshness().sizes().roots, 0u) << "never to be paid: counted, and forgotten at once";
  EXPECT_EQ(series(kCompleted, "basket.insert").not_due, 1);
  buy(1);
  EXPECT_EQ(freshness().sizes().roots, 1u);
  freshness().settled(std::vector{settle(kPayment, 1, 2, Operation::Update, 300, Outcome::Rejected)});
  EXPECT_EQ(freshness().sizes().roots, 0u) << "whatever the outcome";
  EXPECT_EQ(freshness().sizes().rows, 3u) << "its rows are still waited for";
}

TEST(FreshnessMemory, DoesNotGrowWithTheNumberOfRows) {
  const Scenario scenario = test::shop();
  test::FakeRows rows(scenario);
  rows.life = [](EntityId entity, Ordinal ordinal) {
    const bool unpaid = entity == kPayment && ordinal % 4 != 0;
    return unpaid ? std::vector<LifeEvent>{} : std::vector<LifeEvent>{{1, Operation::Insert, Phase::Measured, {}}};
  };
  Freshness freshness(scenario, rows);
  const Ordinal kRoots = 2'000'000;
  const Ordinal kInFlight = 100;
  std::size_t most_roots = 0;
  std::size_t most_rows = 0;
  for (Ordinal ordinal = 0; ordinal < kRoots; ++ordinal) {
    freshness.settled(std::vector{settle(kBasket, ordinal, 1, Operation::Insert, 100)});
    if (ordinal < kInFlight || ordinal % 4 != 0) continue;
    const Ordinal paid = ordinal - kInFlight;
    freshness.settled(std::vector{settle(kPayment, paid, 1, Operation::Insert, 200)});
    most_roots = std::max(most_roots, freshness.sizes().roots);
    most_rows = std::max(most_rows, freshness.sizes().rows);
    const Sighting seen{0, true, {1, 1}};
    freshness.sighted(kCompleted, std::vector{invoice_of(paid)}, std::vector{seen}, Instant{300 * kMilli},
                      Instant{300 * kMilli});
    for (const int line : {1, 2}) {
      freshness.sighted(kLines, std::vector{line_key(paid, line)}, std::vector{seen}, Instant{300 * kMilli},
                        Instant{300 * kMilli});
    }
  }
  EXPECT_LE(most_roots, kInFlight / 4 + 1);
  EXPECT_EQ(most_rows, 3u);
  EXPECT_EQ(freshness.series(kCompleted).at("all").expected, static_cast<std::int64_t>((kRoots - kInFlight) / 4));
}

}  // namespace
}  // namespace freshet
