// freshet fit: right samples fit, and every class of check refuses what is a little wrong. The controls are of two
// kinds: the scenario says something else than what the rows were made of, and the rows are bent on their way.
#include "fit/fit.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <cmath>

#include "app/freshet_process.h"
#include "fakes/bent_rows.h"
#include "fit/distributions/special.h"
#include "fit/report/fit_pages.h"
#include "generator/model/model.h"
#include "generator/write/backends.h"
#include "scenarios/examples.h"
#include "scenarios/loaded.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Verdict = FitCheck::Verdict;

constexpr std::int64_t kSample = 30'000;
constexpr WallTime kEpoch{1'700'000'000 * kMicrosPerSecond};

/// Everything that can be judged, in one shop.
constexpr const char* kShop = R"json({
  "freshet": 1, "name": "fitted", "seed": 11, "time_scale": 4, "warm_up": "1s",
  "entities": {
    "clerk": {"rows": 60, "key": {"id": {"sequence": "C%03d"}}, "fields": {"age": {"normal": {"mean": 40, "sd": 9}, "min": 18}}},
    "product": {"rows": 500, "key": {"id": {"sequence": "P%04d"}}, "fields": {"stock": {"integer": [0, 99]}}},
    "article": {"rows": 400, "key": {"id": {"sequence": "A%04d"}}, "fields": {"stock": {"integer": [0, 99]}}},
    "slot": {"keys": 300, "key": {"id": {"sequence": "%d"}}, "fields": {"use": {"choice": {"new": 3, "used": 1}}, "size": {"integer": [1, 9]}}},
    "depot": {"rows": 40, "key": {"sequence": "D%d"}, "fields": {"docks": {"integer": [0, 9]}}},
    "visitor": {"key": {"sequence": "V%d"}},
    "guest": {"key": {"sequence": "G%d"}, "life": {"here": {"after": {"exponential": "8s", "min": "800ms"}, "to": "deleted"}}},
    "order": {"key": {"number": "uuid"}, "fields": {
      "depot": {"ref": "depot", "pick": {"weighted": "docks"}},
      "visitor": {"ref": "visitor", "pick": {"recent": 300}},
      "host": {"ref": "visitor"},
      "slot": {"ref": "slot", "pick": {"zipf": 0.75}, "living": true},
      "guest": {"ref": "guest", "pick": {"recent": 2000}, "living": true},
      "friend": {"ref": "guest", "living": true},
      "bay": {"ref": "product", "pick": {"weighted": "stock"}, "living": true},
      "country": {"choice": {"DE": 7, "US": 2, "FR": 1}},
      "amount": {"when": "country", "is": {"US": {"lognormal": {"median": "30.00", "sigma": 1}}}, "else": {"lognormal": {"median": "12.00", "sigma": 0.7}, "min": "1.00", "max": "90.00"}},
      "class": {"when": "amount", "at_least": {"50.00": {"integer": [1, 3]}, "20.00": {"integer": [4, 6]}}, "else": {"integer": [7, 9]}},
      "vat": {"lookup": "country", "in": {"DE": "0.19", "FR": "0.20"}, "else": "0.00"},
      "weight": {"normal": {"mean": 1.5, "sd": 0.2}, "min": 0.9, "as": "double"},
      "age": {"exponential": 400},
      "rating": {"uniform": ["1", "5"], "scale": 1},
      "visits": {"geometric": {"mean": 3}, "max": 40},
      "rank": {"zipf": {"s": 1.1, "of": 1000}},
      "mandel": {"zipf": {"s": 3.6, "of": 3900, "q": 1600}},
      "value": {"histogram": [["0.00", "9.99", 60], ["10.00", "49.99", 35], ["50.00", "500.00", 5]]},
      "unit": {"quantiles": {"0%": "0.42", "25%": "1.25", "50%": "2.08", "75%": "4.13", "100%": "649.50"}},
      "gift": {"chance": "12%"},
      "phone": {"null": "40%", "else": {"choice": {"home": 1, "work": 1}}},
      "note": {"text": {"uniform": [20, 80]}},
      "due": {"time": "created", "plus": {"uniform": ["24h", "72h"]}, "as": "date"},
      "seen": {"time": "created", "minus": {"exponential": "30s"}},
      "born": {"between": ["1950-01-01", "2006-12-31"], "as": "iso", "zone": "+02:00"},
      "buyer": {"person": ["city", "last_name"], "locale": {"en_US": 7, "de_DE": 3}},
      "clerk": {"ref": "clerk"},
      "lines": {"list": {"geometric": {"mean": 2, "max": 6}}, "of": {
        "product": {"ref": "product", "pick": {"zipf": 0.75}, "inline": true, "embed": ["id"]},
        "quantity": {"integer": [1, 5]}}}},
      "life": {"open": {"after": {"exponential": "2s", "min": "800ms"}, "to": {"paid": 88, "void": 12}},
               "paid": {"after": {"lognormal": {"median": "3s", "sigma": 0.5}, "min": "1s"}, "to": "returned", "share": "30%",
                        "set": {"rating": {"decimal": ["2.0", "4.0"]}}},
               "void": {"after": "2s", "to": "deleted"},
               "deleted": {"after": {"uniform": ["1s", "3s"]}, "to": "open", "share": "50%"}}},
    "payment": {"per": "order", "share": "90%", "delay": {"exponential": "5s", "min": "1s"}, "key": {"number": "parent"},
                "fields": {"method": {"choice": ["card", "cash"]}}},
    "item": {"per": "order", "share": "95%", "count": {"geometric": {"mean": 2}, "max": 5}, "delay": {"uniform": ["100ms", "900ms"]},
             "key": {"id": {"sequence": "I%d"}}}
  },
  "load": [
    {"entity": "visitor", "rate": "90/s", "for": "10s", "backfill": {"rate": "2/s", "for": "10m"}},
    {"entity": "guest", "rate": "90/s", "for": "10s"},
    {"entity": "order", "stages": [{"rate": "800/s", "for": "5s"}, {"ramp": "1600/s", "for": "5s"}]},
    {"entity": "product", "update": "300/s", "pick": {"zipf": 0.99}, "set": {"stock": {"integer": [0, 49]}}},
    {"entity": "article", "update": "100/s", "process": "constant", "pick": {"zipf": 0.5}, "set": {"stock": {"integer": [0, 9]}}},
    {"entity": "article", "delete": "40/s", "reinsert": {"exponential": "4s", "min": "1s"}},
    {"entity": "slot", "put": "300/s", "pick": {"zipf": 0.75}, "set": {"use": {"choice": {"new": 1, "used": 1}}}},
    {"entity": "slot", "delete": "60/s"}],
  "write": {}
})json";

