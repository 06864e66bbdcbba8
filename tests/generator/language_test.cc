// What the constructs of the language make: distributions, texts, people, conditions, tables, lives that return,
// upserts.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "generator/draw/sampler.h"
#include "generator/fit.h"
#include "generator/model/model.h"
#include "generator/small_shop.h"
#include "scenarios/examples.h"

namespace freshet {
namespace {

using shop::Shop;

Scenario parsed(const std::string& kind, const std::string& block) {
  return loaded_scenario(whole_scenario(kind, block), FRESHET_SOURCE_DIR "/docs/SCENARIO.md");
}

std::int64_t floor_of(std::int64_t value, std::int64_t unit) { return value / unit - (value % unit < 0 ? 1 : 0); }

Shop fields(const std::string& block) { return Shop(parsed("fields", block)); }
Shop parts(const std::string& block) { return Shop(parsed("parts", block)); }

/// Whether the values of a sampler's ranks 1 … n fit these weights.
double rank_excess(const Sampler& sampler, const std::vector<double>& weights) {
  constexpr std::uint64_t kDraws = 200'000;
  std::vector<std::uint64_t> seen(weights.size());
  for (std::uint64_t i = 0; i < kDraws; ++i) ++seen.at(static_cast<std::size_t>(sampler.whole(mix64(i)) - 1));
  double total = 0;
  for (const double weight : weights) total += weight;
  std::vector<double> expected;
  for (const double weight : weights) expected.push_back(weight / total * kDraws);
  return fit::chi_square_excess(seen, expected);
}

Distribution ranks(double s, double q, double n) { return {distributions::Zipf{n, s, q}}; }

TEST(ZipfDistribution, HasItsRanksWithAndWithoutAShift) {
  for (const auto& [s, q] : std::vector<std::pair<double, double>>{{0.75, 0}, {1, 0}, {1.2, 2.5}, {3.6, 1600}}) {
    std::vector<double> weights;
    for (int rank = 1; rank <= 200; ++rank) weights.push_back(std::pow(rank + q, -s));
    EXPECT_LT(rank_excess(Sampler(ranks(s, q, 200)), weights), fit::kChiSquareLimit) << s << ' ' << q;
  }
}

TEST(ZipfDistribution, AWrongShiftIsNoticed) {
  std::vector<double> weights;
  for (int rank = 1; rank <= 200; ++rank) weights.push_back(std::pow(rank, -1.2));
  EXPECT_GT(rank_excess(Sampler(ranks(1.2, 0.5, 200)), weights), fit::kChiSquareLimit);
}

TEST(QuantileTable, IsFollowedByTheDraws) {
  const Sampler sampler(Distribution{distributions::Quantiles{{{0, 10}, {0.75, 20}, {1, 60}}}});
  std::vector<double> sample;
  for (std::uint64_t i = 0; i < 50'000; ++i) sample.push_back(sampler.real(mix64(i)));
  const auto cumulative = [](double x) { return x < 20 ? (x - 10) / 10 * 0.75 : 0.75 + (x - 20) / 40 * 0.25; };
  EXPECT_LT(fit::distance(sample, cumulative), fit::kDistanceLimit);
}

TEST(Histogram, HasItsBinsAndTheirEnds) {
  const Shop shop = fields(R"({"n": {"histogram": [[1, 2, 3], [5, 5, 1]]}})");
  std::map<std::int64_t, int> seen;
  for (Ordinal i = 0; i < shop.count("thing"); ++i) ++seen[shop.number("thing", i, 1, "n")];
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_GT(seen[1], 0);
  EXPECT_GT(seen[2], 0);
  EXPECT_GT(seen[5], 0);
}

/// Dates of a short range stand in a table; the same instants as texts are computed.
TEST(Dates, OfARangeAreThoseOfItsInstantsInTheirZone) {
  for (const char* range : {R"(["1950-01-01", "1952-03-01"])", R"(["1968-12-30", "1972-03-01"])"}) {
    for (const char* zone : {"+02:00", "-05:30", "Z"}) {
      const auto at = [&](const std::string& form) {
        return fields(R"({"at": {"between": )" + std::string(range) + R"(, "as": ")" + form + R"(", "zone": ")" + zone +
                      R"("}})");
      };
      const Shop dates = at("date");
      const Shop instants = at("iso_us");
      ASSERT_GT(dates.count("thing"), 100u);
      std::set<std::string> seen;
      for (Ordinal i = 0; i < dates.count("thing"); ++i) {
        const std::string date = dates.text("thing", i, 1, "at");
        EXPECT_EQ(date, instants.text("thing", i, 1, "at").substr(0, 10)) << range << ' ' << zone;
        seen.insert(date);
      }
      EXPECT_GT(seen.size(), 50u);
    }
  }
}

