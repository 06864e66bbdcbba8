// Views with windows, written wrong, and what is said about each.
#include "scenarios/loader/problem_case.h"

namespace freshet {
namespace {

// clang-format off
const ProblemCase kCases[] = {
    {"AllAtOnce",
     R"("sales": {"from": "order")",
     R"x("win": {"from": "order", "group": ["stor.id", "lines"], "tumble": {"on": "total", "size": "0s"}, "measures": {"n": "cuont", "s": "sum(number)", "m": "min(store.id)", "x": "max(totl)", "y": "sum total", "window_start": "count"}}, "sales": {"from": "order")x",
     R"x(43:40: /views/win/group/0: unknown column "stor.id" of "order", expected number, at, store.id, lines, total or nett (did you mean "store.id"?)
43:51: /views/win/group/1: "lines" is a list, expected a column whose values can be compared for equality
43:78: /views/win/tumble/on: "total" is a decimal with 2 digits after the point and no instant, expected a column that is a "time", in any form but a date
43:95: /views/win/tumble/size: a window that is too short, expected at least "1ms"
43:120: /views/win/measures/n: unknown measure "cuont", expected "count", "sum(column)", "min(column)" or "max(column)" (did you mean "count"?)
43:134: /views/win/measures/s: "number" is a text, expected an integer or a decimal, whose sum is exact
43:154: /views/win/measures/m: "store.id" is a text, expected a number or a native time
43:176: /views/win/measures/x: unknown column "totl" of "order", expected number, at, store.id, lines, total or nett (did you mean "total"?)
43:194: /views/win/measures/y: unknown measure "sum total", expected "count", "sum(column)", "min(column)" or "max(column)"
43:207: /views/win/measures/window_start: "window_start" is the name of a column that every view with windows has, expected names that differ when dots are underscores and case is ignored)x"},
    {"NothingButAGroup",
     R"("sales": {"from": "order")",
     R"("win": {"from": "order", "group": "store.id"}, "sales": {"from": "order")",
     R"x(43:12: /views/win: no "tumble", expected "tumble": {"on": "time column", "size": "5m"}
43:12: /views/win: no "measures", expected "measures": {"rows": "count", "value": "sum(column)"}
43:39: /views/win/group: found the text "store.id", expected a list of columns of "from", ["store.id"])x"},
    {"KeyAndJoin",
     R"("sales": {"from": "order")",
     R"("win": {"from": "order", "join": {"payment": "number"}, "key": "number", "tumble": {"on": "at", "size": "5s"}, "measures": {"n": "count"}}, "sales": {"from": "order")",
     R"x(43:38: /views/win/join: a view with windows has no "join", expected "join" in a view of its own, from which this one reads
43:68: /views/win/key: a view with windows has no "key", expected nothing: its key is its group and the start of the window)x"},
    {"NamesClash",
     R"("sales": {"from": "order")",
     R"("win": {"from": "order", "group": ["store.id"], "tumble": {"on": "at", "size": "5s"}, "measures": {"store_id": "count", "group_version": "count"}}, "sales": {"from": "order")",
     R"x(43:104: /views/win/measures/store_id: a second column "store_id", expected names that differ when dots are underscores and case is ignored
43:125: /views/win/measures/group_version: "group_version" is the name of a column that every view with windows has, expected names that differ when dots are underscores and case is ignored)x"},
    {"WindowsOfWindows",
     R"("sales": {"from": "order")",
     R"x("win": {"from": "order", "tumble": {"on": "at", "size": "5s"}, "measures": {"n": "count"}}, "wins": {"from": "win", "tumble": {"on": "window_start", "size": "9s"}, "measures": {"n": "sum(n)"}}, "sales": {"from": "order")x",
     R"(43:114: /views/wins/from: a view of the windows of "win" is not supported yet)"},
    {"SizeIsNoDuration",
     R"("sales": {"from": "order")",
     R"("win": {"from": "order", "tumble": {"on": "at", "size": 5, "of": 1}, "measures": {"n": "count"}}, "sales": {"from": "order")",
     R"x(43:61: /views/win/tumble/size: found the number 5, expected a duration such as "2s", "300ms" or "1.5m", at most 366 days
43:64: /views/win/tumble/of: unknown key "of", expected on or size (did you mean "on"?))x"},
    {"RetentionWithoutWindows",
     R"("sales": {"from": "order")",
     R"("sales": {"retention": "9s", "from": "order")",
     R"(43:28: /views/sales/retention: "retention" of a view without windows, expected "retention" of the entities that it reads, whose rows are held)"},
    {"RetentionOfGroupsTooShort",
     R"("sales": {"from": "order")",
     R"("win": {"from": "order", "tumble": {"on": "at", "size": "5s"}, "retention": "1ms", "measures": {"n": "count"}}, "sales": {"from": "order")",
     R"(43:81: /views/win/retention: a retention of less than a second, expected at least "1s": a binlog records whole seconds)"},
    {"GateWithoutWindows",
     R"("lost == 0")",
     R"("max final < 5s")",
     R"(51:67: /slo/1: the gate is about windows, and there are none, expected a view with "tumble")"},
    {"GateOnAnotherView",
     R"("lost == 0")",
     R"("max final{view=sold} < 5s")",
     R"(51:67: /slo/1: the gate is about windows, and there are none, expected a view that has "tumble")"},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(WindowProblems, ProblemTest, testing::ValuesIn(kCases), case_name);

/// The shop with a view "win" over its sales, with this time and this "on".
Loaded shop_on(const std::string& time, const std::string& on) {
  std::string text = shop_with(R"("at": {"time": "created"})", "\"at\": " + time);
  const std::string view = R"("sold": {"from": "sales", "unnest")";
  text.replace(
      text.find(view), 0,
      R"("win": {"from": "sales", "tumble": {"on": ")" + on + R"(", "size": "5s"}, "measures": {"n": "count"}}, )");
  const std::string observe = R"("sold": {"mysql")";
  text.replace(text.find(observe), 0, R"("win": {"mysql": {"table": "win", "connection": "sink"}}, )");
  return parse_scenario(text, "shop.json");
}

TEST(EventTime, IsTakenInEveryFormOfAnInstantThroughViews) {
  using Form = constructs::Time::Form;
  const std::vector<std::pair<std::string, Form>> forms{
      {R"({"time": "created"})", Form::Native},
      {R"({"time": "created", "as": "epoch_ms"})", Form::EpochMillis},
      {R"({"time": "created", "as": "iso", "zone": "+02:00"})", Form::Iso},
      {R"({"time": "created", "as": "iso_ms"})", Form::IsoMillis},
      {R"({"time": "created", "as": "iso_us"})", Form::IsoMicros},
      {R"({"time": "created", "as": "unix_s"})", Form::WholeSeconds},
      {R"({"time": "created", "as": "unix_ms"})", Form::WholeMillis},
      {R"({"time": "created", "as": "unix_us"})", Form::WholeMicros},
      {R"({"null": "10%", "else": {"time": "created", "as": "unix_us"}})", Form::WholeMicros}};
  for (const auto& [time, form] : forms) {
    const Loaded loaded = shop_on(time, "at");
    ASSERT_TRUE(loaded.scenario) << time << texts(loaded);
    const View& view = loaded.scenario->view(*loaded.scenario->find_view("win"));
    ASSERT_TRUE(view.tumble);
    EXPECT_EQ(view.tumble->form, form) << time;
    EXPECT_EQ(view.tumble->size, 5 * kMicrosPerSecond);
  }
}

TEST(EventTime, RefusesWhatIsNotAnInstant) {
  for (const char* time :
       {R"({"time": "created", "as": "date"})", R"({"integer": [1, 9]})", R"("2026-11-21T14:00:00Z")"}) {
    const Loaded loaded = shop_on(time, "at");
    EXPECT_FALSE(loaded.scenario) << time;
    EXPECT_NE(texts(loaded).find("no instant"), std::string::npos) << texts(loaded);
  }
}

TEST(Windows, AreKeyedByGroupAndStart) {
  const Loaded loaded = parse_scenario(
      shop_with(R"("sales": {"from": "order")",
                R"x("win": {"from": "order", "group": ["store.id", "total"], "tumble": {"on": "at", "size": "5s"},
                   "measures": {"n": "count", "s": "sum(nett)", "first": "min(at)"}}, "sales": {"from": "order")x"),
      "shop.json");
  ASSERT_TRUE(loaded.scenario) << texts(loaded);
  const View& view = loaded.scenario->view(*loaded.scenario->find_view("win"));
  std::vector<std::string> names;
  for (const Column& column : view.record.columns) names.push_back(column.name);
  EXPECT_EQ(names, (std::vector<std::string>{"store.id", "total", "window_start", "n", "s", "first"}));
  EXPECT_EQ(view.key, (std::vector{ColumnIndex{0}, ColumnIndex{1}, ColumnIndex{2}}));
  EXPECT_EQ(view.record.columns[4].type.kind, Kind::Decimal);
  EXPECT_EQ(view.record.columns[4].type.scale, 2);
  EXPECT_EQ(view.record.columns[5].type.kind, Kind::Time);
}

TEST(Windows, LongerThanTheLoadAreWarnedOfWhenAGateWaitsForThem) {
  Overrides overrides;
  overrides.set = {{"/slo", "[\"max final < 5s\"]"},
                   {"/views/win/tumble/size", "5m"},
                   {"/observe/win", R"({"mysql": {"table": "win", "connection": "sink"}})"}};
  const Loaded loaded = parse_scenario(
      shop_with(R"("sales": {"from": "order")",
                R"("win": {"from": "order", "tumble": {"on": "at", "size": "5s"}, "measures": {"n": "count"}},
    "sales": {"from": "order")"),
      "shop.json", overrides);
  EXPECT_NE(texts(loaded).find("is longer than the measured phase"), std::string::npos) << texts(loaded);
}

}  // namespace
}  // namespace freshet
