// What `plan` predicts of the pipeline's state against what its operators come to, change by change.
#include "app/native/state_forecast.h"

#include <gtest/gtest.h>

#include <cmath>

#include "app/native/retention_check.h"
#include "app/native/schedule_replay.h"
#include "pipeline/views/state_size.h"
#include "scenarios/loader/loader.h"

namespace freshet {
namespace {

/// Orders of which some are deleted, their payments, and sales by shop: `rate` orders per second for `seconds` seconds.
Scenario shop(int rate, int seconds, const std::string& retention = "") {
  const std::string held = retention.empty() ? "" : "\"retention\": \"" + retention + "\", ";
  Loaded loaded = parse_scenario(R"x({
    "freshet": 1, "name": "shop", "warm_up": "0s",
    "entities": {
      "store": {"rows": 20, "key": {"id": {"sequence": "S%d"}}},
      "order": {"key": {"number": "uuid"}, )x" +
                                     held + R"x("fields": {
        "store": {"ref": "store", "embed": ["id"]}, "at": {"time": "created"}, "total": {"decimal": ["1.00", "99.99"]}},
        "life": {"open": {"after": {"uniform": ["2s", "3s"]}, "to": "deleted", "share": "20%"}}},
      "payment": {"per": "order", "delay": {"uniform": ["100ms", "900ms"]}, "key": {"number": "parent"}, )x" +
                                     held + R"x(
        "fields": {"paid": {"parent": "total"}}}
    },
    "load": [{"entity": "order", "rate": ")x" +
                                     std::to_string(rate) + R"x(/s", "for": ")x" + std::to_string(seconds) + R"x(s"}],
    "write": {"store": {"mysql": {"table": "stores"}}, "order": {"kafka": {"topic": "orders"}}, "payment": {"mysql": {"table": "payments"}}},
    "views": {
      "paid": {"from": "order", "join": {"payment": "number"}, "key": "number"},
      "sales": {"from": "paid", "group": ["store.id"], "tumble": {"on": "at", "size": "500ms"}, )x" +
                                     held + R"x(
        "measures": {"orders": "count", "value": "sum(total)"}}
    },
    "observe": {"paid": {"mysql": {"table": "paid"}}, "sales": {"mysql": {"table": "sales"}}},
    "connections": {"mysql": "${A}", "kafka": "${B}"}
  })x",
                                 "shop.json");
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << problem.text();
  return std::move(*loaded.scenario);
}

constexpr RunIdentity kIdentity{7, 0, WallTime{}};

/// By all changes, one by one.
StateSize replayed(const Scenario& scenario, const Rows& model) {
  ScheduleReplay replay(scenario, model, [](const ViewDelta&) {});
  each_change(scenario, model, kIdentity, {}, [&](const Change& change) { replay.take(change); });
  replay.settle();
  return size_of(replay.graph());
}

void expect_near(std::int64_t predicted, std::int64_t held, double share, const char* what) {
  EXPECT_LE(std::abs(static_cast<double>(predicted - held)), share * static_cast<double>(held) + 2)
      << what << ": predicted " << predicted << ", held " << held;
}

TEST(StateForecast, OfAShortScheduleIsWhatItComesTo) {
  const Scenario scenario = shop(100, 20);
  const auto model = make_model(scenario, kIdentity);
  const StateRecord::Size forecast = forecast_state(scenario, *model, kIdentity);
  const StateSize held = replayed(scenario, *model);
  EXPECT_EQ(forecast.rows, held.rows);
  EXPECT_EQ(forecast.groups, held.groups);
  EXPECT_EQ(forecast.bytes, held.bytes);
  EXPECT_GT(forecast.rows, 3'000);
  EXPECT_GT(forecast.groups, 20 * 2 * 15);
}

/// A schedule that is longer than the replayed part is extrapolated.
TEST(StateForecast, OfALongScheduleIsNear) {
  for (const char* retention : {"", "9s"}) {
    SCOPED_TRACE(retention);
    const Scenario scenario = shop(2'500, 60, retention);
    const auto model = make_model(scenario, kIdentity);
    const StateRecord::Size forecast = forecast_state(scenario, *model, kIdentity);
    const StateSize held = replayed(scenario, *model);
    expect_near(forecast.rows, held.rows, 0.1, "rows");
    expect_near(forecast.groups, held.groups, 0.1, "groups");
    expect_near(forecast.bytes, held.bytes, *retention == 0 ? 0.2 : 0.4, "bytes");
  }
}

TEST(RetentionCheck, WarnsOfEachThatIsTooShortAndSaysWhatSuffices) {
  EXPECT_TRUE(retention_warnings(shop(200, 15, "6s")).empty());
  EXPECT_TRUE(retention_warnings(shop(200, 15)).empty()) << "none is stated";
  const std::vector<Problem> warnings = retention_warnings(shop(200, 15, "1s"));
  ASSERT_EQ(warnings.size(), 3U);
  EXPECT_EQ(warnings[0].severity, Problem::Severity::Warning);
  EXPECT_NE(warnings[0].text().find("/entities/order/retention: "), std::string::npos) << warnings[0].text();
  EXPECT_NE(warnings[1].text().find("/entities/payment/retention: "), std::string::npos) << warnings[1].text();
  EXPECT_NE(warnings[2].text().find("/views/sales/retention: "), std::string::npos) << warnings[2].text();
  for (const Problem& warning : warnings) {
    EXPECT_NE(warning.message.find("dropped rows are needed later"), std::string::npos) << warning.text();
    EXPECT_NE(warning.expected.find("suffices"), std::string::npos) << warning.text();
  }
}

TEST(RetentionCheck, LooksAtWholeLivesOfLongSchedules) {
  // 200,000 changes and more: of those that are tried, lives are whole.
  Scenario scenario = shop(4'000, 20, "6s");
  EXPECT_TRUE(retention_warnings(scenario).empty());
  scenario.entities[index_of(*scenario.find_entity("order"))].retention = kMicrosPerSecond;
  const std::vector<Problem> warnings = retention_warnings(scenario);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].message.find("of one instance in"), std::string::npos) << warnings[0].text();
}

}  // namespace
}  // namespace freshet