/// How often each text of a column is there, over all instances of an entity.
std::map<std::string, std::uint64_t> counts_of(const Shop& shop, const std::string& entity, const std::string& column) {
  std::map<std::string, std::uint64_t> out;
  for (Ordinal i = 0; i < shop.count(entity); ++i) ++out[shop.text(entity, i, 1, column)];
  return out;
}

TEST(AWeightedReference, PicksInProportionToTheColumn) {
  const Shop shop = parts(R"({
    "entities": {
      "dock": {"rows": 12, "key": {"sequence": "%d", "first": 0}, "fields": {"size": {"integer": [0, 40]}}},
      "order": {"key": "uuid", "fields": {"dock": {"ref": "dock", "pick": {"weighted": "size"}}}}},
    "load": [{"entity": "order", "process": "constant", "rate": "10000/s", "for": "2s"}]})");
  const auto counts = counts_of(shop, "order", "dock.id");
  std::vector<std::uint64_t> seen;
  std::vector<double> sizes;
  double all = 0;
  for (Ordinal i = 0; i < 12; ++i) {
    const auto size = static_cast<double>(shop.number("dock", i, 1, "size"));
    const auto found = counts.find(std::to_string(i));
    const std::uint64_t times = found == counts.end() ? 0 : found->second;
    if (size == 0) {
      EXPECT_EQ(times, 0u);
      continue;
    }
    seen.push_back(times);
    sizes.push_back(size);
    all += size;
  }
  std::vector<double> expected;
  for (const double size : sizes) expected.push_back(size / all * static_cast<double>(shop.count("order")));
  EXPECT_LT(fit::chi_square_excess(seen, expected), fit::kChiSquareLimit);
  EXPECT_GT(fit::chi_square_excess(seen, std::vector<double>(seen.size(), expected[0])), fit::kChiSquareLimit);
}