Scenario shop(const std::string& from = {}, const std::string& to = {}) {
  return loaded_scenario(replaced(kShop, from, to), "fitted.json");
}

/// Rows of a scenario, as declared and enlarged.
struct Made {
  explicit Made(Scenario of, std::int64_t instances = kSample)
      : scenario(std::move(of)),
        enlarged(enlarged_for_fit(scenario, instances)),
        sample(instances),
        rows(make_model(scenario, {scenario.seed, 0, kEpoch})),
        more(make_model(enlarged, {scenario.seed, 0, kEpoch})) {}

  /// Against what `says` declares.
  [[nodiscard]] FitReport fit(const Scenario& says, const Rows& declared_rows, const Rows& more_rows) const {
    const Scenario says_enlarged = enlarged_for_fit(says, sample);
    const auto order = [&](EntityId entity) { return popularity_order(scenario, scenario.seed, entity); };
    return fit_scenario({{says, declared_rows, kEpoch}, {says_enlarged, more_rows, kEpoch}, order, sample});
  }
  [[nodiscard]] FitReport fit(const Scenario& says) const { return fit(says, *rows, *more); }

  Scenario scenario;
  Scenario enlarged;
  std::int64_t sample;
  std::unique_ptr<const Rows> rows;
  std::unique_ptr<const Rows> more;
};

const Made& right() {
  static const Made made(shop());
  return made;
}

