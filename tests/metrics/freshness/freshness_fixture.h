// Freshness of the small shop: commits and looks, as a test says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metrics/fake_shop.h"
#include "metrics/freshness/freshness.h"

namespace freshet::test {

inline constexpr Nanos kMilli = kNanosPerMilli;

class FreshnessTest : public testing::Test {
 protected:
  explicit FreshnessTest(Scenario scenario = shop()) : scenario_(std::move(scenario)), rows_(scenario_) {
    // One table connection takes all.
    for (const EntityId entity : {kBasket, kPayment}) scenario_.write.push_back({entity, MysqlTarget{}, {}});
    rows_.life = [](EntityId entity, Ordinal) {
      return entity == kBasket ? life_with({Operation::Insert, Operation::Update, Operation::Update})
                               : life_with({Operation::Insert, Operation::Update, Operation::Update, Operation::Delete,
                                            Operation::Insert});
    };
  }

  Freshness& freshness() {
    if (!freshness_) {
      freshness_ = std::make_unique<Freshness>(scenario_, rows_);
      freshness_->set_zero({});
    }
    return *freshness_;
  }

  void commit(EntityId entity, Version version, Operation operation, std::int64_t at_ms, Ordinal ordinal = 1) {
    freshness().settled(std::vector{settle(entity, ordinal, version, operation, at_ms)});
  }
  /// Basket and payment 1, at 100 and 200 ms.
  void buy(Ordinal ordinal = 1, std::int64_t at_ms = 100) {
    commit(kBasket, 1, Operation::Insert, at_ms, ordinal);
    commit(kPayment, 1, Operation::Insert, at_ms + 100, ordinal);
  }
  void look(ViewId view, const std::string& key, bool found, std::vector<Version> versions, std::int64_t began_ms,
            std::int64_t ended_ms) {
    freshness().sighted(view, std::vector{key}, std::vector{Sighting{0, found, std::move(versions)}},
                        Instant{began_ms * kMilli}, Instant{ended_ms * kMilli});
  }
  void see(ViewId view, const std::string& key, std::vector<Version> versions, std::int64_t at_ms) {
    look(view, key, true, std::move(versions), at_ms, at_ms);
  }
  FreshnessSeries series(ViewId view, const std::string& name) {
    const auto all = freshness().series(view);
    const auto found = all.find(name);
    return found == all.end() ? FreshnessSeries{} : found->second;
  }
  std::vector<std::string> pending(ViewId view) {
    std::vector<std::string> keys;
    freshness().sought(view, Instant::max(), 1000, keys);
    std::ranges::sort(keys);
    return keys;
  }

  Scenario scenario_;
  FakeRows rows_;
  std::unique_ptr<Freshness> freshness_;
};

}  // namespace freshet::test