/// Customers that arrive, one a millisecond, and orders that name one of them.
Shop regulars(const std::string& pick) {
  return parts(R"({
    "entities": {
      "customer": {"key": {"sequence": "%d", "first": 0}, "fields": {"city": {"choice": ["Bonn", "Kiel"]}}},
      "order": {"key": "uuid", "fields": {"customer": {"ref": "customer", )" +
               pick + R"("embed": ["id", "city"]}}}},
    "load": [{"entity": "customer", "process": "constant", "rate": "1000/s", "for": "3s"},
             {"entity": "order", "rate": "2000/s", "for": "3s"}]})");
}

TEST(AReferenceToArrivals, NamesOnlyWhoCameBefore) {
  const Shop shop = regulars("");
  std::vector<double> places;  // of the picked one among those there were
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    const Micros placed = shop.life("order", i).front().intended;
    if (shop.is_null("order", i, 1, "customer.id")) {
      EXPECT_LE(placed, shop.life("customer", 0).front().intended);
      EXPECT_TRUE(shop.is_null("order", i, 1, "customer.city"));
      continue;
    }
    const Ordinal customer = std::stoull(shop.text("order", i, 1, "customer.id"));
    EXPECT_LT(shop.life("customer", customer).front().intended, placed);
    EXPECT_EQ(shop.text("order", i, 1, "customer.city"), shop.text("customer", customer, 1, "city"));
    const double known = std::ceil(static_cast<double>(placed.count()) / 1000.0 - 0.5);
    if (known > 500) places.push_back((static_cast<double>(customer) + 0.5) / known);
  }
  EXPECT_LT(fit::distance(places, [](double x) { return std::clamp(x, 0.0, 1.0); }), fit::kDistanceLimit);
}

TEST(ARecentReference, GoesBackByAnExponentialDistance) {
  const Shop shop = regulars(R"("pick": {"recent": 100}, )");
  std::vector<double> back;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    const Micros placed = shop.life("order", i).front().intended;
    const double known = std::ceil(static_cast<double>(placed.count()) / 1000.0 - 0.5);
    if (known < 2'000) continue;  // e^-20 is cut off
    // The distance is a whole number: spread over its unit, it has the law's own cumulative at both of its ends.
    const double whole = known - 1 - std::stod(shop.text("order", i, 1, "customer.id"));
    const double u = unit(mix64(i));
    const double from = 1 - std::exp(-whole / 100);
    const double to = 1 - std::exp(-(whole + 1) / 100);
    back.push_back(from + (to - from) * u);
  }
  EXPECT_GT(back.size(), 1'000u);
  EXPECT_LT(fit::distance(back, [](double x) { return std::clamp(x, 0.0, 1.0); }), fit::kDistanceLimit);
  EXPECT_GT(fit::distance(back, [](double x) { return std::clamp(x * x, 0.0, 1.0); }), fit::kDistanceLimit);
}

/// An instance that lives at an instant, by its life.
bool lives(const Shop& shop, const std::string& entity, Ordinal ordinal, Micros instant) {
  bool alive = false;
  for (const LifeEvent& event : shop.life(entity, ordinal)) {
    if (event.intended > instant) break;
    alive = event.operation != Operation::Delete;
  }
  return alive;
}

/// The number of references of each kind to an instance that does not exist when the order is placed.
std::map<std::string, int> dead_references(const std::string& option) {
  std::string text = R"({
    "entities": {
      "product": {"rows": 40, "key": {"sequence": "%d", "first": 0}},
      "slot": {"keys": 40, "key": {"sequence": "%d", "first": 0}},
      "customer": {"key": {"sequence": "%d", "first": 0},
        "life": {"active": {"after": {"exponential": "1s", "min": "50ms"}, "to": "deleted"}}},
      "order": {"key": "uuid", "fields": {
        "product": {"ref": "product", "pick": {"zipf": 0.9} OPTION}, "slot": {"ref": "slot" OPTION},
        "customer": {"ref": "customer", "pick": {"recent": 200} OPTION}}}},
    "load": [{"entity": "customer", "rate": "300/s", "for": "3s"}, {"entity": "order", "rate": "1000/s", "for": "3s"},
             {"entity": "slot", "put": "30/s", "for": "3s"}, {"entity": "slot", "delete": "10/s", "for": "3s"},
             {"entity": "product", "delete": "20/s", "for": "3s"}]})";
  for (std::size_t at = text.find("OPTION"); at != std::string::npos; at = text.find("OPTION")) {
    text.replace(at, 6, option);
  }
  const Shop shop = parts(text);
  std::map<std::string, int> dead{{"named", 0}};
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    const Micros placed = shop.life("order", i).front().intended;
    for (const std::string entity : {"product", "slot", "customer"}) {
      if (shop.is_null("order", i, 1, entity + ".id")) continue;
      ++dead["named"];
      if (!lives(shop, entity, std::stoull(shop.text("order", i, 1, entity + ".id")), placed)) ++dead[entity];
    }
  }
  return dead;
}

