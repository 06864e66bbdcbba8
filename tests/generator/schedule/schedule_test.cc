// A schedule is a function of scenario and seed: ordered, complete, and the same for any number of lanes.
#include "generator/schedule/schedule.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <tuple>

#include "generator/draw/random.h"
#include "generator/fit.h"
#include "generator/schedule/pending.h"
#include "generator/small_shop.h"

namespace freshet {
namespace {

using shop::Shop;

auto order_of(const Change& change) {
  return std::tuple(change.intended, change.entity, change.ordinal, change.version);
}
auto all_of(const Change& change) { return std::tuple(order_of(change), change.operation, change.phase, change.root); }

std::vector<Change> lane(const Shop& shop, int index, int lanes) {
  const auto schedule = make_schedule(shop.scenario_of(), shop.rows(), shop.identity(), index, lanes);
  std::vector<Change> changes;
  Change change;
  while (schedule->next(change)) changes.push_back(change);
  EXPECT_FALSE(schedule->next(change)) << "the end is the end";
  EXPECT_EQ(schedule->waiting(), 0u);
  return changes;
}

using Instance = std::pair<EntityId, Ordinal>;
std::map<Instance, std::vector<Change>> by_instance(const std::vector<Change>& changes) {
  std::map<Instance, std::vector<Change>> instances;
  for (const Change& change : changes) instances[{change.entity, change.ordinal}].push_back(change);
  return instances;
}

TEST(ASchedule, IsStrictlyOrderedAndWithinItsLength) {
  const Shop shop;
  const std::vector<Change> changes = lane(shop, 0, 1);
  ASSERT_GT(changes.size(), 5'000u);
  for (std::size_t i = 1; i < changes.size(); ++i) ASSERT_LT(order_of(changes[i - 1]), order_of(changes[i]));
  EXPECT_GE(changes.front().intended, Micros{});
  EXPECT_LT(changes.back().intended, shop.scenario_of().length());
  for (const Change& change : changes) {
    ASSERT_EQ(change.phase, change.intended < shop.scenario_of().warm_up ? Phase::WarmUp : Phase::Measured);
  }
}

TEST(ASchedule, IsTheSameForAnyNumberOfLanes) {
  const Shop shop;
  const std::vector<Change> whole = lane(shop, 0, 1);
  for (const int lanes : {2, 3, 8}) {
    std::vector<Change> merged;
    for (int i = 0; i < lanes; ++i) {
      const std::vector<Change> part = lane(shop, i, lanes);
      EXPECT_GT(part.size(), whole.size() / static_cast<std::size_t>(lanes) / 3) << "lanes share the work";
      for (std::size_t k = 1; k < part.size(); ++k) ASSERT_LT(order_of(part[k - 1]), order_of(part[k]));
      for (const Change& change : part) {
        const EntityId root = shop.scenario_of().root_of(change.entity);
        ASSERT_EQ(lane_of(change.root, root, lanes), i) << "what belongs together stays in one lane";
      }
      merged.insert(merged.end(), part.begin(), part.end());
    }
    std::sort(merged.begin(), merged.end(), [](const Change& a, const Change& b) { return order_of(a) < order_of(b); });
    ASSERT_EQ(merged.size(), whole.size());
    for (std::size_t k = 0; k < whole.size(); ++k) ASSERT_EQ(all_of(merged[k]), all_of(whole[k]));
  }
}

TEST(ASchedule, HoldsExactlyTheLivesThatTheModelTells) {
  const Shop shop;
  const auto instances = by_instance(lane(shop, 0, 1));
  std::size_t told = 0;
  for (std::size_t i = 0; i < shop.scenario_of().entities.size(); ++i) {
    const auto entity = static_cast<EntityId>(i);
    for (Ordinal ordinal = 0; ordinal < shop.rows().count(entity); ++ordinal) {
      std::vector<LifeEvent> life;
      shop.rows().life_of(entity, ordinal, life);
      if (!life.empty() && life[0].phase == Phase::Reference) life.erase(life.begin());
      const auto found = instances.find({entity, ordinal});
      ASSERT_EQ(found == instances.end(), life.empty());
      if (life.empty()) continue;
      ++told;
      ASSERT_EQ(found->second.size(), life.size());
      for (std::size_t k = 0; k < life.size(); ++k) {
        const Change& change = found->second[k];
        ASSERT_EQ(std::tuple(change.version, change.operation, change.phase, change.intended),
                  std::tuple(life[k].version, life[k].operation, life[k].phase, life[k].intended));
      }
    }
  }
  EXPECT_EQ(told, instances.size()) << "and nothing besides";
}

TEST(ALife, BeginsWithAnInsertCountsUpAndEndsWithItsDelete) {
  const Shop shop;
  for (const auto& [instance, changes] : by_instance(lane(shop, 0, 1))) {
    const bool reference = shop.scenario_of().entity(instance.first).rows.has_value();
    ASSERT_EQ(changes[0].operation, reference ? Operation::Update : Operation::Insert);
    ASSERT_EQ(changes[0].version, reference ? 2u : 1u);
    for (std::size_t i = 1; i < changes.size(); ++i) {
      ASSERT_EQ(changes[i].version, changes[i - 1].version + 1);
      ASSERT_GE(changes[i].intended, changes[i - 1].intended);
      ASSERT_NE(changes[i].operation, Operation::Insert);
      ASSERT_NE(changes[i - 1].operation, Operation::Delete) << "nothing follows a delete";
    }
  }
}

/// Long enough that nearly all lives are whole; dwells are divided by the time scale of 4.
Shop whole_lives() {
  return Shop(shop::scenario(R"({"ramp": "600/s", "for": "2s"})", R"({"rate": "1/s", "for": "60s"})"));
}

TEST(ALife, KeepsItsLeastDwellAndItsBranches) {
  const Shop shop = whole_lives();
  std::uint64_t paid = 0, voided = 0;
  std::vector<double> dwells;
  for (Ordinal ordinal = 0; ordinal < 1'200; ++ordinal) {
    const std::vector<LifeEvent> life = shop.life("order", ordinal);
    ASSERT_EQ(life.size(), 3u);
    const Micros dwell = life[1].intended - life[0].intended;
    EXPECT_GE(dwell, Micros{200'000});
    dwells.push_back(static_cast<double>(dwell.count()));
    const std::string state = shop.text("order", ordinal, 2, "state");
    EXPECT_EQ(life[2].operation, state == "void" ? Operation::Delete : Operation::Update);
    EXPECT_EQ(life[2].intended - life[1].intended, Micros{state == "void" ? 500'000 : 1'000'000});
    ++(state == "void" ? voided : paid);
  }
  EXPECT_LT(fit::distance(dwells, [](double x) { return 1 - std::exp(-(x - 200'000) / 500'000); }),
            fit::kDistanceLimit);
  EXPECT_LT(fit::chi_square_excess({paid, voided}, {1'080, 120}), fit::kChiSquareLimit);
  EXPECT_GT(fit::chi_square_excess({paid, voided}, {1'020, 180}), fit::kChiSquareLimit) << "15 % would be caught";
}

TEST(Children, ComeForTheirShareAfterTheirDelay) {
  const Shop shop = whole_lives();
  std::uint64_t payments = 0, receipts = 0;
  std::vector<double> delays;
  for (Ordinal ordinal = 0; ordinal < 1'200; ++ordinal) {
    const Micros base = shop.life("order", ordinal)[0].intended;
    const std::vector<LifeEvent> payment = shop.life("payment", ordinal);
    const std::vector<LifeEvent> receipt = shop.life("receipt", ordinal);
    ASSERT_TRUE(!payment.empty() || receipt.empty()) << "no receipt without a payment";
    if (payment.empty()) continue;
    ++payments;
    delays.push_back(static_cast<double>((payment[0].intended - base).count()));
    if (receipt.empty()) continue;
    ++receipts;
    EXPECT_EQ(receipt[0].intended - payment[0].intended, Micros{250'000});
  }
  EXPECT_LT(fit::chi_square_excess({payments, 1'200 - payments}, {840, 360}), fit::kChiSquareLimit);
  EXPECT_LT(fit::chi_square_excess({receipts, payments - receipts},
                                   {static_cast<double>(payments) / 2, static_cast<double>(payments) / 2}),
            fit::kChiSquareLimit);
  EXPECT_LT(fit::distance(delays, [](double x) { return std::clamp((x - 500'000) / 1'000'000, 0.0, 1.0); }),
            fit::kDistanceLimit);
}

TEST(BackgroundUpdates, HitPopularRowsDuringTheirLoad) {
  const Shop shop;
  std::map<Ordinal, std::uint64_t> hits;
  std::uint64_t updates = 0;
  for (const Change& change : lane(shop, 0, 1)) {
    if (change.entity != shop.id("product")) continue;
    ASSERT_EQ(change.operation, Operation::Update);
    ASSERT_EQ(change.root, change.ordinal);
    ++hits[change.ordinal];
    ++updates;
  }
  EXPECT_NEAR(static_cast<double>(updates), 280, 4.5 * std::sqrt(280.0)) << "40/s for 7 s";
  const auto most = std::max_element(hits.begin(), hits.end(), [](auto& a, auto& b) { return a.second < b.second; });
  EXPECT_GT(most->second, updates / 8) << "Zipf 0.99 of 50: the first has 22 %";
}

TEST(ReferenceRows, ComeBeforeTheScheduleParentsFirst) {
  const Shop shop;
  std::vector<Change> changes;
  reference_changes(shop.scenario_of(), shop.rows(), changes);
  ASSERT_EQ(changes.size(), 12u + 40u + 50u);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].phase, Phase::Reference);
    EXPECT_EQ(changes[i].operation, Operation::Insert);
    EXPECT_EQ(changes[i].version, 1u);
    EXPECT_LT(changes[i].intended, Micros{});
    EXPECT_TRUE(i == 0 || changes[i - 1].entity <= changes[i].entity);
    std::vector<LifeEvent> life;
    shop.rows().life_of(changes[i].entity, changes[i].ordinal, life);
    EXPECT_EQ(life.at(0).intended, changes[i].intended);
    EXPECT_EQ(life.at(0).phase, Phase::Reference);
  }
}

TEST(TheCanary, IsWrittenWhereverThereIsATargetAndLivesNoFurther) {
  const Shop shop;
  std::vector<Change> changes;
  canary_changes(shop.scenario_of(), shop.rows(), changes);
  ASSERT_EQ(changes.size(), 2u) << "order and payment; the receipt is not written, products are reference rows";
  EXPECT_EQ(changes[0].entity, shop.id("order"));
  EXPECT_EQ(changes[1].entity, shop.id("payment"));
  for (const Change& change : changes) {
    EXPECT_EQ(change.phase, Phase::Canary);
    EXPECT_LT(change.intended, Micros{});
    EXPECT_EQ(change.root, changes[0].ordinal);
    std::vector<LifeEvent> life;
    shop.rows().life_of(change.entity, change.ordinal, life);
    ASSERT_EQ(life.size(), 1u);
    EXPECT_EQ(life[0].phase, Phase::Canary);
    EXPECT_EQ(life[0].intended, change.intended);
  }
  for (const Change& change : lane(shop, 0, 1)) EXPECT_NE(change.ordinal, changes[0].ordinal);
}

TEST(AnInstance, ThatNeverLivesHasNoLife) {
  const Shop shop;
  EXPECT_TRUE(shop.life("order", shop.count("order")).empty());
  EXPECT_TRUE(shop.life("order", Ordinal{1} << 41).empty()) << "behind the markers";
  EXPECT_TRUE(shop.life("store", 12).empty());
}

TEST(APlan, CountsWhatTheScheduleYields) {
  const Shop shop;
  const PlannedLoad plan = plan_load(shop.scenario_of(), shop.rows(), shop.identity());
  std::map<EntityId, std::array<std::int64_t, kOperations>> counted;
  const std::vector<Change> changes = lane(shop, 0, 1);
  for (const Change& change : changes) ++counted[change.entity][static_cast<std::size_t>(change.operation)];
  EXPECT_EQ(plan.changes, counted);
  EXPECT_EQ(plan.total, static_cast<std::int64_t>(changes.size()));
  EXPECT_NEAR(plan.offered_per_s, static_cast<double>(changes.size()) / 7, 1e-9);
  EXPECT_GT(plan.waiting_max, 200u);
}

TEST(APlan, WaitsForTheLivingOnlyHoweverLongTheRun) {
  const Shop shorter(shop::scenario(R"({"ramp": "600/s", "for": "2s"})", R"({"rate": "300/s", "for": "20s"})"));
  const Shop longer(shop::scenario(R"({"ramp": "600/s", "for": "2s"})", R"({"rate": "300/s", "for": "80s"})"));
  const PlannedLoad few = plan_load(shorter.scenario_of(), shorter.rows(), shorter.identity());
  const PlannedLoad many = plan_load(longer.scenario_of(), longer.rows(), longer.identity());
  EXPECT_GT(many.total, 3 * few.total);
  EXPECT_LT(static_cast<double>(many.waiting_max), 1.1 * static_cast<double>(few.waiting_max));
}

TEST(Pending, YieldsInOrderWhateverIsPutIn) {
  Pending pending;
  std::vector<PendingChange> all;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    PendingChange change;
    change.intended = static_cast<Micros>(below(draw(Stream{1}, i), 300));
    change.ordinal = i;
    pending.push(change);
    all.push_back(change);
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(pending.size(), all.size() - i);
    ASSERT_EQ(pending.top().ordinal, all[i].ordinal);
    pending.pop();
  }
  EXPECT_TRUE(pending.empty());
}

TEST(ALaneOf, IsAFixedFunctionOfTheRoot) {
  std::vector<std::uint64_t> counts(8);
  for (Ordinal root = 0; root < 80'000; ++root) ++counts[static_cast<std::size_t>(lane_of(root, EntityId{3}, 8))];
  EXPECT_LT(fit::chi_square_excess(counts, std::vector<double>(8, 10'000)), fit::kChiSquareLimit);
  EXPECT_EQ(lane_of(12'345, EntityId{3}, 1), 0);
}

}  // namespace
}  // namespace freshet
