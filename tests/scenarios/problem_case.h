// A table of wrong scenarios: the shop with one text replaced, and every problem that the loader must report for it.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "scenarios/shop.h"

namespace freshet {

/// `expected`: the texts of all problems, one a line, each without the file's name at its start.
struct ProblemCase {
  const char* name;
  const char* from;
  const char* to;
  const char* expected;
};

inline void PrintTo(const ProblemCase& problem, std::ostream* out) { *out << problem.name; }

inline std::string case_name(const ::testing::TestParamInfo<ProblemCase>& info) { return info.param.name; }

class ProblemTest : public ::testing::TestWithParam<ProblemCase> {};

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

}  // namespace freshet