TEST(ALivingReference, NeverNamesTheDead) {
  const auto living = dead_references(R"(, "living": true)");
  EXPECT_GT(living.at("named"), 5'000);
  EXPECT_EQ(living.size(), 1u) << "somebody dead was named";
  const auto any = dead_references("");
  EXPECT_GT(any.at("product"), 0);
  EXPECT_GT(any.at("customer"), 0);
  EXPECT_FALSE(any.contains("slot")) << "an unborn row of a key space is never named";
}

TEST(Texts, FollowTheirPatternsAndLengths) {
  const Shop shop = fields(
      R"({"sku": {"pattern": "[A-C]{2}-[0-9]{3,5}\\["}, "note": {"text": {"uniform": [5, 9]}}, "id7": "uuid7"})");
  const std::regex sku("[A-C]{2}-[0-9]{3,5}\\[");
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::size_t> lengths;
  for (Ordinal i = 0; i < shop.count("thing"); ++i) {
    EXPECT_TRUE(std::regex_match(shop.text("thing", i, 1, "sku"), sku)) << shop.text("thing", i, 1, "sku");
    EXPECT_TRUE(std::regex_match(shop.text("thing", i, 1, "id7"), uuid)) << shop.text("thing", i, 1, "id7");
    lengths.insert(shop.text("thing", i, 1, "note").size());
  }
  EXPECT_EQ(lengths, (std::set<std::size_t>{5, 6, 7, 8, 9}));
}

TEST(APerson, IsOneAndTheSameInAllParts) {
  const Shop shop =
      fields(R"({"who": {"person": ["name", "first_name", "last_name", "email", "country", "city", "postcode", "phone"],
                                       "locale": {"en_US": 1, "de_DE": 1}, "inline": true}})");
  std::set<std::string> countries;
  int berliners = 0;
  for (Ordinal i = 0; i < shop.count("thing"); ++i) {
    const auto part = [&](const char* name) { return shop.text("thing", i, 1, name); };
    EXPECT_EQ(part("name"), part("first_name") + " " + part("last_name"));
    EXPECT_EQ(part("phone").substr(0, 2), part("country") == "DE" ? "+4" : "+1");
    if (part("city") == "Berlin") {
      EXPECT_EQ(part("phone").substr(0, 13), "+49 30 23125 ");
      EXPECT_EQ(part("postcode").substr(0, 2), "10");
      ++berliners;
    }
    EXPECT_NE(part("email").find("@example."), std::string::npos);
    countries.insert(part("country"));
  }
  EXPECT_EQ(countries.size(), 2u);
  EXPECT_GT(berliners, 0);
}

TEST(AList, InAnObjectHasItemsOfItsOwnAndSeesWhatIsBesideIt) {
  const Shop shop = fields(R"({"tare": {"integer": [100, 900]}, "box": {"object": {
    "tare": {"integer": [1, 9]},
    "lines": {"list": 3, "of": {"weight": {"integer": [1, 5]}, "size": {"object": {"width": {"integer": [1, 9]}}},
                                "gross": {"add": ["weight", "tare"]}}},
    "gross": {"sum": "lines.gross"}}}, "width": {"sum": "box.lines.size.width"}})");
  for (Ordinal i = 0; i < shop.count("thing"); ++i) {
    const nlohmann::json row = nlohmann::json::parse(shop.json("thing", i));
    std::int64_t gross = 0;
    std::int64_t width = 0;
    for (const nlohmann::json& line : row["box"]["lines"]) {
      EXPECT_EQ(line["gross"], line["weight"].get<int>() + row["box"]["tare"].get<int>()) << row;
      gross += line["gross"].get<int>();
      width += line["size"]["width"].get<int>();
    }
    EXPECT_EQ(row["box"]["gross"], gross) << row;
    EXPECT_EQ(row["width"], width) << row;
  }
}

TEST(APattern, MayHaveLettersOfAnyAlphabet) {
  const Shop shop = fields(R"({"sku": {"pattern": "Größe [A-Z]{2}"}})");
  EXPECT_TRUE(std::regex_match(shop.text("thing", 0, 1, "sku"), std::regex("Größe [A-Z]{2}")));
}

