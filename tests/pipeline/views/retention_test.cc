// Retention: what has not changed for so long by the sources' clock leaves the state, and the sink keeps what it shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/sales_scenario.h"
#include "pipeline/state/memory/memory_state.h"
#include "pipeline/views/view_graph.h"
#include "pipeline/window_shop.h"

namespace freshet {
namespace {

using shop::Basket;
using shop::kBasket;
using shop::kPayment;
using shop::Payment;

constexpr Micros kSecond = kMicrosPerSecond;
constexpr Micros kRetention = 16 * kSecond;

/// Counts what comes of the views.
struct Counts {
  int put = 0;
  int gone = 0;
  void take(const ViewDelta& delta) { ++(delta.deleted ? gone : put); }
};

class Retention : public testing::Test {
 protected:
  Retention() {
    scenario_.entities[index_of(kBasket)].retention = kRetention;
    scenario_.entities[index_of(kPayment)].retention = 2 * kRetention;
  }
  void put(const Basket& basket, WallTime at) { graph().upsert(kBasket, shop::row_of(scenario_, basket), at); }
  void put(const Payment& payment, WallTime at) { graph().upsert(kPayment, shop::row_of(scenario_, payment), at); }
  ViewGraph& graph() {
    if (!graph_) {
      const std::vector<ViewId> views{ViewId{0}};
      graph_ = std::make_unique<ViewGraph>(scenario_, views, state_,
                                           [this](const ViewDelta& delta) { counts_.take(delta); });
    }
    return *graph_;
  }

  Scenario scenario_ = shop::scenario();
  MemoryState state_;
  std::unique_ptr<ViewGraph> graph_;
  Counts counts_;
  const Basket basket_{"b1", "s1", 500, {{"tea", 1, 200}}, 1};
  const Payment payment_{"b1", "b1", 500, "open", 1};
};

TEST_F(Retention, YoungerRowsAreKept) {
  put(basket_, WallTime{});
  graph().forget_old(WallTime{kRetention});
  put(payment_, WallTime{kRetention});
  EXPECT_EQ(counts_.put, 1);
  EXPECT_EQ(graph().forgotten().rows, 0);
}

TEST_F(Retention, OlderRowsAreDroppedWithoutTellingTheViews) {
  put(basket_, WallTime{});
  put(payment_, WallTime{kSecond});
  graph().forget_old(WallTime{kRetention + Micros{1}});
  EXPECT_EQ(graph().forgotten().rows, 1);
  EXPECT_EQ(counts_.put, 1);
  EXPECT_EQ(counts_.gone, 0);
  // What comes for it then finds nothing: this is how a retention that is too short errs.
  graph().erase(kBasket, "b1", WallTime{kRetention + kSecond});
  EXPECT_EQ(counts_.gone, 0) << "the sink keeps a row that it must not";
  put(Basket{"b2", "s1", 500, {}, 1}, WallTime{2 * kSecond});
  graph().forget_old(WallTime{2 * kRetention + 2 * kSecond});
  EXPECT_EQ(graph().forgotten().rows, 3);
  put(Payment{"b2", "b2", 500, "open", 1}, WallTime{3 * kRetention});
  EXPECT_EQ(counts_.put, 1) << "and lacks one that it must have";
}

TEST_F(Retention, EachChangeMakesARowYoungAgain) {
  put(basket_, WallTime{});
  Basket changed = basket_;
  changed.version = 2;
  put(changed, WallTime{kRetention});
  graph().forget_old(WallTime{kRetention + kSecond});
  put(payment_, WallTime{kRetention + kSecond});
  EXPECT_EQ(counts_.put, 1);
}

TEST_F(Retention, IsLookedAtSixteenTimesInItsTime) {
  put(basket_, WallTime{});
  graph().forget_old(WallTime{kRetention});  // nothing yet; the next look is a sixteenth later
  graph().forget_old(WallTime{kRetention + kSecond / 2});
  EXPECT_EQ(graph().forgotten().rows, 0);
  graph().forget_old(WallTime{kRetention + kSecond});
  EXPECT_EQ(graph().forgotten().rows, 1);
}

/// Rows of a view that another one joins are held as long as the longest of the rows that they are made of.
TEST_F(Retention, HoldsRowsOfJoinedViewsAsLongAsTheLongestBelow) {
  graph_ = std::make_unique<ViewGraph>(scenario_, std::vector<ViewId>{ViewId{2}}, state_,
                                       [this](const ViewDelta& delta) { counts_.take(delta); });
  put(basket_, WallTime{});
  put(payment_, WallTime{});
  graph().forget_old(WallTime{kRetention + kSecond});
  EXPECT_EQ(graph().forgotten().rows, 1) << "the basket";
  graph().forget_old(WallTime{2 * kRetention + 2 * kSecond});
  EXPECT_EQ(graph().forgotten().rows, 3) << "payment and sale";
}

TEST_F(Retention, HoldsRowsOfJoinedViewsForEverWhereOneBelowIsHeldForEver) {
  scenario_.entities[index_of(kPayment)].retention.reset();
  graph_ = std::make_unique<ViewGraph>(scenario_, std::vector<ViewId>{ViewId{2}}, state_,
                                       [this](const ViewDelta& delta) { counts_.take(delta); });
  put(basket_, WallTime{});
  put(payment_, WallTime{});
  graph().forget_old(WallTime{100 * kRetention});
  EXPECT_EQ(graph().forgotten().rows, 1) << "the basket alone";
}

class GroupRetention : public testing::Test {
 protected:
  GroupRetention() { scenario_.views[index_of(windows::kWhole)].retention = kRetention; }
  void change(const char* id, int at_ms, int cents, WallTime at) {
    const Entity& entity = scenario_.entity(windows::kSale);
    Row row;
    row.reset(entity.record.width());
    row.cells[0] = row.add_text(id);
    row.cells[1] = row.add_text("a");
    row.cells[2] = integer_cell(at_ms);
    row.cells[3] = decimal_cell(cents);
    row.cells[4] = double_cell(1.5);
    row[*entity.version_column] = integer_cell(++version_);
    graph_->upsert(windows::kSale, row, at);
    graph_->flush();
  }
  void start() {
    graph_ = std::make_unique<ViewGraph>(scenario_, std::vector<ViewId>{windows::kWhole}, state_,
                                         [this](const ViewDelta& delta) { counts_.take(delta); });
  }

