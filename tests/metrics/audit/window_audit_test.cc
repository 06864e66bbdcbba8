// The audit of windows against known amounts: random lives, a sound sink, and errors planted in groups picked at
// random. It must report exactly what was planted, class by class. A failure names the seed that replays it.
#include "metrics/audit/window_audit.h"

#include <gtest/gtest.h>

#include <optional>

#include "metrics/audit/planted.h"
#include "metrics/fake_windows.h"
#include "metrics/random_numbers.h"

namespace freshet {
namespace {

using test::kBasket;
using test::kPayment;
using test::kPerStore;
using test::Planted;
using test::RandomNumbers;
using test::Tally;

constexpr Ordinal kRoots = 40;

using GroupKey = std::pair<std::string, std::int64_t>;  // store, start in seconds
using Groups = std::map<GroupKey, Tally>;

class Shop {
 public:
  explicit Shop(RandomNumbers& random, bool unknown = false) : rows(scenario, kRoots), ledger(scenario) {
    for (Ordinal ordinal = 0; ordinal < kRoots; ++ordinal) {
      for (const EntityId entity : {kBasket, kPayment}) live(random, entity, ordinal, unknown);
    }
    const std::uint64_t salt = random.next();
    rows.basket = [salt](Ordinal ordinal, Version version) {
      RandomNumbers content(salt + ordinal * 1'000 + version);
      test::BasketImage image;
      image.invoice = test::invoice_of(ordinal);
      image.store = "S" + std::to_string(content.below(3));
      image.note =
          content.below(12) == 0 ? "" : std::to_string(static_cast<std::int64_t>(content.below(4'000)) - 1'000);
      image.quantities.clear();
      for (std::uint64_t i = content.below(4); i > 0; --i)
        image.quantities.push_back(1 + static_cast<int>(content.below(100'000)));
      return image;
    };
    rows.life = [this](EntityId entity, Ordinal ordinal) { return lives.at({entity, ordinal}); };
  }

  /// What all changes intended until then come to, by loops.
  Groups groups_at(
      Micros until, const std::function<bool(const LifeEvent&)>& heard = [](const auto&) { return true; }) const {
    Groups groups;
    for (Ordinal ordinal = 0; ordinal < kRoots; ++ordinal) {
      std::array<Version, 2> living{};
      for (const EntityId entity : {kBasket, kPayment}) {
        for (const LifeEvent& event : lives.at({entity, ordinal})) {
          const bool committed = ledger.outcome(entity, ordinal, event.version) == Outcome::Committed;
          if (event.intended > until || !committed || !heard(event)) continue;
          living[index_of(entity)] = event.operation == Operation::Delete ? 0 : event.version;
        }
      }
      if (living[0] == 0 || living[1] == 0) continue;
      const test::BasketImage image = rows.basket(ordinal, living[0]);
      if (image.note.empty()) continue;
      const std::int64_t at = std::stoll(image.note);
      const std::int64_t start = at >= 0 ? at / 1'000 : -((-at + 999) / 1'000);
      for (const int quantity : image.quantities) groups[{image.store, start}].add(quantity);
    }
    return groups;
  }
  static constexpr Micros kEnd{1'000};

  Scenario scenario = test::shop_with_windows();
  test::FakeRows rows;
  Ledger ledger;
  std::map<std::pair<EntityId, Ordinal>, std::vector<LifeEvent>> lives;

 private:
  void live(RandomNumbers& random, EntityId entity, Ordinal ordinal, bool unknown) {
    std::vector<LifeEvent>& life = lives[{entity, ordinal}];
    const std::uint64_t versions = entity == kBasket ? 1 + random.below(3) : random.below(4);
    // Instants of their own, so that the order as intended is one.
    Micros at = static_cast<Micros>(2 * ordinal + index_of(entity));
    bool living = false;
    for (Version version = 1; version <= versions; ++version) {
      const bool deleted = living && random.below(3) == 0;
      const Operation operation = !living ? Operation::Insert : deleted ? Operation::Delete : Operation::Update;
      life.push_back({version, operation, Phase::Measured, at});
      at += static_cast<Micros>(2 * kRoots);
      living = !deleted;
      const Outcome outcome = version > 1 && random.below(6) == 0 ? Outcome::Rejected
                              : unknown && random.below(40) == 0  ? Outcome::Unknown
                                                                  : Outcome::Committed;
      if (outcome == Outcome::Committed) continue;
      ledger.settled(std::vector{test::settle(entity, ordinal, version, operation, 1, outcome)});
      if (operation == Operation::Insert || deleted) break;  // nothing follows that would need it
    }
  }
};

AuditReport audit(const Shop& shop, const std::vector<Row>& sink) {
  Audit audit(shop.scenario, shop.rows, shop.ledger, kPerStore);
  for (const Row& row : sink) audit.found(row);
  return audit.finish();
}

Row row_of(const std::pair<const GroupKey, Tally>& group) {
  return test::row_of(group.first.first, group.first.second, group.second);
}

std::vector<Row> sink_of(const Groups& groups) {
  std::vector<Row> sink;
  for (const auto& group : groups) sink.push_back(row_of(group));
  return sink;
}

std::vector<Row> sink_with_errors(const Shop& shop, RandomNumbers& random, Planted& planted) {
  const Groups right = shop.groups_at(Shop::kEnd);
  const Groups earlier = shop.groups_at(static_cast<Micros>(random.below(3 * kRoots)));
  std::vector<Row> sink;
  for (const auto& group : right) {
    const auto older = earlier.find(group.first);
    const std::uint64_t dice = random.below(8);
    if (dice == 0) {
      ++planted.missing;
    } else if (dice == 1) {
      sink.insert(sink.end(), {row_of(group), row_of(group)});
      ++planted.duplicate;
    } else if (dice == 2) {
      Tally wrong = group.second;
      wrong.sum += 1;
      sink.push_back(test::row_of(group.first.first, group.first.second, wrong));
      ++planted.wrong;
    } else if (dice <= 5 && older != earlier.end() && older->second != group.second) {
      sink.push_back(row_of(*older));
      ++planted.stale;
    } else {
      sink.push_back(row_of(group));
    }
  }
  for (const auto& group : earlier) {
    if (right.contains(group.first)) continue;
    sink.push_back(row_of(group));
    ++planted.resurrected;
  }
  if (random.below(3) == 0) {
    sink.push_back(test::row_of("Z", 0, {1, 1, 1, 1}));
    ++planted.phantom;
  }
  for (std::size_t i = sink.size(); i > 1; --i) std::swap(sink[i - 1], sink[random.below(i)]);
  return sink;
}

TEST(WindowAudit, ReportsExactlyWhatWasPlanted) {
  Planted sum;
  test::for_each_shop<Shop>(150, [&](const Shop& shop, RandomNumbers& random) {
    const AuditReport sound = audit(shop, sink_of(shop.groups_at(Shop::kEnd)));
    ASSERT_NO_FATAL_FAILURE(test::expect_sound(sound));
    ASSERT_GT(sound.expected, 0);
    Planted planted;
    const AuditReport report = audit(shop, sink_with_errors(shop, random, planted));
    ASSERT_NO_FATAL_FAILURE(test::expect_reported(planted, sound.expected, report));
    sum.add(planted);
  });
  sum.expect_more_than(20);
}

/// A pipeline that adds what comes and never takes back.
TEST(WindowAudit, NegativeControlAPipelineThatIgnoresRetractionsIsCaught) {
  int caught = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RandomNumbers random(seed);
    const Shop shop(random);
    const Groups deaf =
        shop.groups_at(Shop::kEnd, [](const LifeEvent& event) { return event.operation != Operation::Delete; });
    caught += audit(shop, sink_of(deaf)).errors() > 0;
  }
  EXPECT_GT(caught, 40);
}

TEST(WindowAudit, GroupsThatDependOnAnUnknownOutcomeAreInNoClass) {
  std::int64_t indeterminate = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNumbers random(seed);
    const Shop shop(random, true);
    // Whichever way the unknown ones went.
    const AuditReport report = audit(shop, sink_of(shop.groups_at(Shop::kEnd)));
    ASSERT_EQ(report.errors(), 0);
    indeterminate += report.indeterminate;
  }
  EXPECT_GT(indeterminate, 50);
}

/// Thirty sales of one group, each worth another power of two, so that a sum says which of them are in it.
class OneGroup : public testing::Test {
 protected:
  static constexpr int kSales = 30;
  OneGroup() : rows_(scenario_, kSales), ledger_(scenario_) {
    rows_.basket = [](Ordinal ordinal, Version) {
      test::BasketImage image;
      image.invoice = test::invoice_of(ordinal);
      image.note = "5";
      image.quantities = {1 << ordinal};
      return image;
    };
    rows_.life = [](EntityId, Ordinal ordinal) {
      return std::vector<LifeEvent>{{1, Operation::Insert, Phase::Measured, static_cast<Micros>(ordinal)}};
    };
  }
  AuditReport found(const std::vector<int>& sales) {
    Tally tally;
    for (const int sale : sales) tally.add(1 << sale);
    Audit audit(scenario_, rows_, ledger_, kPerStore);
    audit.found(test::row_of("S1", 0, tally));
    return audit.finish();
  }

  Scenario scenario_ = test::shop_with_windows();
  test::FakeRows rows_;
  Ledger ledger_;
};

TEST_F(OneGroup, AnEarlierStateIsStale) { EXPECT_EQ(found({0, 1, 2, 3, 4, 5, 6, 7}).stale, 1); }

TEST_F(OneGroup, AStateInWhichNeighboursOvertookEachOtherIsStale) {
  EXPECT_EQ(found({1}).stale, 1);
  EXPECT_EQ(found({0, 1, 2, 3, 5, 7, 8}).stale, 1);
}

TEST_F(OneGroup, AChoiceOfSalesThatNoOrderOfNeighboursMakesIsWrong) {
  EXPECT_EQ(found({25}).wrong, 1);
  EXPECT_EQ(found({0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28}).wrong, 1);
}

TEST_F(OneGroup, MinAndMaxAreAuditedToo) {
  Tally tally;
  for (int sale = 0; sale < kSales; ++sale) tally.add(1 << sale);
  tally.most -= 1;
  Audit audit(scenario_, rows_, ledger_, kPerStore);
  audit.found(test::row_of("S1", 0, tally));
  const AuditReport report = audit.finish();
  EXPECT_EQ(report.wrong, 1);
  ASSERT_EQ(report.examples.size(), 1U);
  EXPECT_EQ(report.examples[0].key, "store=S1, window_start=1970-01-01T00:00:00.000000Z");
}

TEST(InstantOf, ReadsEveryForm) {
  using Form = constructs::Time::Form;
  Row row;
  const auto text = [&](const char* value, Form form) { return instant_of(row, row.add_text(value), form); };
  EXPECT_EQ(instant_of(row, time_cell(7), Form::Native), WallTime{Micros{7}});
  EXPECT_EQ(instant_of(row, integer_cell(7), Form::WholeSeconds), WallTime{Micros{7'000'000}});
  EXPECT_EQ(instant_of(row, integer_cell(-7), Form::WholeMillis), WallTime{Micros{-7'000}});
  EXPECT_EQ(instant_of(row, integer_cell(7), Form::WholeMicros), WallTime{Micros{7}});
  EXPECT_EQ(text("-12", Form::EpochMillis), WallTime{Micros{-12'000}});
  EXPECT_EQ(text("1970-01-01T02:00:01.5+02:00", Form::IsoMillis), WallTime{Micros{1'500'000}});
  EXPECT_EQ(text("1969-12-31T20:30:01-03:30", Form::Iso), WallTime{Micros{1'000'000}});
  EXPECT_EQ(text("1970-01-01T00:00:00.000001Z", Form::IsoMicros), WallTime{Micros{1}});
  for (const char* wrong : {"", "12x", "x"}) EXPECT_FALSE(text(wrong, Form::EpochMillis)) << wrong;
  for (const char* wrong : {"", "1970-01-01", "1970-01-01T00:00:00+0"}) EXPECT_FALSE(text(wrong, Form::Iso)) << wrong;
  EXPECT_FALSE(instant_of(row, null_cell(), Form::EpochMillis));
}

}  // namespace
}  // namespace freshet
