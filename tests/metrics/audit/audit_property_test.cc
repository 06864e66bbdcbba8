// The audit against known amounts: random lives and outcomes, a sound sink, and then errors planted in rows picked at
// random. It must report exactly what was planted, class by class. A failure names the seed that replays it.
#include <gtest/gtest.h>

#include <set>

#include "metrics/audit/audit.h"
#include "metrics/audit/planted.h"
#include "metrics/fake_shop.h"
#include "metrics/oracle/view_model.h"
#include "metrics/random_numbers.h"

namespace freshet {
namespace {

using test::kBasket;
using test::kPayment;
using test::Planted;
using test::RandomNumbers;

constexpr Ordinal kRoots = 40;

/// The last committed version that lives, and whether one lived before it was deleted.
struct End {
  Version version = 0;
  Version earlier = 0;
};

class Shop {
 public:
  explicit Shop(RandomNumbers& random) : rows(scenario, kRoots), ledger(scenario) {
    for (Ordinal ordinal = 0; ordinal < kRoots; ++ordinal) {
      for (const EntityId entity : {kBasket, kPayment}) live(random, entity, ordinal);
    }
    // Every version has an image of its own, so that a planted old version is stale and never right.
    rows.basket = [](Ordinal ordinal, Version version) {
      return test::basket_of(ordinal, std::vector<int>(1 + ordinal % 4, 7), "S" + std::to_string(version));
    };
    rows.life = [this](EntityId entity, Ordinal ordinal) { return lives.at({entity, ordinal}); };
  }

  std::vector<ExpectedRow> rows_at(ViewId view, Ordinal ordinal, Version basket, Version payment) const {
    std::vector<ExpectedRow> out;
    ViewModel(scenario, rows, view).rows(ordinal, std::vector{basket, payment}, out);
    return out;
  }

  Scenario scenario = test::shop_that_updates("store");
  test::FakeRows rows;
  Ledger ledger;
  std::map<std::pair<EntityId, Ordinal>, std::vector<LifeEvent>> lives;
  std::map<std::pair<EntityId, Ordinal>, End> ends;

 private:
  void live(RandomNumbers& random, EntityId entity, Ordinal ordinal) {
    std::vector<LifeEvent>& life = lives[{entity, ordinal}];
    End& end = ends[{entity, ordinal}];
    const std::uint64_t versions = entity == kBasket ? 1 + random.below(3) : random.below(4);
    for (Version version = 1; version <= versions; ++version) {
      const bool ends_here = entity == kPayment && version == versions && random.below(3) == 0 && version > 1;
      const Operation operation = version == 1 ? Operation::Insert : ends_here ? Operation::Delete : Operation::Update;
      life.push_back({version, operation});
      if (version > 1 && random.below(6) == 0) {
        ledger.settled(std::vector{test::settle(entity, ordinal, version, operation, 1, Outcome::Rejected)});
        continue;
      }
      if (end.version != 0) end.earlier = end.version;
      end.version = operation == Operation::Delete ? 0 : version;
    }
  }
};

/// The sink's rows, with errors planted in about a third of the roots, at most one to a row.
std::vector<Row> sink_of(const Shop& shop, ViewId view, bool plant, RandomNumbers& random, Planted& planted) {
  std::vector<Row> sink;
  for (Ordinal ordinal = 0; ordinal < kRoots; ++ordinal) {
    const End basket = shop.ends.at({kBasket, ordinal});
    const End payment = shop.ends.at({kPayment, ordinal});
    const auto expected = shop.rows_at(view, ordinal, basket.version, payment.version);
    const std::uint64_t dice = plant ? random.below(18) : 99;
    if (expected.empty() && dice < 9) {
      // Not there now: either it was once, or it never was.
      const Version paid = payment.earlier != 0 ? payment.earlier : 1;
      for (const ExpectedRow& row : shop.rows_at(view, ordinal, basket.version, paid)) {
        sink.push_back(row.image);
        ++(payment.earlier != 0 ? planted.resurrected : planted.phantom);
      }
      continue;
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const Row& right = expected[i].image;
      if (dice == 0) {
        ++planted.missing;
      } else if (dice == 1 && basket.earlier != 0) {
        sink.push_back(shop.rows_at(view, ordinal, basket.earlier, payment.version)[i].image);
        ++planted.stale;
      } else if (dice == 2) {
        sink.insert(sink.end(), {right, right});
        ++planted.duplicate;
      } else if (dice == 3) {
        sink.push_back(right);
        const Cell altered = sink.back().add_text("altered");
        const auto store = view == test::kLines ? int{test::kLinesStore} : int{test::kCompletedStore};
        sink.back().cells[static_cast<std::size_t>(store)] = altered;
        ++planted.wrong;
      } else {
        sink.push_back(right);
      }
    }
  }
  for (std::size_t i = sink.size(); i > 1; --i) std::swap(sink[i - 1], sink[random.below(i)]);
  return sink;
}

AuditReport audit(const Shop& shop, ViewId view, const std::vector<Row>& sink) {
  Audit audit(shop.scenario, shop.rows, shop.ledger, view);
  for (const Row& row : sink) audit.found(row);
  return audit.finish();
}

class AuditProperty : public testing::TestWithParam<ViewId> {};

TEST_P(AuditProperty, ReportsExactlyWhatWasPlanted) {
  Planted sum;
  test::for_each_shop<Shop>(100, [&](const Shop& shop, RandomNumbers& random) {
    Planted none;
    const AuditReport sound = audit(shop, GetParam(), sink_of(shop, GetParam(), false, random, none));
    ASSERT_NO_FATAL_FAILURE(test::expect_sound(sound));
    Planted planted;
    const AuditReport report = audit(shop, GetParam(), sink_of(shop, GetParam(), true, random, planted));
    ASSERT_NO_FATAL_FAILURE(test::expect_reported(planted, sound.expected, report));
    sum.add(planted);
  });
  sum.expect_more_than(20);
}

INSTANTIATE_TEST_SUITE_P(Views, AuditProperty, testing::Values(test::kCompleted, test::kLines));

}  // namespace
}  // namespace freshet
