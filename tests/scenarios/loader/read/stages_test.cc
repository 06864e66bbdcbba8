// Shapes of load: the rate at any instant and the number of arrivals are those that the words say.
#include "scenarios/loader/shop.h"

namespace freshet {
namespace {

std::vector<Stage> loads(const std::string& text) {
  Overrides overrides;
  overrides.set = {{"/load", text}};
  const Loaded loaded = parse_scenario(kShop, "shop.json", overrides);
  EXPECT_TRUE(loaded.scenario) << texts(loaded);
  if (!loaded.scenario) return {};
  EXPECT_EQ(loaded.scenario->load.size(), 1u) << "several loads of one entity add up";
  return loaded.scenario->load[0].stages;
}

std::vector<Stage> stages(const std::string& text) {
  return loads(R"([{"entity": "order", "stages": [)" + text + "]}]");
}

double rate_at(const std::vector<Stage>& stages, double seconds) {
  double at = seconds * 1e6;
  for (const Stage& stage : stages) {
    const auto length = static_cast<double>(stage.duration.count());
    if (at < length) return stage.from_rate + (stage.to_rate - stage.from_rate) * at / length;
    at -= length;
  }
  return 0;
}

double seconds_of(const std::vector<Stage>& stages) {
  double total = 0;
  for (const Stage& stage : stages) total += static_cast<double>(stage.duration.count()) / 1e6;
  return total;
}

double arrivals_of(const std::vector<Stage>& stages) {
  double total = 0;
  for (const Stage& stage : stages) {
    total += (stage.from_rate + stage.to_rate) / 2 * static_cast<double>(stage.duration.count()) / 1e6;
  }
  return total;
}

TEST(Stages, HoldRampAndStay) {
  const auto shape = stages(R"({"rate": "20/s", "for": "2s"}, {"ramp": "360/m", "for": "2s"}, {"hold": "4s"})");
  EXPECT_EQ(seconds_of(shape), 8);
  EXPECT_EQ(rate_at(shape, 1.9), 20);
  EXPECT_DOUBLE_EQ(rate_at(shape, 3), 13);
  EXPECT_EQ(rate_at(shape, 5), 6);
  EXPECT_DOUBLE_EQ(arrivals_of(shape), 40 + 26 + 24);
  EXPECT_EQ(rate_at(stages(R"({"ramp": "100/s", "for": "2s"})"), 0), 0) << "from nothing";
}

TEST(Steps, ShareTheirTimeInEqualParts) {
  const auto shape = stages(R"({"steps": ["10/s", "0/s", "30/s"], "for": "1s"})");
  EXPECT_DOUBLE_EQ(seconds_of(shape), 1) << "though it is no multiple of three";
  EXPECT_EQ(rate_at(shape, 0.33), 10);
  EXPECT_EQ(rate_at(shape, 0.34), 0);
  EXPECT_EQ(rate_at(shape, 0.67), 30);
}

TEST(Bursts, SwitchOnAndOffAndEndInTime) {
  const auto shape = stages(R"({"burst": "100/s", "idle": "5/s", "on": "2s", "off": "8s", "for": "25s"})");
  EXPECT_EQ(seconds_of(shape), 25);
  for (const double on : {0.0, 1.9, 10.0, 11.9, 20.0}) EXPECT_EQ(rate_at(shape, on), 100) << on;
  for (const double off : {2.1, 9.9, 12.1, 24.9}) EXPECT_EQ(rate_at(shape, off), 5) << off;
  EXPECT_DOUBLE_EQ(arrivals_of(shape), 3 * 200 + 40 + 40 + 15);
}

TEST(AFlashSale, RisesAndHalvesBackToWhatWasBefore) {
  const auto shape =
      stages(R"({"rate": "20/s", "for": "10s"}, {"flash": "820/s", "rise": "5s", "half_life": "20s", "for": "125s"})");
  EXPECT_EQ(seconds_of(shape), 135);
  EXPECT_EQ(rate_at(shape, 10), 20);
  EXPECT_EQ(rate_at(shape, 15), 820) << "at its peak in less than 30 s";
  EXPECT_NEAR(rate_at(shape, 35), 420, 1e-6);
  EXPECT_NEAR(rate_at(shape, 55), 220, 1e-6);
  EXPECT_NEAR(rate_at(shape, 134.999), 20 + 800.0 / 64, 0.1);
}

TEST(ADay, HasItsMeanItsTroughAndItsWeek) {
  for (const char* name : {"shop", "office"}) {
    const auto day = stages(R"({"curve": ")" + std::string(name) + R"(", "mean": "50/s", "day": "24s", "for": "48s"})");
    EXPECT_EQ(seconds_of(day), 48);
    EXPECT_NEAR(arrivals_of(day), 50 * 48, 1) << name;
    EXPECT_LT(rate_at(day, 4), 10) << "at four in the morning";
    EXPECT_GT(rate_at(day, 24 + 13), 60) << "on the next day at one";
  }
  const auto week =
      stages(R"({"curve": "shop", "mean": "50/s", "day": "24s", "week": [1, 1, 1, 1, 1.2, 1.6, 0.2], "for": "168s"})");
  EXPECT_NEAR(arrivals_of(week), 50 * 168, 1);
  EXPECT_NEAR(rate_at(week, 5 * 24 + 12) / rate_at(week, 12), 1.6, 1e-9);
  EXPECT_NEAR(rate_at(week, 6 * 24 + 12) / rate_at(week, 12), 0.2, 1e-9);
  std::string hours = "[0";
  for (int hour = 1; hour < 24; ++hour) hours += hour == 9 ? ", 48" : ", 0";
  const auto own = stages(R"({"curve": )" + hours + R"(], "mean": "10/s", "day": "24s", "for": "24s"})");
  EXPECT_NEAR(arrivals_of(own), 240, 1e-6);
  EXPECT_NEAR(rate_at(own, 9), 240, 1e-6);
  EXPECT_EQ(rate_at(own, 12), 0);
}

TEST(ARepetition, MayHoldAnythingEvenRepetitions) {
  const auto shape = stages(
      R"({"repeat": 3, "of": [{"rate": "10/s", "for": "1s"}, {"repeat": 2, "of": [{"ramp": "0/s", "for": "1s"}, {"rate": "4/s", "for": "1s"}]}]})");
  EXPECT_EQ(seconds_of(shape), 15);
  EXPECT_DOUBLE_EQ(arrivals_of(shape), 3 * (10 + 5 + 4 + 2 + 4));
}

TEST(Loads, OfOneEntityAddUp) {
  const auto shape =
      loads(R"([{"entity": "order", "stages": [{"rate": "10/s", "for": "2s"}, {"ramp": "30/s", "for": "4s"}]},
    {"entity": "order", "rate": "5/s", "for": "4s"},
    {"entity": "order", "stages": [{"burst": "7/s", "idle": "0/s", "on": "1s", "off": "1s", "for": "8s"}]}])");
  EXPECT_EQ(seconds_of(shape), 8);
  EXPECT_DOUBLE_EQ(rate_at(shape, 0.5), 10 + 5 + 7);
  EXPECT_DOUBLE_EQ(rate_at(shape, 1.5), 10 + 5);
  EXPECT_DOUBLE_EQ(rate_at(shape, 3.5), 17.5 + 5);
  EXPECT_DOUBLE_EQ(rate_at(shape, 4.5), 22.5 + 7);
  EXPECT_DOUBLE_EQ(rate_at(shape, 6.5), 7);
  EXPECT_DOUBLE_EQ(arrivals_of(shape), 20 + 80 + 20 + 28);
}

}  // namespace
}  // namespace freshet
