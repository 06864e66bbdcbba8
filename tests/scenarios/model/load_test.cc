#include "scenarios/model/load.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

Load load_of(decltype(Load::changes) changes) {
  Load load;
  load.changes = std::move(changes);
  return load;
}

TEST(ALoad, OfChangesPicksRowsAndOneOfArrivalsDoesNot) {
  const Pick zipf{picks::Zipf{0.75}};
  for (const Load& load :
       {load_of(loads::Updates{zipf, {}}), load_of(loads::Deletes{zipf, {}}), load_of(loads::Upserts{zipf, {}})}) {
    ASSERT_NE(load.pick(), nullptr);
    EXPECT_TRUE(load.pick()->is<picks::Zipf>());
    EXPECT_EQ(load.backfill(), Micros{});
    EXPECT_EQ(load.expected_backfill(), 0);
  }
  EXPECT_EQ(load_of(loads::Arrivals{}).pick(), nullptr);
}

TEST(ALoad, OfUpdatesOrPutsSetsFields) {
  const std::vector<Field> set{Field{"price", nullptr, {}}};
  EXPECT_EQ(load_of(loads::Updates{{}, set}).set().size(), 1u);
  EXPECT_EQ(load_of(loads::Upserts{{}, set}).set().size(), 1u);
  EXPECT_TRUE(load_of(loads::Deletes{}).set().empty());
  EXPECT_TRUE(load_of(loads::Arrivals{}).set().empty());
}

TEST(ALoad, OfArrivalsExpectsItsBackfill) {
  const Load load = load_of(loads::Arrivals{200, 3 * kMicrosPerSecond});
  EXPECT_EQ(load.backfill(), 3 * kMicrosPerSecond);
  EXPECT_DOUBLE_EQ(load.expected_backfill(), 600);
}

}  // namespace
}  // namespace freshet
