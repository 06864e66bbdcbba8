// A table of wrong scenarios: the shop with one text replaced, and every problem that the loader must report for it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "scenarios/loader/shop.h"

namespace freshet {

/// `expected`: the texts of all problems, one a line, each without the file's name at its start.
struct ProblemCase {
  const char* name;
  const char* from;
  const char* to;
  const char* expected;
  bool schema_too = false;  ///< the schema must refuse it as well
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const ProblemCase& problem, std::ostream* out) { *out << problem.name; }

inline std::string case_name(const ::testing::TestParamInfo<ProblemCase>& info) { return info.param.name; }

/// Its one test is in problem_test.cc; each file of cases instantiates it.
class ProblemTest : public ::testing::TestWithParam<ProblemCase> {};

}  // namespace freshet