std::vector<std::string> named(const FitReport& report, Verdict verdict) {
  std::vector<std::string> names;
  for (const FitCheck& check : report.checks) {
    if (check.verdict == verdict) names.push_back(check.name());
  }
  return names;
}

TEST(Fit, ACorrectSampleFitsInEveryClassOfCheck) {
  const FitReport report = right().fit(right().scenario);
  EXPECT_THAT(named(report, Verdict::Differs), ::testing::IsEmpty()) << fit_text(report);
  EXPECT_TRUE(report.fits());
  EXPECT_GE(report.count(Verdict::Fits), 70);
  EXPECT_THAT(named(report, Verdict::NotJudged), ::testing::ElementsAre("order.number", "payment.number"));
}

/// The declaration that is changed after the rows were made, and the check that must say so.
struct Falsehood {
  const char* name;
  const char* from;
  const char* to;
  const char* check;
};

class AFalseDeclaration : public ::testing::TestWithParam<Falsehood> {};

TEST_P(AFalseDeclaration, IsNamed) {
  const FitReport report = right().fit(shop(GetParam().from, GetParam().to));
  EXPECT_THAT(named(report, Verdict::Differs), ::testing::Contains(GetParam().check)) << fit_text(report);
  EXPECT_FALSE(report.fits());
}

