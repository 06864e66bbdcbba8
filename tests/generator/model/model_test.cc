// Rows are pure functions, and hold what their scenario says.
#include "generator/model/model.h"

#include <gtest/gtest.h>
#include <cmath>
#include <map>
#include <set>
#include <thread>

#include "generator/draw/random.h"
#include "generator/fit.h"
#include "generator/schedule/schedule.h"
#include "generator/small_shop.h"

namespace freshet {
namespace {

using shop::Shop;

std::vector<std::string> all_entities() { return {"store", "clerk", "product", "order", "payment", "receipt"}; }

TEST(ARow, IsTheSameInAnyOrderAndOnAnyThread) {
  const Shop shop;
  const auto read = [&](bool backwards, std::map<std::string, std::string>& into) {
    for (const std::string& entity : all_entities()) {
      for (Ordinal i = 0; i < 40; ++i) {
        const Ordinal ordinal = backwards ? 39 - i : i;
        if (ordinal >= shop.count(entity)) continue;
        for (Version version = 1; version <= 4; ++version) {
          into[fmt::format("{} {} {}", entity, ordinal, version)] = shop.json(entity, ordinal, version);
        }
      }
    }
  };
  std::map<std::string, std::string> forwards;
  std::map<std::string, std::string> backwards;
  std::thread first([&] { read(false, forwards); });
  std::thread second([&] { read(true, backwards); });
  first.join();
  second.join();
  EXPECT_GT(forwards.size(), 500u);
  EXPECT_EQ(forwards, backwards);
  const Shop again;
  EXPECT_EQ(again.json("order", 11), forwards["order 11 1"]);
}

TEST(ARow, ReusesTheBuffersOfTheRowBefore) {
  const Shop shop;
  Row row;
  Row fresh;
  for (Ordinal ordinal = 0; ordinal < 50; ++ordinal) {
    shop.rows().row(shop.id("order"), ordinal, 1, row);
    fresh = Row{};
    shop.rows().row(shop.id("order"), ordinal, 1, fresh);
    ASSERT_EQ(row.cells.size(), fresh.cells.size());
    ASSERT_EQ(row.text, fresh.text);
  }
}

TEST(ARow, DependsOnTheSeed) {
  const Shop one;
  const Shop other(shop::scenario(), {.seed = 8, .salt = 0, .epoch = {}});
  EXPECT_NE(one.json("order", 3), other.json("order", 3));
  EXPECT_NE(one.json("product", 3), other.json("product", 3));
}

TEST(ARow, TheSaltChangesUuidKeysAndNothingElse) {
  const Shop plain;
  const Shop salted(shop::scenario(), {.seed = 7, .salt = 12345, .epoch = {}});
  for (Ordinal ordinal = 0; ordinal < 50; ++ordinal) {
    for (const std::string& entity : all_entities()) {
      if (ordinal >= plain.count(entity)) continue;
      const std::string key = plain.text(entity, ordinal, 1, "id");
      const std::string salted_key = salted.text(entity, ordinal, 1, "id");
      const bool uuid = entity == "order" || entity == "payment" || entity == "receipt";
      EXPECT_EQ(key != salted_key, uuid) << "sequences are as the scenario's author wrote them";
      std::string json = salted.json(entity, ordinal);
      json.replace(json.find(salted_key), salted_key.size(), key);
      EXPECT_EQ(json, plain.json(entity, ordinal));
    }
  }
}

TEST(ARow, TheEpochMovesTimesAndNothingElse) {
  const WallTime epoch{Micros{1'795'257'600'000'000}};  // 2026-11-21T08:00:00Z
  const Shop zero;
  const Shop later(shop::scenario(), {.seed = 7, .salt = 0, .epoch = epoch});
  for (Ordinal ordinal = 0; ordinal < 50; ++ordinal) {
    for (const char* column : {"placed", "touched", "updated_at"}) {
      EXPECT_EQ(later.number("order", ordinal, 2, column),
                zero.number("order", ordinal, 2, column) + epoch_micros(epoch));
    }
    for (const char* column : {"id", "clerk.id", "lines", "total", "state", "version"}) {
      EXPECT_EQ(later.text("order", ordinal, 2, column), zero.text("order", ordinal, 2, column));
    }
  }
}

TEST(ARow, AnotherEntityOrFieldLeavesItAlone) {
  const Shop shop;
  const Shop grown(
      shop::scenario(R"("note": {"constant": "ok"})", R"("extra": {"integer": [1, 9]}, "note": {"constant": "ok"})"));
  for (Ordinal ordinal = 0; ordinal < 50; ++ordinal) {
    for (const char* column : {"id", "clerk.id", "store.city", "lines", "total", "updated_at"}) {
      EXPECT_EQ(grown.text("order", ordinal, 1, column), shop.text("order", ordinal, 1, column));
    }
    EXPECT_EQ(grown.json("product", ordinal % 50), shop.json("product", ordinal % 50));
  }
}

TEST(Keys, LeadBackToTheirOrdinalsInThisRunOnly) {
  const Shop shop;
  const Shop salted(shop::scenario(), {.seed = 7, .salt = 1, .epoch = {}});
  for (const std::string& entity : all_entities()) {
    for (Ordinal ordinal = 0; ordinal < shop.count(entity); ++ordinal) {
      const std::string key = shop.text(entity, ordinal, 1, "id");
      const auto found = shop.rows().ordinal_of(shop.id(entity), key);
      if (shop.life(entity, ordinal).empty()) {
        ASSERT_EQ(found, std::nullopt) << "a key that is never written";
      } else {
        ASSERT_EQ(found, ordinal);
      }
      const bool uuid = entity == "order" || entity == "payment" || entity == "receipt";
      ASSERT_TRUE(!uuid || salted.rows().ordinal_of(shop.id(entity), key) == std::nullopt);
    }
  }
  EXPECT_EQ(shop.rows().ordinal_of(shop.id("store"), "S13"), std::nullopt) << "there are twelve";
  EXPECT_EQ(shop.rows().ordinal_of(shop.id("order"), "no uuid"), std::nullopt);
}

TEST(Keys, OfCanariesLeadBackToo) {
  const Shop shop;
  for (const char* entity : {"order", "payment", "receipt"}) {
    const std::vector<Ordinal> canaries = shop.rows().canaries(shop.id(entity));
    ASSERT_EQ(canaries.size(), 1u);
    EXPECT_GE(canaries[0], shop.count(entity));
    const std::string key = shop.text(entity, canaries[0], 1, "id");
    EXPECT_EQ(shop.rows().ordinal_of(shop.id(entity), key), canaries[0]);
  }
  EXPECT_TRUE(shop.rows().canaries(shop.id("store")).empty());
  EXPECT_EQ(shop.text("payment", shop.rows().canaries(shop.id("payment"))[0], 1, "amount"),
            shop.text("order", shop.rows().canaries(shop.id("order"))[0], 1, "total"));
}

TEST(AnOrder, AddsUpToTheCent) {
  const Shop shop;
  Row row;
  const RecordType& type = shop.rows().type_of(shop.id("order"));
  const RecordType& line = *type[*type.find("lines")].type.item;
  std::size_t lines = 0;
  for (Ordinal ordinal = 0; ordinal < 500; ++ordinal) {
    shop.rows().row(shop.id("order"), ordinal, 1, row);
    const Cell list = row[*type.find("lines")];
    ASSERT_TRUE(list.number >= 1 && list.number <= 9);
    std::int64_t total = 0;
    for (std::int64_t i = 0; i < list.number; ++i, ++lines) {
      const Cell* item = &row.cells[list.begin + static_cast<std::size_t>(i) * line.width()];
      const auto units = [&](const char* name) { return item[index_of(*line.find(name))].number; };
      ASSERT_EQ(units("subtotal"), units("price") * units("quantity"));
      ASSERT_TRUE(units("quantity") >= 1 && units("quantity") <= 5);
      total += units("subtotal");
    }
    const auto units = [&](const char* name) { return row[*type.find(name)].number; };
    ASSERT_EQ(units("total"), total);
    ASSERT_LE(std::abs(units("nett") * 119 - total * 100), 60) << "the nearest cent";
    ASSERT_EQ(units("vat"), total - units("nett"));
  }
  EXPECT_GT(lines, 1000u);
}

TEST(AnOrder, TellsItsTimesInEveryForm) {
  const WallTime epoch{Micros{1'795'257'600'000'000}};  // 2026-11-21T08:00:00Z
  const Shop shop(shop::scenario(), {.seed = 7, .salt = 0, .epoch = epoch});
  for (Ordinal ordinal = 0; ordinal < 20; ++ordinal) {
    const Micros created = shop.life("order", ordinal)[0].intended;
    EXPECT_EQ(shop.number("order", ordinal, 2, "placed"), epoch_micros(epoch + created));
    EXPECT_EQ(shop.text("order", ordinal, 2, "placed_ms"), std::to_string(epoch_micros(epoch + created) / 1000));
    std::string local;
    append_iso_time(epoch_micros(epoch + created - 12'600 * kMicrosPerSecond), local);
    EXPECT_EQ(shop.text("order", ordinal, 2, "placed_text"), local.substr(0, 23) + "-03:30");
  }
}

TEST(AnOrder, StampsVersionAndInstant) {
  const Shop shop;
  for (Ordinal ordinal = 0; ordinal < 100; ++ordinal) {
    for (const LifeEvent& event : shop.life("order", ordinal)) {
      if (event.operation == Operation::Delete) continue;
      EXPECT_EQ(shop.number("order", ordinal, event.version, "version"), event.version);
      EXPECT_EQ(shop.number("order", ordinal, event.version, "updated_at"), event.intended.count());
      EXPECT_EQ(shop.number("order", ordinal, event.version, "touched"), event.intended.count());
    }
  }
}

TEST(AnOrder, OnlyStateAndTimesChangeWithItsVersions) {
  const Shop shop;
  for (Ordinal ordinal = 0; ordinal < 100; ++ordinal) {
    for (const char* column : {"id", "placed", "clerk.id", "store.id", "lines", "total", "note"}) {
      EXPECT_EQ(shop.text("order", ordinal, 1, column), shop.text("order", ordinal, 3, column)) << column;
    }
    EXPECT_EQ(shop.text("order", ordinal, 1, "state"), "open");
    EXPECT_NE(shop.text("order", ordinal, 2, "state"), "open");
  }
}

TEST(AnOrder, TakesTheStoreOfItsClerk) {
  const Shop shop;
  std::map<std::string, std::string> store_of;
  for (Ordinal clerk = 0; clerk < shop.count("clerk"); ++clerk) {
    store_of[shop.text("clerk", clerk, 1, "id")] = shop.text("clerk", clerk, 1, "store.id");
  }
  std::set<std::string> stores;
  for (Ordinal ordinal = 0; ordinal < 300; ++ordinal) {
    const std::string store = shop.text("order", ordinal, 1, "store.id");
    EXPECT_EQ(store, store_of.at(shop.text("order", ordinal, 1, "clerk.id")));
    stores.insert(store);
  }
  EXPECT_GT(stores.size(), 8u);
}

TEST(AnOrder, EmbedsRowsThatExist) {
  const Shop shop;
  for (Ordinal ordinal = 0; ordinal < 100; ++ordinal) {
    const auto store = shop.rows().ordinal_of(shop.id("store"), shop.text("order", ordinal, 1, "store.id"));
    ASSERT_TRUE(store.has_value());
    EXPECT_EQ(shop.text("order", ordinal, 1, "store.city"), shop.text("store", *store, 1, "city"));
  }
}

/// Calls `visit(product's ordinal, price)` for each line of an order.
template <typename Visit>
void for_each_line(const Shop& shop, Ordinal ordinal, Version version, const Visit& visit) {
  Row row;
  shop.rows().row(shop.id("order"), ordinal, version, row);
  const RecordType& type = shop.rows().type_of(shop.id("order"));
  const std::size_t column = index_of(*type.find("lines"));
  const RecordType& line = *type.columns[column].type.item;
  for (std::int64_t i = 0; i < row.cells[column].number; ++i) {
    const Cell* item = &row.cells[row.cells[column].begin + static_cast<std::size_t>(i) * line.width()];
    const auto product = shop.rows().ordinal_of(shop.id("product"), row.text_of(item[index_of(*line.find("id"))]));
    visit(product.value(), item[index_of(*line.find("price"))].number);
  }
}

TEST(AnOrder, EmbedsThePriceOfTheInstantWhenItWasCreated) {
  const Shop shop;
  std::map<Version, int> embedded;
  for (Ordinal ordinal = 0; ordinal < shop.count("order"); ++ordinal) {
    const Micros created = shop.life("order", ordinal)[0].intended;
    for_each_line(shop, ordinal, 1, [&](Ordinal product, std::int64_t price) {
      Version version = 0;
      for (const LifeEvent& event : shop.life("product", product)) {
        if (event.intended <= created) version = event.version;
      }
      ASSERT_EQ(price, shop.number("product", product, version, "price")) << "product " << product;
      ++embedded[version];
    });
  }
  EXPECT_GT(embedded.size(), 5u) << "orders before and after many price changes";
}

TEST(AnOrder, KeepsTheOldPriceWhenThePriceChangesLater) {
  const Shop shop;
  int changed_since = 0;
  for (Ordinal ordinal = 0; ordinal < 200; ++ordinal) {
    const std::string lines = shop.text("order", ordinal, 1, "lines");
    EXPECT_EQ(lines, shop.text("order", ordinal, 2, "lines"));
    for_each_line(shop, ordinal, 2, [&](Ordinal product, std::int64_t price) {
      const Version latest = shop.life("product", product).back().version;
      changed_since += price != shop.number("product", product, latest, "price") ? 1 : 0;
    });
  }
  EXPECT_GT(changed_since, 50);
}

TEST(AProduct, EveryUpdateDrawsANewPriceFromTheFirst) {
  const Shop shop;
  std::set<std::int64_t> factors;
  for (Ordinal product = 0; product < shop.count("product"); ++product) {
    const std::int64_t first = shop.number("product", product, 1, "price");
    for (const LifeEvent& event : shop.life("product", product)) {
      const std::int64_t price = shop.number("product", product, event.version, "price");
      if (event.version == 1) continue;
      const double factor = static_cast<double>(price) / static_cast<double>(first);
      EXPECT_GE(factor, 0.90 - 0.5 / static_cast<double>(first) - 1e-9);
      EXPECT_LE(factor, 1.10 + 0.5 / static_cast<double>(first) + 1e-9);
      if (first > 1000) factors.insert(std::llround(factor * 100));
      EXPECT_EQ(shop.text("product", product, event.version, "label"), shop.text("product", product, 1, "label"));
    }
  }
  EXPECT_GE(factors.size(), 18u) << "90 … 110 %";
}

TEST(AProduct, WhatIsComputedFollowsWhatIsSet) {
  const Shop shop;
  for (Ordinal product = 0; product < shop.count("product"); ++product) {
    for (const LifeEvent& event : shop.life("product", product)) {
      const std::int64_t price = shop.number("product", product, event.version, "price");
      EXPECT_EQ(shop.number("product", product, event.version, "tax"), (price * 19 + 50) / 100);
    }
  }
}

TEST(APayment, TakesWhatItsOrderSays) {
  const Shop shop;
  for (Ordinal ordinal = 0; ordinal < 300; ++ordinal) {
    EXPECT_EQ(shop.text("payment", ordinal, 1, "id"), shop.text("order", ordinal, 1, "id"));
    EXPECT_EQ(shop.text("payment", ordinal, 1, "amount"), shop.text("order", ordinal, 1, "total"));
    EXPECT_EQ(shop.text("payment", ordinal, 1, "city"), shop.text("order", ordinal, 1, "store.city"));
    EXPECT_EQ(shop.text("receipt", ordinal, 1, "amount"), shop.text("order", ordinal, 1, "total"));
    EXPECT_NE(shop.text("payment", ordinal, 1, "reference"), shop.text("order", ordinal, 1, "id"));
  }
}

TEST(APayment, AStateThatSetsAFieldSetsItAgainEachTimeAndItStays) {
  const Shop shop;
  std::set<std::int64_t> fees;
  int kept = 0;
  for (Ordinal ordinal = 0; ordinal < shop.count("payment"); ++ordinal) {
    std::int64_t before = 0;
    for (const LifeEvent& event : shop.life("payment", ordinal)) {
      if (event.operation == Operation::Delete) continue;
      const std::int64_t fee = shop.number("payment", ordinal, event.version, "fee");
      const std::string state = shop.text("payment", ordinal, event.version, "status");
      if (state == "new") {
        EXPECT_TRUE(fee >= 10 && fee <= 90);
      } else if (state == "retry") {
        EXPECT_TRUE(fee >= 100 && fee <= 200);
        fees.insert(fee);
      } else {
        EXPECT_EQ(fee, before) << "the state after keeps what was set";
        kept += before >= 100 ? 1 : 0;
      }
      EXPECT_EQ(shop.number("payment", ordinal, event.version, "gross"),
                fee + shop.number("payment", ordinal, event.version, "amount"));
      before = fee;
    }
  }
  EXPECT_GT(fees.size(), 80u);
  EXPECT_GT(kept, 20);
}

TEST(ADelete, HasTheLastImageBeforeIt) {
  const Shop shop;
  int deletes = 0;
  for (Ordinal ordinal = 0; ordinal < shop.count("payment"); ++ordinal) {
    const std::vector<LifeEvent> life = shop.life("payment", ordinal);
    if (life.empty() || life.back().operation != Operation::Delete) continue;
    ++deletes;
    EXPECT_EQ(shop.json("payment", ordinal, life.back().version),
              shop.json("payment", ordinal, life.back().version - 1));
  }
  EXPECT_GT(deletes, 100);
}

TEST(Fields, HaveTheDistributionsDeclared) {
  const Shop shop(shop::scenario(R"("rows": 50)", R"("rows": 40000)"));
  std::vector<double> prices;
  std::vector<std::uint64_t> labels(2);
  for (Ordinal ordinal = 0; ordinal < 40'000; ++ordinal) {
    prices.push_back(static_cast<double>(shop.number("product", ordinal, 1, "price")) / 100 +
                     (unit(draw(Stream{1}, ordinal)) - 0.5) / 100);
    ++labels[shop.text("product", ordinal, 1, "label") == "bio" ? 1 : 0];
  }
  const auto law = [](double x) { return x <= 0 ? 0 : fit::normal_cdf(std::log(x / 7.90) / 0.9); };
  const double low = law(0.50);
  const double span = law(99.99) - low;
  EXPECT_LT(fit::distance(prices, [&](double x) { return (law(x) - low) / span; }), fit::kDistanceLimit);
  EXPECT_GT(fit::distance(prices, [&](double x) { return (law(x * 1.05) - low) / span; }), fit::kDistanceLimit)
      << "a median 5 % off is caught";
  EXPECT_LT(fit::chi_square_excess(labels, {20'000, 20'000}), fit::kChiSquareLimit);
}

TEST(SeveralChildren, FollowTheirDistributionAndBelongToTheirParent) {
  const Shop shop;
  std::vector<std::uint64_t> parents(6);
  for (Ordinal order = 0; order < shop.count("order"); ++order) {
    std::size_t children = 0;
    for (Ordinal line = order * 5; line < order * 5 + 5; ++line) {
      const auto life = shop.life("line", line);
      if (life.empty()) continue;
      EXPECT_EQ(line, order * 5 + children++) << "the first of its places";
      EXPECT_EQ(life.front().intended, shop.life("order", order).front().intended);
      EXPECT_EQ(shop.text("line", line, 1, "of"), shop.text("order", order, 1, "id"));
      EXPECT_EQ(shop.text("line", line, 1, "total"), shop.text("order", order, 1, "total"));
    }
    ++parents.at(children);
  }
  EXPECT_EQ(shop.count("line"), shop.count("order") * 5);
  EXPECT_EQ(parents[0], 0u);
  // Geometric with mean 2, cut at 5: ½, ¼, … of what is left of it.
  std::vector<double> expected;
  for (int n = 1; n <= 5; ++n)
    expected.push_back(std::pow(0.5, n) / (31.0 / 32) * static_cast<double>(shop.count("order")));
  const std::vector<std::uint64_t> seen(parents.begin() + 1, parents.end());
  EXPECT_LT(fit::chi_square_excess(seen, expected), fit::kChiSquareLimit);
}

TEST(SeveralChildren, HaveLivesAndDescendantsOfTheirOwn) {
  const Shop shop;
  std::uint64_t parcels = 0;
  std::uint64_t labels = 0;
  for (Ordinal parcel = 0; parcel < shop.count("parcel"); ++parcel) {
    const auto life = shop.life("parcel", parcel);
    if (life.empty()) continue;
    ++parcels;
    const Ordinal line = parcel / 3;
    ASSERT_FALSE(shop.life("line", line).empty()) << "a child of somebody who is not there";
    EXPECT_GE(life.front().intended, shop.life("line", line).front().intended);
    EXPECT_EQ(shop.text("parcel", parcel, 1, "part"), shop.text("line", line, 1, "part"));
    EXPECT_EQ(shop.rows().ordinal_of(shop.id("parcel"), shop.text("parcel", parcel, 1, "id")), parcel);
    if (shop.life("label", parcel).empty()) continue;
    ++labels;
    EXPECT_EQ(shop.text("label", parcel, 1, "id"), shop.text("parcel", parcel, 1, "id"));
  }
  EXPECT_GT(parcels, 500u);
  EXPECT_NEAR(static_cast<double>(labels) / static_cast<double>(parcels), 0.5, 0.1);
}

TEST(AnEmbeddedRow, IsTheSameAsTheRowItself) {
  const Shop shop;
  const auto& rows = shop.rows();
  std::size_t runs = 0;
  for (Ordinal ordinal = 0; ordinal < 200; ++ordinal) {
    Row row;
    rows.row(shop.id("order"), ordinal, 1, row);
    const RecordType& type = rows.type_of(shop.id("order"));
    const Cell& id = row[*type.find("store.id")];
    const Cell& city = row[*type.find("store.city")];
    const auto store = rows.ordinal_of(shop.id("store"), row.text_of(id));
    ASSERT_TRUE(store);
    EXPECT_EQ(row.text_of(city), shop.text("store", *store, 1, "city"));
    if (id.run == 2 && id.lent && id.instance == *store) ++runs;
    const Cell& lines = row[*type.find("lines")];
    EXPECT_EQ(row.cells[lines.begin].run, 0) << "the price is not of the run: it changes, and stands beside the id";
  }
  EXPECT_EQ(runs, 200u) << "columns that never change are lent, and marked as belonging together";
}

TEST(ARowOfAChange, IsTheRowOfItsVersion) {
  const Shop shop;
  const auto schedule = make_schedule(shop.scenario_of(), shop.rows(), shop.identity(), 0, 1);
  Row row;
  Row by_version;
  for (Change change; schedule->next(change);) {
    shop.rows().row_of(change, row);
    shop.rows().row(change.entity, change.ordinal, change.version, by_version);
    std::string a;
    std::string b;
    append_json_object(row, 0, shop.rows().type_of(change.entity), a);
    append_json_object(by_version, 0, shop.rows().type_of(change.entity), b);
    ASSERT_EQ(a, b);
  }
}

}  // namespace
}  // namespace freshet
