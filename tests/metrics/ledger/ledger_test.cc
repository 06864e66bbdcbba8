// Ledger: counts, exceptions, and the two latencies of the send side.
#include "metrics/ledger/ledger.h"

#include <gtest/gtest.h>

#include "metrics/fake_shop.h"

namespace freshet {
namespace {

using test::kBasket;
using test::kPayment;
using test::settle;

TEST(Ledger, CountsByEntityOperationAndOutcome) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  ledger.settled(std::vector{settle(kBasket, 1, 1, Operation::Insert, 10), settle(kBasket, 2, 1, Operation::Insert, 10),
                             settle(kBasket, 3, 1, Operation::Insert, 10, Outcome::Rejected),
                             settle(kPayment, 3, 1, Operation::Insert, 10, Outcome::Withheld),
                             settle(kPayment, 1, 2, Operation::Update, 10, Outcome::Unknown)});
  EXPECT_EQ(ledger.counts(kBasket, Operation::Insert), (Ledger::Counts{2, 1, 0, 0}));
  EXPECT_EQ(ledger.counts(kPayment, Operation::Insert), (Ledger::Counts{0, 0, 0, 1}));
  EXPECT_EQ(ledger.counts(kPayment, Operation::Update), (Ledger::Counts{0, 0, 1, 0}));
  EXPECT_EQ(ledger.total(Outcome::Committed), 2);
  EXPECT_EQ(ledger.total(Outcome::Unknown), 1);
  EXPECT_EQ(ledger.settled_total(), 5);
}

TEST(Ledger, KnowsEveryExceptionAndTakesAllElseForCommitted) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  ledger.settled(std::vector{settle(kPayment, 7, 2, Operation::Update, 10, Outcome::Rejected),
                             settle(kPayment, 7, 3, Operation::Update, 10)});
  EXPECT_EQ(ledger.outcome(kPayment, 7, 1), Outcome::Committed);
  EXPECT_EQ(ledger.outcome(kPayment, 7, 2), Outcome::Rejected);
  EXPECT_EQ(ledger.outcome(kPayment, 7, 3), Outcome::Committed);
  EXPECT_EQ(ledger.outcome(kBasket, 7, 2), Outcome::Committed);
}

TEST(Ledger, KeepsTheFirstExceptionsWhole) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  for (Ordinal i = 0; i < 50; ++i) {
    Settled rejected = settle(kBasket, i, 1, Operation::Insert, 10, Outcome::Rejected);
    rejected.code = 1062;
    ledger.settled(std::vector{rejected});
  }
  ASSERT_EQ(ledger.examples().size(), Ledger::kExamples);
  EXPECT_EQ(ledger.examples()[4].change.ordinal, 4u);
  EXPECT_EQ(ledger.examples()[4].code, 1062u);
  EXPECT_EQ(ledger.outcome(kBasket, 49, 1), Outcome::Rejected);
}

TEST(Ledger, TimesOnlyCommittedChangesOfTheMeasuredPhase) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  ledger.set_zero(Instant{1000 * kNanosPerMilli});
  Settled measured = settle(kBasket, 1, 1, Operation::Insert, 1030);
  measured.change.intended = Micros{20'000};  // 20 ms after zero; released at 29 ms, acknowledged at 30 ms
  Settled warm_up = settle(kBasket, 2, 1, Operation::Insert, 5000);
  warm_up.change.phase = Phase::WarmUp;
  ledger.settled(std::vector{measured, warm_up, settle(kBasket, 3, 1, Operation::Insert, 9000, Outcome::Rejected)});
  ASSERT_EQ(ledger.wait().count(), 1);
  EXPECT_EQ(ledger.wait().max(), 9 * kNanosPerMilli);
  EXPECT_EQ(ledger.service().max(), 1 * kNanosPerMilli);
}

TEST(Ledger, DoesNotCountDeliberateDelaysAsWait) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  Settled held = settle(kBasket, 1, 1, Operation::Insert, 9000);
  held.code = kHeldOnPurpose;
  ledger.settled(std::vector{held, settle(kBasket, 2, 1, Operation::Insert, 30)});
  EXPECT_EQ(ledger.wait().count(), 1);
  EXPECT_LT(ledger.wait().max(), 100 * kNanosPerMilli);
  EXPECT_EQ(ledger.service().count(), 2);
  EXPECT_EQ(ledger.total(Outcome::Committed), 2);
}

TEST(Ledger, KeepsAReleaseBeforeTheIntendedInstantAsANegativeWait) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  Settled early = settle(kBasket, 1, 1, Operation::Insert, 10);
  early.change.intended = Micros{50'000};
  ledger.settled(std::vector{early});
  EXPECT_EQ(ledger.wait().min(), -41 * kNanosPerMilli);
  EXPECT_EQ(ledger.wait().negative(), 1);
}

TEST(LedgerDeathTest, RefusesTwoOutcomesForOneException) {
  const Scenario scenario = test::shop();
  Ledger ledger(scenario);
  const std::vector once{settle(kBasket, 1, 1, Operation::Insert, 10, Outcome::Unknown)};
  ledger.settled(once);
  EXPECT_DEATH(ledger.settled(once), "one outcome");
}

}  // namespace
}  // namespace freshet
