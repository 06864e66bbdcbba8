// What the command line changes of a scenario, and what it refuses to: --set, --seed, --rate, --for, --drain.
#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

Loaded loaded_with(std::optional<std::string> rate, std::optional<std::string> duration, const std::string& load) {
  Overrides overrides;
  overrides.set = {{"/load", load}};
  overrides.rate = std::move(rate);
  overrides.duration = std::move(duration);
  return parse_scenario(kShop, "shop.json", overrides);
}

TEST(Set, ReplacesAddsAndAppends) {
  const Loaded loaded = shop_set({{"/seed", "9"},
                                  {"/name", "other"},
                                  {"/load/0/stages/1/ramp", "70/s"},
                                  {"/load/0/stages/-", R"({"hold": "2s"})"},
                                  {"/entities/order/fields/a~1b", "1"},
                                  {"/entities/region/rows", "5"},
                                  {"/warm_up", "1s"}});
  EXPECT_EQ(texts(loaded),
            "--set: /entities/order/fields/a~1b: \"a/b\" cannot name a field, expected letters, digits and _\n");
  const Loaded good = shop_set({{"/seed", "9"},
                                {"/name", "other"},
                                {"/load/0/stages/1/ramp", "70/s"},
                                {"/load/0/stages/-", R"({"hold": "2s"})"},
                                {"/warm_up", "1s"}});
  ASSERT_TRUE(good.scenario) << texts(good);
  EXPECT_EQ(good.scenario->seed, 9u);
  EXPECT_EQ(good.scenario->name, "other") << "a bare word is a text";
  EXPECT_EQ(good.scenario->warm_up, kMicrosPerSecond);
  ASSERT_EQ(good.scenario->load[0].stages.size(), 3u);
  EXPECT_EQ(good.scenario->load[0].stages[2].from_rate, 70);
}

TEST(Set, FindsItsPlaceOrSaysWhatIsThere) {
  EXPECT_EQ(texts(shop_set({{"/load/0/stagse/0", "1"}})),
            "--set: /load/0/stagse: the pointer matches nothing, expected entity, process or stages (did you mean "
            "\"stages\"?)\n");
  EXPECT_EQ(texts(shop_set({{"/load/2/rate", "1"}})),
            "--set: /load/2: the pointer matches nothing, expected an element from 0 to 1\n");
  EXPECT_EQ(texts(shop_set({{"/seed/x", "1"}})),
            "--set: /seed/x: the pointer matches nothing, expected nothing below the number 7\n");
  EXPECT_EQ(texts(shop_set({{"seed", "1"}})),
            "--set: \"seed\" is not a JSON pointer, expected a pointer such as /load/0/rate\n");
  EXPECT_EQ(texts(shop_set({{"/a~2", "1"}})),
            "--set: \"/a~2\" is not a JSON pointer, expected a pointer such as /load/0/rate\n");
  EXPECT_EQ(texts(shop_set({{"/slo", "[]"}, {"/slo/0", "x"}})),
            "--set: /slo/0: the pointer matches nothing, expected nothing: the list is empty\n");
  EXPECT_EQ(texts(shop_set({{"/seed", "-1"}})),
            "--set: /seed: found the number -1, expected a whole number from 0 to 18446744073709551615\n");
}

TEST(Set, IsUtf8AndNotWithoutEnd) {
  EXPECT_EQ(texts(shop_set({{"/name", "\xb2x"}})), "--set: bytes that are not UTF-8, expected UTF-8\n");
  EXPECT_EQ(texts(shop_set(std::vector<std::pair<std::string, std::string>>(1'001, {"/seed", "1"}))),
            "--set: 1001 changes, expected at most 1000\n");
}

constexpr const char* kLoads = R"([{"entity": "product", "update": "6/m", "set": {"title": "x"}, "for": "2s"},
  {"entity": "order", "stages": [{"repeat": 2, "of": [{"steps": ["50/s", "20/s"], "for": "1s"}, {"burst": "100/s", "idle": "1/s", "on": "1s", "off": "1s", "for": "2s"}]}]}])";

TEST(Rate, IsThatOfTheFirstArrivalsAndAllKeepTheirProportion) {
  const Loaded loaded = loaded_with("200/s", std::nullopt, kLoads);
  ASSERT_TRUE(loaded.scenario) << texts(loaded);
  EXPECT_DOUBLE_EQ(loaded.scenario->load[0].stages[0].from_rate, 0.2);
  std::vector<double> rates;
  for (const Stage& stage : loaded.scenario->load[1].stages) rates.push_back(stage.from_rate);
  EXPECT_EQ(rates, (std::vector<double>{100, 40, 200, 2, 100, 40, 200, 2}));
  for (const char* wrong : {"0/s", "200", "many", "20000000/s"}) {
    EXPECT_EQ(texts(loaded_with(wrong, std::nullopt, kLoads)),
              "--rate: found the text \"" + std::string(wrong) +
                  "\", expected a rate such as \"200/s\", more than 0 and at most 10000000/s\n");
  }
  const Loaded none = loaded_with("200/s", std::nullopt,
                                  R"([{"entity": "product", "update": "6/m", "set": {"title": "x"}, "for": "2s"}])");
  EXPECT_NE(
      texts(none).find("--rate: the scenario has no arrivals whose rate could change, expected arrivals in \"load\"\n"),
      std::string::npos);
}

TEST(For, IsTheLengthOfEveryLoadThatHasOne) {
  const Loaded loaded =
      loaded_with(std::nullopt, "7s", R"([{"entity": "order", "stages": [{"rate": "9/s", "for": "2s"}]},
    {"entity": "product", "update": "6/m", "set": {"title": "x"}, "for": "2s"}])");
  ASSERT_TRUE(loaded.scenario) << texts(loaded);
  for (const Load& load : loaded.scenario->load) EXPECT_EQ(load.stages[0].duration, 7 * kMicrosPerSecond);
  EXPECT_EQ(texts(loaded_with(std::nullopt, "7s",
                              R"([{"entity": "order", "stages": [{"rate": "9/s", "for": "2s"}, {"hold": "1s"}]}])")),
            "--for: /load/0: a load of 2 stages, expected a load of one stage\n");
  EXPECT_EQ(texts(loaded_with(std::nullopt, "7s", kLoads)),
            "--for: /load/1: a load whose stage has no \"for\", expected a stage with \"for\"\n")
      << "and not a run of another length";
  EXPECT_EQ(texts(loaded_with(std::nullopt, "0s", R"([{"entity": "order", "rate": "9/s", "for": "2s"}])")),
            "--for: /load/0/for: found the text \"0s\", expected more than 0\n");
}

}  // namespace
}  // namespace freshet
