// What a schedule remembers: at most 40 bytes per living instance, however many have lived, as `plan` predicts it.
// Measured as what the allocator has handed out.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <string>
#include <vector>

#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "scenarios/loaded.h"

namespace freshet {
namespace {

std::size_t handed_out() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// `rate` parcels per second, each of which lives for two seconds.
Scenario parcels(int rate, int seconds) {
  const std::string text = R"({"freshet": 1, "name": "parcels", "seed": 5, "warm_up": "0s",
    "entities": {"parcel": {"key": {"id": "uuid"}, "fields": {"state": "state"},
                            "life": {"sent": {"after": "2s", "to": {"there": 1}}}}},
    "load": [{"entity": "parcel", "process": "poisson", "stages": [{"rate": ")" +
                           std::to_string(rate) + R"(/s", "for": ")" + std::to_string(seconds) + R"(s"}]}],
    "write": {"parcel": {"mysql": {"table": "parcels"}}},
    "connections": {"mysql": "mysql://nobody@localhost/nothing"}})";
  return loaded_scenario(text, "parcels.json");
}

struct Measured {
  std::size_t bytes = 0;  ///< the most at any time
  std::size_t living = 0;
  std::int64_t changes = 0;
  PlannedLoad plan;
};

Measured measure(int rate, int seconds) {
  const Scenario scenario = parcels(rate, seconds);
  const RunIdentity identity{scenario.seed, 0, WallTime{}};
  const auto model = make_model(scenario, identity);
  Measured measured;
  measured.plan = plan_load(scenario, *model, identity);
  const std::size_t before = handed_out();
  const auto schedule = make_schedule(scenario, *model, identity, 0, 1);
  for (Change change; schedule->next(change);) {
    measured.living = std::max(measured.living, schedule->waiting());
    if (++measured.changes % 4096 == 0) measured.bytes = std::max(measured.bytes, handed_out() - before);
  }
  return measured;
}

constexpr std::size_t kFixed = 16 * 1024;  // of the schedule itself, and the least that its array begins with

TEST(Memory, IsFortyBytesPerLivingInstanceAndNotFarBelowWhatThePlanSays) {
  if (handed_out() == 0) GTEST_SKIP() << "this allocator (a sanitizer's) does not say what it has handed out";
  const Measured measured = measure(500'000, 5);
  EXPECT_GT(measured.living, 990'000U);
  EXPECT_LE(measured.bytes, 40 * measured.living + kFixed);
  EXPECT_EQ(measured.plan.waiting_max, measured.living);
  EXPECT_LE(measured.bytes, measured.plan.living_bytes + kFixed);
  EXPECT_GE(static_cast<double>(measured.bytes), 0.75 * static_cast<double>(measured.plan.living_bytes));
}

TEST(Memory, IsFlatInWhatHasLived) {
  if (handed_out() == 0) GTEST_SKIP() << "this allocator (a sanitizer's) does not say what it has handed out";
  const Measured few = measure(100'000, 4);
  const Measured many = measure(100'000, 40);
  EXPECT_GE(many.changes, 10 * few.changes);
  EXPECT_LT(static_cast<double>(many.bytes), 1.3 * static_cast<double>(few.bytes)) << "a quarter of growth at most";
  EXPECT_LE(many.bytes, many.plan.living_bytes + kFixed);
  EXPECT_EQ(many.plan.index_bytes, 0U);
}

/// The index of background updates is made with the model: the same rows, once with and once without background
/// updates.
TEST(Memory, OfTheIndexOfBackgroundUpdatesIsWhatThePlanSays) {
  if (handed_out() == 0) GTEST_SKIP() << "this allocator (a sanitizer's) does not say what it has handed out";
  const auto model_of = [](const std::string& load, PlannedLoad& plan) {
    const std::string text = R"({"freshet": 1, "name": "prices", "seed": 5, "warm_up": "0s",
      "entities": {"item": {"rows": 10000, "key": {"id": {"sequence": "I%d"}}, "fields": {"price": {"decimal": ["1.00", "9.00"]}}},
                   "tick": {"key": "uuid", "fields": {"n": {"integer": [1, 9]}}}},
      "load": [{"entity": "tick", "rate": "10/s", "for": "10s"})" +
                             load + R"(], "write": {"item": {"mysql": {"table": "items"}}},
      "connections": {"mysql": "mysql://nobody@localhost/nothing"}})";
    const Loaded loaded = parse_scenario(text, "prices.json");
    EXPECT_TRUE(loaded.scenario);
    if (!loaded.scenario) return std::size_t{0};
    const RunIdentity identity{5, 0, WallTime{}};
    const std::size_t before = handed_out();
    const auto model = make_model(*loaded.scenario, identity);
    const std::size_t bytes = handed_out() - before;
    plan = plan_load(*loaded.scenario, *model, identity);
    return bytes;
  };
  PlannedLoad without;
  PlannedLoad with;
  const std::size_t plain = model_of("", without);
  const std::size_t indexed = model_of(
      R"(, {"entity": "item", "update": "50000/s", "for": "10s", "set": {"price": {"decimal": ["1.00", "9.00"]}}})",
      with);
  EXPECT_EQ(without.index_bytes, 0U);
  EXPECT_GT(with.total, 490'000);
  const auto measured = static_cast<double>(indexed - plain);
  EXPECT_LE(measured, 1.1 * static_cast<double>(with.index_bytes) + kFixed);
  EXPECT_GE(measured, 0.75 * static_cast<double>(with.index_bytes));
}

/// The negative control: the measure sees what is allocated.
TEST(Memory, IsSeenWhenItIsTaken) {
  const std::size_t before = handed_out();
  if (before == 0) GTEST_SKIP() << "this allocator (a sanitizer's) does not say what it has handed out";
  const std::vector<char> large(10'000'000);
  EXPECT_GE(handed_out() - before, large.size());
}

}  // namespace
}  // namespace freshet