TEST(EpochTexts, OfARangeFitTheirColumn) {
  const Shop shop = fields(R"({"born": {"between": ["1700-01-01", "1750-12-31"], "as": "epoch_ms"}})");
  const auto longest =
      static_cast<std::size_t>(shop.scenario_of().entities.back().record.columns.at(1).type.max_length);
  for (Ordinal i = 0; i < shop.count("thing"); ++i) EXPECT_LE(shop.text("thing", i, 1, "born").size(), longest);
  EXPECT_GT(shop.text("thing", 0, 1, "born").size(), 13u) << "more than those of our time";
}

TEST(Conditions, ChooseByValueByBoundAndByTable) {
  const Shop shop = fields(R"({
    "size": {"integer": [1, 30]},
    "class": {"when": "size", "at_least": {"20": "large", "10": "medium"}, "else": "small"},
    "one": {"when": "size", "is": {"1": {"constant": true}}, "else": false},
    "rate": {"lookup": "class", "in": {"large": "0.5", "small": "0.25"}},
    "maybe": {"null": "30%", "else": "x"}})");
  int nulls = 0;
  for (Ordinal i = 0; i < shop.count("thing"); ++i) {
    const std::int64_t size = shop.number("thing", i, 1, "size");
    EXPECT_EQ(shop.text("thing", i, 1, "class"), size >= 20 ? "large" : size >= 10 ? "medium" : "small");
    EXPECT_EQ(shop.text("thing", i, 1, "one"), size == 1 ? "true" : "false");
    EXPECT_EQ(shop.text("thing", i, 1, "rate"), size >= 20 ? "0.50" : size >= 10 ? "∅" : "0.25");
    nulls += shop.text("thing", i, 1, "maybe") == "∅" ? 1 : 0;
  }
  const auto count = static_cast<double>(shop.count("thing"));
  EXPECT_NEAR(nulls, 0.3 * count, 4 * std::sqrt(0.21 * count));
}

TEST(Money, IsRoundedAndTaxedExactly) {
  const Shop shop = fields(R"({"gross": {"decimal": "11.40"}, "nett": {"nett": "gross", "rate": "0.14"},
    "vat": {"vat": "gross", "rate": "0.14"}, "on_top": {"vat": "nett", "rate": "0.14", "prices": "exclusive"},
    "cash": {"round": {"decimal": "11.38"}, "to": "0.05"}, "whole": {"round": {"decimal": "2.5"}, "scale": 0}})");
  EXPECT_EQ(shop.text("thing", 0, 1, "nett"), "10.00");
  EXPECT_EQ(shop.text("thing", 0, 1, "vat"), "1.40");
  EXPECT_EQ(shop.text("thing", 0, 1, "on_top"), "1.40");
  EXPECT_EQ(shop.text("thing", 0, 1, "cash"), "11.40");
  EXPECT_EQ(shop.text("thing", 0, 1, "whole"), "3");
}

TEST(OrderedKeys, LeadBackToTheirOrdinals) {
  const Shop shop = parts(R"({"entities": {"order": {"key": "uuid7", "fields": {"n": 1}}}})");
  std::string before;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    const std::string key = shop.text("order", i, 1, "id");
    EXPECT_EQ(shop.rows().ordinal_of(shop.id("order"), key), i);
    EXPECT_LE(before.substr(0, 13), key.substr(0, 13)) << "later rows have later keys";
    before = key;
    std::string other = key;
    other[2] = other[2] == '0' ? '1' : '0';
    EXPECT_EQ(shop.rows().ordinal_of(shop.id("order"), other), std::nullopt);
  }
}