  Scenario scenario_ = windows::shop();
  MemoryState state_;
  std::unique_ptr<ViewGraph> graph_;
  Counts counts_;
  Version version_ = 0;
};

TEST_F(GroupRetention, AGroupThatDoesNotChangeIsDroppedAndBeginsAgain) {
  start();
  change("s1", 1, 100, WallTime{});
  change("s2", 2, 100, WallTime{kSecond});
  graph_->forget_old(WallTime{kRetention});
  EXPECT_EQ(graph_->forgotten().groups, 0) << "its last change was a second later than its first";
  graph_->forget_old(WallTime{kRetention + 3 * kSecond});
  EXPECT_EQ(graph_->forgotten().groups, 1);
  EXPECT_EQ(counts_.put, 2);
  EXPECT_EQ(counts_.gone, 0);

  // Taking back from what is not held changes nothing; what comes to it is all there is.
  graph_->erase(windows::kSale, "s1", WallTime{kRetention + 4 * kSecond});
  graph_->flush();
  EXPECT_EQ(counts_.put + counts_.gone, 2);
  change("s3", 3, 100, WallTime{kRetention + 4 * kSecond});
  EXPECT_EQ(counts_.put, 3);
  // One row more leaves than came since: a group without rows is gone, whatever the count.
  graph_->erase(windows::kSale, "s2", WallTime{kRetention + 4 * kSecond});
  graph_->erase(windows::kSale, "s3", WallTime{kRetention + 4 * kSecond});
  graph_->flush();
  EXPECT_EQ(counts_.gone, 1);
}

TEST_F(GroupRetention, WithoutOneNothingIsForgotten) {
  scenario_ = windows::shop();
  start();
  change("s1", 1, 100, WallTime{});
  graph_->forget_old(WallTime{1'000 * kRetention});
  EXPECT_EQ(graph_->forgotten().groups + graph_->forgotten().rows, 0);
}

}  // namespace
}  // namespace freshet
