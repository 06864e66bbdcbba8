// What every wrong scenario of the *_problems_test.cc tables must be answered with.
#include <sstream>

#include "scenarios/examples.h"
#include "scenarios/json_schema.h"
#include "scenarios/loader/problem_case.h"

namespace freshet {

TEST_P(ProblemTest, IsReportedWithPositionExpectationAndNearestName) {
  std::istringstream lines(GetParam().expected);
  std::string expected;
  bool error = false;
  for (std::string line; std::getline(lines, line);) {
    expected += "shop.json:" + line + '\n';
    error = error || line.find(": warning: ") == std::string::npos;
  }
  const Loaded loaded = parse_scenario(shop_with(GetParam().from, GetParam().to), "shop.json");
  EXPECT_EQ(texts(loaded), expected);
  EXPECT_EQ(loaded.scenario.has_value(), !error) << "a scenario is there unless there is an error";
}

TEST_P(ProblemTest, IsNothingThatTheSchemaTakesWhereItCanTell) {
  static const JsonSchema kSchema(
      JsonSchema::Json::parse(file_text(FRESHET_SOURCE_DIR "/scenarios/scenario.schema.json")));
  if (!GetParam().schema_too) return;  // names, units and graphs are the loader's
  const std::string text = shop_with(GetParam().from, GetParam().to);
  EXPECT_TRUE(kSchema.accepts(JsonSchema::Json::parse(kShop)));
  EXPECT_FALSE(kSchema.accepts(JsonSchema::Json::parse(text))) << text;
}

}  // namespace freshet