TEST(ALife, ReturnsAfterItsDelete) {
  const Shop shop = parts(R"({"entities": {"order": {"key": "uuid", "fields": {"status": "state"}, "life": {
    "open": {"after": "200ms", "to": "deleted"}, "deleted": {"after": "100ms", "to": "back"}}}}})");
  int returned = 0;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    const auto life = shop.life("order", i);
    if (life.size() < 3) continue;
    EXPECT_EQ(life[1].operation, Operation::Delete);
    EXPECT_EQ(life[2].operation, Operation::Insert);
    EXPECT_EQ(life[2].version, 3u);
    EXPECT_EQ(shop.text("order", i, 2, "status"), "open") << "of a delete: the image before it";
    EXPECT_EQ(shop.text("order", i, 3, "status"), "back");
    ++returned;
  }
  EXPECT_GT(returned, 20);
}

TEST(Churn, HasTheUpdatesAndDeletesItSays) {
  for (const auto& [mean, share] : std::vector<std::pair<double, double>>{{0.5, 0}, {2, 0.13}, {4, 0.02}, {1, 1}}) {
    const std::string deletes = share > 0 ? ", \"deletes\": " + std::to_string(share) : "";
    const Shop shop = parts(R"({"entities": {"order": {"key": "uuid", "fields": {"n": {"integer": [1, 9]}},
      "churn": {"updates": )" +
                            std::to_string(mean) + deletes + R"(, "every": "1ms", "set": {"n": {"integer": [1, 9]}}}}},
      "load": [{"entity": "order", "rate": "2000/s", "for": "5s"}]})");
    double updates = 0;
    double gone = 0;
    const auto count = static_cast<double>(shop.count("order"));
    for (Ordinal i = 0; i < shop.count("order"); ++i) {
      for (const LifeEvent& event : shop.life("order", i)) {
        updates += event.operation == Operation::Update ? 1 : 0;
        gone += event.operation == Operation::Delete ? 1 : 0;
      }
    }
    // The number of updates is geometric: variance mean * (1 + mean).
    EXPECT_NEAR(updates / count, mean, 5 * std::sqrt(mean * (1 + mean) / count)) << mean;
    EXPECT_NEAR(gone / count, share, 5 * std::sqrt(share * (1 - share) / count) + 0.002) << "of " << mean;
  }
}

TEST(DataFiles, GiveEachRowTheLineOfItsOrdinalFromTheStartAgain) {
  const Shop shop = parts(R"({"entities": {"zone": {"data": "../tests/scenarios/data/zones.csv", "rows": 100,
    "key": {"sequence": "Z%d"}, "fields": {"country": {"data": "country"}, "fee": {"data": "fee"}}},
    "order": {"key": "uuid", "fields": {"zone": {"ref": "zone", "embed": ["country"]}}}}})");
  std::ifstream file(FRESHET_SOURCE_DIR "/tests/scenarios/data/zones.csv");
  std::vector<std::string> countries;
  std::string line;
  std::getline(file, line);
  ASSERT_EQ(line.substr(0, 8), "country,");
  while (std::getline(file, line)) {
    std::erase(line, '"');
    countries.push_back(line.substr(0, line.find(',')));
  }
  ASSERT_GT(countries.size(), 1u);
  for (Ordinal i = 0; i < 100; ++i) EXPECT_EQ(shop.text("zone", i, 1, "country"), countries[i % countries.size()]);
}

TEST(Nulls, HaveTheirShareAndLeaveOtherValuesAlone) {
  const std::string load = R"(, "load": [{"entity": "order", "rate": "2000/s", "for": "5s"}]})";
  const auto shop_of = [&](const std::string& value) {
    return parts(R"({"entities": {"order": {"key": "uuid", "fields": {"n": )" + value + "}}}" + load);
  };
  const Shop some = shop_of(R"({"null": "30%", "else": {"integer": [1, 1000]}})");
  const Shop all = shop_of(R"({"integer": [1, 1000]})");
  double nulls = 0;
  int same = 0;
  const auto count = static_cast<double>(some.count("order"));
  for (Ordinal i = 0; i < some.count("order"); ++i) {
    if (some.is_null("order", i, 1, "n")) {
      ++nulls;
    } else {
      same += some.number("order", i, 1, "n") == all.number("order", i, 1, "n") ? 1 : 0;
    }
  }
  EXPECT_NEAR(nulls / count, 0.3, 5 * std::sqrt(0.3 * 0.7 / count));
  EXPECT_EQ(same, static_cast<int>(count - nulls));
}

