// Whose markers speak for a view (SEMANTICS.md 30): its own, or those of the view that the scenario names.
#include <gmock/gmock.h>

#include "metrics/freshness/freshness_fixture.h"

namespace freshet {
namespace {

using test::invoice_of;
using test::kBasket;
using test::kCanary;
using test::kCompleted;
using test::kLines;
using test::kPayment;

class Speaker : public test::FreshnessTest {
 protected:
  Speaker() {
    rows_.canary_ordinals = {kCanary};
    rows_.life = [](EntityId, Ordinal ordinal) {
      std::vector<LifeEvent> life = test::life_with({Operation::Insert});
      if (ordinal == kCanary) life[0].phase = Phase::Canary;
      return life;
    };
  }
  /// A basket of the load, and a marker after it that is seen in `completed` alone.
  void load_and_mark() {
    buy(1, 100);
    for (const auto& [entity, at_ms] : {std::pair(kBasket, 300), std::pair(kPayment, 310)}) {
      Settled marker = test::settle(entity, kCanary, 1, Operation::Insert, at_ms);
      marker.change.phase = Phase::Canary;
      freshness().settled(std::vector{marker});
    }
    EXPECT_FALSE(freshness().proven(kLines, std::nullopt));
    EXPECT_FALSE(freshness().proven(kCompleted, std::nullopt)) << "no marker was seen yet";
    see(kCompleted, invoice_of(kCanary), {1, 1}, 400);
    EXPECT_TRUE(freshness().proven(kCompleted, std::nullopt));
  }
};

TEST_F(Speaker, IsTheViewItselfWhereTheScenarioNamesNone) {
  load_and_mark();
  EXPECT_FALSE(freshness().proven(kLines, std::nullopt)) << "its own marker was not seen";
  const EvidenceRecord evidence = freshness().evidence(kLines);
  EXPECT_EQ(evidence.view, "");
  EXPECT_TRUE(evidence.markers);
  EXPECT_EQ(evidence.open, 1U);
}

TEST_F(Speaker, IsTheViewThatTheScenarioNames) {
  scenario_.observe[1].evidence = kCompleted;
  load_and_mark();
  EXPECT_TRUE(freshness().proven(kLines, std::nullopt));
  const EvidenceRecord evidence = freshness().evidence(kLines);
  EXPECT_EQ(evidence.view, "completed");
  EXPECT_EQ(evidence.open, 0U);
}

/// The report says of a view in which no marker can be a row that there is none, and nothing is proven in it.
TEST_F(Speaker, IsMissingWhereNoMarkerHasARow) {
  rows_.canary_ordinals = {};
  buy(1, 100);
  see(kCompleted, invoice_of(1), {1, 1}, 400);
  EXPECT_FALSE(freshness().proven(kCompleted, std::nullopt));
  EXPECT_FALSE(freshness().evidence(kCompleted).markers);
}

}  // namespace
}  // namespace freshet