constexpr Falsehood kFalsehoods[] = {
    {"Choice", "\"DE\": 7", "\"DE\": 7.5", "order.country"},
    {"Lognormal", "\"median\": \"12.00\"", "\"median\": \"12.50\"", "order.amount [else]"},
    {"LognormalOfACase", "\"sigma\": 1}", "\"sigma\": 1.15}", "order.amount [country = US]"},
    {"Truncation", "\"max\": \"90.00\"", "\"max\": \"60.00\"", "order.amount [else]"},
    {"Threshold", "\"20.00\": {\"integer\": [4, 6]}", "\"20.00\": {\"integer\": [4, 7]}",
     "order.class [amount >= 20.00]"},
    {"Lookup", "\"FR\": \"0.20\"", "\"FR\": \"0.21\"", "order.vat [country = FR]"},
    {"Normal", "\"sd\": 0.2", "\"sd\": 0.22", "order.weight"},
    {"Exponential", "{\"exponential\": 400}", "{\"exponential\": 420}", "order.age"},
    {"Uniform", "[\"1\", \"5\"]", "[\"1\", \"5.2\"]", "order.rating"},
    {"Geometric", "{\"geometric\": {\"mean\": 3}, \"max\": 40}", "{\"geometric\": {\"mean\": 3.2}, \"max\": 40}",
     "order.visits"},
    {"Zipf", "{\"s\": 1.1,", "{\"s\": 1.13,", "order.rank"},
    {"ZipfMandelbrot", "\"q\": 1600", "\"q\": 1800", "order.mandel"},
    {"Histogram", "\"9.99\", 60]", "\"9.99\", 66]", "order.value"},
    {"Quantiles", "\"50%\": \"2.08\"", "\"50%\": \"2.20\"", "order.unit"},
    {"Chance", "\"chance\": \"12%\"", "\"chance\": \"13.5%\"", "order.gift: share of true"},
    {"Null", "\"null\": \"40%\"", "\"null\": \"42%\"", "order.phone: share of null"},
    {"BehindNull", "\"home\": 1,", "\"home\": 1.12,", "order.phone"},
    {"Length", "\"uniform\": [20, 80]", "\"uniform\": [20, 84]", "order.note: length"},
    {"CoarseTime", "[\"24h\", \"72h\"]", "[\"24h\", \"76h\"]", "order.due"},
    {"TimeBefore", "\"minus\": {\"exponential\": \"30s\"}", "\"minus\": {\"exponential\": \"32s\"}", "order.seen"},
    {"Between", "\"2006-12-31\"", "\"2009-12-31\"", "order.born"},
    {"Locale", "\"en_US\": 7, \"de_DE\": 3", "\"en_US\": 7, \"de_DE\": 3.4", "order.buyer.city"},
    {"Pick", "{\"zipf\": 0.75}, \"inline\"", "{\"zipf\": 0.80}, \"inline\"", "order.lines.product: pick"},
    {"UniformPick", "{\"ref\": \"clerk\"}", "{\"ref\": \"clerk\", \"pick\": {\"zipf\": 0.1}}", "order.clerk: pick"},
    {"Items", "{\"mean\": 2, \"max\": 6}", "{\"mean\": 2.1, \"max\": 6}", "order.lines: items"},
    {"ColumnOfItems", "\"quantity\": {\"integer\": [1, 5]}", "\"quantity\": {\"integer\": [1, 6]}",
     "order.lines.quantity"},
    {"Dwell", "{\"exponential\": \"2s\", \"min\": \"800ms\"}", "{\"exponential\": \"2.1s\", \"min\": \"800ms\"}",
     "order: dwell in open"},
    {"ConstantDwell", "\"void\": {\"after\": \"2s\"", "\"void\": {\"after\": \"2.1s\"", "order: dwell in void"},
    {"Branch", "\"paid\": 88, \"void\": 12", "\"paid\": 86, \"void\": 14", "order: next state in open"},
    {"Leaving", "\"share\": \"30%\"", "\"share\": \"33%\"", "order: share that leaves in paid"},
    {"Mix", "\"share\": \"30%\"", "\"share\": \"35%\"", "order: updates per instance"},
    {"Set", "[\"2.0\", \"4.0\"]", "[\"2.0\", \"4.2\"]", "order.rating [set in paid]"},
    {"Revival", "{\"uniform\": [\"1s\", \"3s\"]}", "{\"uniform\": [\"1s\", \"3.2s\"]}", "order: dwell after delete"},
    {"ChildShare", "\"share\": \"90%\"", "\"share\": \"92%\"", "payment: share of parents"},
    {"ChildDelay", "{\"exponential\": \"5s\", \"min\": \"1s\"}", "{\"exponential\": \"5.3s\", \"min\": \"1s\"}",
     "payment: delay"},
    {"WeightedPick", "\"pick\": {\"weighted\": \"docks\"}", "\"pick\": \"uniform\"", "order.depot: pick"},
    {"RecentPick", "{\"recent\": 300}", "{\"recent\": 330}", "order.visitor: pick"},
    {"PickOfArrivals", "\"host\": {\"ref\": \"visitor\"}",
     "\"host\": {\"ref\": \"visitor\", \"pick\": {\"recent\": 90000}}", "order.host: pick"},
    {"LivingPick", "{\"zipf\": 0.75}, \"living\"", "{\"zipf\": 0.85}, \"living\"", "order.slot: pick"},
    {"LivingOrNot", "{\"ref\": \"guest\", \"living\": true}", "{\"ref\": \"guest\"}", "order.friend: pick"},
    {"LivingRecentPick", "{\"recent\": 2000}", "{\"recent\": 2400}", "order.guest: pick"},
    {"LivingUniformPick", "\"friend\": {\"ref\": \"guest\"",
     "\"friend\": {\"ref\": \"guest\", \"pick\": {\"recent\": 5000}", "order.friend: pick"},
    {"LivingWeightedPick", "\"pick\": {\"weighted\": \"stock\"}", "\"pick\": {\"zipf\": 0.2}", "order.bay: pick"},
    {"Children", "{\"mean\": 2}, \"max\": 5}", "{\"mean\": 2.1}, \"max\": 5}", "item: children of a parent"},
    {"ChildrenOfAShare", "\"share\": \"95%\"", "\"share\": \"96%\"", "item: children of a parent"},
    {"History", "\"backfill\": {\"rate\": \"2/s\"", "\"backfill\": {\"rate\": \"2.1/s\"",
     "visitor: arrivals of the history"},
    {"Rate", "\"rate\": \"800/s\"", "\"rate\": \"890/s\"", "order: rate from 0 s to 5 s"},
    {"Ramp", "\"ramp\": \"1600/s\"", "\"ramp\": \"1900/s\"", "order: rate from 5 s to 10 s"},
    {"UpdateRate", "\"update\": \"300/s\"", "\"update\": \"340/s\"", "product: background updates: rate"},
    {"UpdateSkew", "{\"zipf\": 0.99}", "{\"zipf\": 1.03}", "product: background updates: skew"},
    {"FreeSet", "\"integer\": [0, 49]", "\"integer\": [0, 50]", "product.stock [set by update]"},
    {"DeleteRate", "\"delete\": \"40/s\"", "\"delete\": \"55/s\"", "article: background deletes: rate"},
    {"Away", "{\"exponential\": \"4s\", \"min\": \"1s\"}", "{\"exponential\": \"5s\", \"min\": \"1s\"}",
     "article: away until re-insert"},
    {"PutRate", "\"put\": \"300/s\"", "\"put\": \"350/s\"", "slot: background updates: rate"},
    {"PutSkew", "\"pick\": {\"zipf\": 0.75}, \"set\"", "\"pick\": {\"zipf\": 0.85}, \"set\"",
     "slot: background updates: skew"},
    {"PutSet", "{\"new\": 1, \"used\": 1}", "{\"new\": 1.1, \"used\": 1}", "slot.use [set by put]"},
    {"Sequence", "\"C%03d\"", "\"C%04d\"", "clerk.id"},
};