TEST(Times, AreOneInstantInEveryForm) {
  const Shop shop = fields(
      R"({"native": {"time": "created"}, "s": {"time": "created", "as": "unix_s"}, "ms": {"time": "created", "as": "unix_ms"},
    "us": {"time": "created", "as": "unix_us"}, "text": {"time": "created", "as": "epoch_ms"}, "date": {"time": "created", "as": "date"},
    "iso": {"time": "created", "as": "iso_us", "zone": "-02:30"}, "later": {"time": "created", "plus": "36h", "as": "unix_us"},
    "before": {"time": "created", "minus": {"uniform": ["1s", "2s"]}, "as": "unix_us"}})");
  for (Ordinal i = 0; i < shop.count("thing"); ++i) {
    const auto number = [&](const char* name) { return shop.number("thing", i, 1, name); };
    const std::int64_t micros = number("us");
    EXPECT_EQ(number("native"), micros);
    EXPECT_EQ(number("s"), floor_of(micros, 1'000'000));
    EXPECT_EQ(number("ms"), floor_of(micros, 1000));
    EXPECT_EQ(shop.text("thing", i, 1, "text"), std::to_string(floor_of(micros, 1000)));
    EXPECT_EQ(number("later"), micros + 36 * 3600 * kMicrosPerSecond.count());
    EXPECT_GE(micros - number("before"), kMicrosPerSecond.count());
    EXPECT_LE(micros - number("before"), 2 * kMicrosPerSecond.count());
    std::string utc = shop.text("thing", i, 1, "iso");
    ASSERT_EQ(utc.substr(26), "-02:30");
    std::int64_t parsed = 0;
    ASSERT_TRUE(parse_time(utc.substr(0, 26) + "Z", parsed)) << utc;
    EXPECT_EQ(parsed + 150 * 60 * kMicrosPerSecond.count(), micros) << utc;
    std::int64_t midnight = 0;
    ASSERT_TRUE(parse_time(shop.text("thing", i, 1, "date") + "T00:00:00Z", midnight));
    EXPECT_EQ(midnight, floor_of(micros, 24 * 3600 * kMicrosPerSecond.count()) * 24 * 3600 * kMicrosPerSecond.count());
  }
}

TEST(Upserts, InsertMissingRowsAndUpdateExistingOnes) {
  const Shop shop = parts(R"({"entities": {"order": {"keys": 50, "key": {"sequence": "%d"}, "fields": {
      "price": {"decimal": ["1.00", "99.00"]}, "twice": {"multiply": ["price", "2"], "scale": 2}}}},
    "load": [{"entity": "order", "put": "100/s", "for": "3s"}, {"entity": "order", "delete": "30/s", "for": "3s"}]})");
  std::map<Operation, int> seen;
  for (Ordinal i = 0; i < shop.count("order"); ++i) {
    bool living = false;
    std::set<std::string> prices;
    for (const LifeEvent& event : shop.life("order", i)) {
      EXPECT_EQ(event.operation == Operation::Insert, !living);
      living = event.operation != Operation::Delete;
      ++seen[event.operation];
      prices.insert(shop.text("order", i, event.version, "price"));
      EXPECT_EQ(shop.number("order", i, event.version, "twice"), 2 * shop.number("order", i, event.version, "price"));
    }
    EXPECT_TRUE(shop.life("order", i).size() < 4 || prices.size() > 1) << "a put makes the price anew";
  }
  EXPECT_GT(seen[Operation::Insert], 50) << "some came back";
  EXPECT_GT(seen[Operation::Update], 50);
  EXPECT_GT(seen[Operation::Delete], 20);
}

}  // namespace
}  // namespace freshet