INSTANTIATE_TEST_SUITE_P(Fit, AFalseDeclaration, ::testing::ValuesIn(kFalsehoods),
                         [](const auto& each) { return std::string(each.param.name); });

/// A source of rows that errs a little, and the check that must say so.
struct Bend {
  const char* name;
  BentRows::BendRow row;
  BentRows::BendLife life;
  const char* check;
};

EntityId id_of(const char* entity) { return *right().scenario.find_entity(entity); }

Cell& cell_named(const char* entity, const char* column, Row& row) {
  const RecordType& type = right().more->type_of(id_of(entity));
  return row[type.find(column).value()];
}

BentRows::BendRow change(const char* entity, const char* column, unsigned one_in,
                         const std::function<void(Row&, Cell&)>& how) {
  return [=](EntityId id, Ordinal ordinal, Row& row) {
    if (id == id_of(entity) && ordinal % one_in == 0) how(row, cell_named(entity, column, row));
  };
}

BentRows::BendLife move(const char* entity, const std::function<Micros(Micros)>& how) {
  return [=](EntityId id, Ordinal, std::vector<LifeEvent>& life) {
    if (id != id_of(entity)) return;
    for (LifeEvent& event : life) event.intended = how(event.intended);
  };
}

std::vector<Bend> bends() {
  const auto add = [](std::int64_t what) { return [what](Row&, Cell& cell) { cell.number += what; }; };
  const auto text = [](const char* what) { return [what](Row& row, Cell& cell) { cell = row.add_text(what); }; };
  return {
      {"AValue", change("order", "age", 8, add(100)), {}, "order.age"},
      {"AValueOutside", change("order", "rating", 10'000, add(50)), {}, "order.rating"},
      {"AKindThatIsNone", change("order", "country", 10'000, text("XX")), {}, "order.country"},
      {"AnInstant", change("order", "seen", 1, add(1'500'000)), {}, "order.seen"},
      {"ANull",
       change("order", "phone", 25, [](Row&, Cell& cell) { cell = null_cell(); }),
       {},
       "order.phone: share of null"},
      {"ANullThatCannotBe",
       change("order", "age", 9'000, [](Row&, Cell& cell) { cell = null_cell(); }),
       {},
       "order.age"},
      {"AReference", change("order", "clerk.id", 20, text("C001")), {}, "order.clerk: pick"},
      {"AReferenceToTheDead", change("order", "guest.id", 5'000, text("G1")), {}, "order.guest: pick"},
      {"AReferenceToNothing", change("order", "friend.id", 5'000, text("G")), {}, "order.friend: pick"},
      {"ALivingReferenceMore", change("order", "slot.id", 25, text("7")), {}, "order.slot: pick"},
      {"AList",
       change("order", "lines", 15, [](Row&, Cell& cell) { cell.number = std::min<std::int64_t>(cell.number, 1); }),
       {},
       "order.lines: items"},
      {"AState", change("order", "#state", 15, text("void")), {}, "order: next state in open"},
      {"ADwell",
       {},
       [](EntityId id, Ordinal, std::vector<LifeEvent>& life) {
         if (id != id_of("order")) return;
         for (std::size_t i = 1; i < life.size(); ++i) life[i].intended += (life[i].intended - life[0].intended) / 25;
       },
       "order: dwell in open"},
      {"ALifeCutShort",
       {},
       [](EntityId id, Ordinal ordinal, std::vector<LifeEvent>& life) {
         if (id == id_of("order") && ordinal % 40 == 0 && life.size() > 1) life.resize(1);
       },
       "order: share that leaves in open"},
      {"AChild",
       {},
       [](EntityId id, Ordinal ordinal, std::vector<LifeEvent>& life) {
         if (id == id_of("payment") && ordinal % 50 == 0) life.clear();
       },
       "payment: share of parents"},
      {"ADelay", {}, move("payment", [](Micros at) { return at + Micros{20'000}; }), "payment: delay"},
      {"ARate",
       {},
       move("order", [](Micros at) { return at - at * at.count() / 60'000'000; }),
       "order: rate from 5 s to 10 s"},
      {"AProcessThatIsTooEven",
       {},
       move("order", [](Micros at) { return at - at % 20'000 + Micros{10'000}; }),
       "order: poisson arrivals"},
      {"BackgroundUpdatesThatAreTooEven",
       {},
       move("product", [](Micros at) { return at < Micros{} ? at : at - at % 200'000 + Micros{100'000}; }),
       "product: background updates: poisson process"},
      {"BackgroundUpdatesOfTheWrongRows",
       {},
       [](EntityId id, Ordinal ordinal, std::vector<LifeEvent>& life) {
         if (id == id_of("product") && ordinal % 7 == 0 && life.size() > 2) life.resize(1 + life.size() / 2);
       },
       "product: background updates: skew"},
  };
}

TEST(Fit, WrongRowsAreReported) {
  for (const Bend& bend : bends()) {
    SCOPED_TRACE(bend.name);
    BentRows declared_rows(*right().rows);
    BentRows more_rows(*right().more);
    declared_rows.bend_life = more_rows.bend_life = bend.life;
    more_rows.bend_row = bend.row;
    const FitReport report = right().fit(right().scenario, declared_rows, more_rows);
    EXPECT_THAT(named(report, Verdict::Differs), ::testing::Contains(bend.check)) << fit_text(report);
  }
}

/// A load that keeps its distances, and only that.
TEST(Fit, AConstantLoadIsNeverOffByMoreThanOne) {
  const Scenario even = shop("\"order\", \"stages\"", "\"order\", \"process\": \"constant\", \"stages\"");
  const Made made(even, 2000);
  const auto verdict_of = [](const FitReport& report, const char* name) {
    const auto check = std::find_if(report.checks.begin(), report.checks.end(),
                                    [&](const FitCheck& each) { return each.name() == name; });
    return check == report.checks.end() ? Verdict::NotJudged : check->verdict;
  };
  EXPECT_EQ(verdict_of(made.fit(even), "order: constant arrivals"), Verdict::Fits);
  const Made poisson(shop(), 2000);
  EXPECT_EQ(verdict_of(poisson.fit(even), "order: constant arrivals"), Verdict::Differs);
  EXPECT_EQ(verdict_of(made.fit(shop()), "order: poisson arrivals"), Verdict::Differs);
}

TEST(Fit, PValuesOfCorrectSamplesAreUniform) {
  // Over many seeds; those of exact discrete tails and of bounds may be larger, and are left out.
  std::vector<double> values;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Scenario scenario = shop();
    scenario.seed = seed;
    for (const FitCheck& check : Made(std::move(scenario), 4000)
                                     .fit([&] {
                                       Scenario says = shop();
                                       says.seed = seed;
                                       return says;
                                     }())
                                     .checks) {
      const bool continuous =
          check.test == FitCheck::Test::ChiSquare || check.test == FitCheck::Test::KolmogorovSmirnov;
      if (continuous && check.p) values.push_back(*check.p);
    }
  }
  ASSERT_GT(values.size(), 500U);
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    distance = std::max({distance, values[i] - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - values[i]});
  }
  EXPECT_GT(kolmogorov_above(distance, n), 0.001) << "distance " << distance << " of " << n;
}

class TheLibrary : public ::testing::TestWithParam<const char*> {};

TEST_P(TheLibrary, Fits) {
  Loaded loaded = load_scenario(scenario(GetParam()));
  ASSERT_TRUE(loaded.scenario);
  const Made made(std::move(*loaded.scenario), 15'000);
  const FitReport report = made.fit(made.scenario);
  EXPECT_TRUE(report.fits()) << fit_text(report);
  EXPECT_GT(report.count(Verdict::Fits), 8);
}

INSTANTIATE_TEST_SUITE_P(Fit, TheLibrary,
                         ::testing::Values("split-sales", "split-sales-original", "curated-orders",
                                           "curated-orders-original", "sales-lake", "sales-lake-original",
                                           "marketplace", "wholesale", "flash-sale", "adversarial", "smoke"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Fit, EveryExampleOfTheLanguageFits) {
  std::int64_t judged = 0;
  for (const Example& example : examples()) {
    SCOPED_TRACE(example.where());
    Loaded loaded = parse_scenario(example.text, example.document, {}, target_forms());
    ASSERT_TRUE(loaded.scenario);
    const Made made(std::move(*loaded.scenario), 5000);
    const FitReport report = made.fit(made.scenario);
    EXPECT_TRUE(report.fits()) << fit_text(report);
    judged += report.count(Verdict::Fits);
  }
  EXPECT_GT(judged, 150);
}

TEST(Fit, APageShowsWhatDiffersFirst) {
  const std::string page = fit_html(right().fit(shop("{\"exponential\": 400}", "{\"exponential\": 420}")));
  const std::size_t first = page.find("<figure");
  ASSERT_NE(first, std::string::npos);
  EXPECT_THAT(page.substr(first, 60), HasSubstr("<figure class=\"differs\"><figcaption>order.age<"));
  EXPECT_THAT(page, HasSubstr("<span class=\"differs\">differs</span>"));
}

TEST(FitCommand, PrintsATableOrJsonAndWritesAPage) {
  const Folder folder;
  const Said table = freshet(folder, "fit " + scenario("smoke") + " -n 2000 --out pages");
  EXPECT_EQ(table.exit_code, 0) << table.out << table.err;
  EXPECT_THAT(table.out, HasSubstr("basket.basketItems.product: pick"));
  EXPECT_THAT(table.out, HasSubstr("computed from other values")) << "what is not judged is listed";
  const auto json = nlohmann::json::parse(read_file(folder.path() + "/pages/fit.json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["fits"], true);
  const std::string page = read_file(folder.path() + "/pages/fit.html");
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http"))) << "nothing is fetched";
  const Said said = freshet(folder, "fit " + scenario("smoke") + " -n 2000 --json");
  EXPECT_EQ(nlohmann::json::parse(said.out, nullptr, false), json) << "the same twice";
}

TEST(FitCommand, RefusesABadScenarioAndAnUnwritableFolder) {
  const Folder folder;
  const std::string bad = folder.write("bad.json", R"({"freshet": 1, "name": "bad", "entitys": {}})");
  EXPECT_EQ(freshet(folder, "fit " + bad).exit_code, 2);
  EXPECT_EQ(freshet(folder, "fit " + scenario("smoke") + " -n 0").exit_code, 2);
  const std::string file = folder.write("file", "");
  const Said said = freshet(folder, "fit " + scenario("smoke") + " -n 100 --out file/below");
  EXPECT_EQ(said.exit_code, 8);
  EXPECT_THAT(said.err, HasSubstr("file/below"));
}

}  // namespace
}  // namespace freshet
