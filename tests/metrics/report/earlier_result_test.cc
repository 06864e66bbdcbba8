// Results that earlier versions wrote stay readable, and those who read them find in today's what they found there.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "metrics/report/report.h"
#include "metrics/report/result_reader.h"

namespace freshet {
namespace {

using Json = nlohmann::json;

std::string earlier(const std::string& name) {
  std::ifstream file(FRESHET_SOURCE_DIR "/tests/golden/earlier/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Equal, but for what a histogram rounds: earlier results do not have its exact maximum.
bool same(const Json& before, const Json& now) {
  constexpr double kPrecision = 1e-3;
  if (!before.is_number_float() || !now.is_number_float()) return before == now;
  return std::abs(before.get<double>() - now.get<double>()) <= kPrecision * std::abs(before.get<double>());
}

/// The members of `before`, by pointer, that `now` does not have, or has with another value. The values
/// under latency and staleness are not compared, only their names: earlier results lack the histograms behind them.
std::vector<std::string> lost_members(const Json& before, const Json& now) {
  std::vector<std::string> lost;
  const Json members = before.flatten();
  for (const auto& [pointer, value] : members.items()) {
    if (value.is_null()) continue;  // flatten() makes null of an empty list
    const Json::json_pointer at(pointer);
    if (!now.contains(at)) {
      lost.push_back(pointer + " is gone");
    } else if (!pointer.starts_with("/latency/") && !pointer.starts_with("/staleness/") && !same(value, now[at])) {
      lost.push_back(pointer + " was " + value.dump() + ", is " + now[at].dump());
    }
  }
  return lost;
}

class EarlierResult : public testing::TestWithParam<const char*> {};

TEST_P(EarlierResult, IsReadAndKeepsEveryMemberWhenWrittenByThisVersion) {
  const std::string text = earlier(GetParam());
  ASSERT_FALSE(text.empty());
  const Result<RunRecord> record = read_result(text);
  ASSERT_TRUE(record.ok()) << record.error().message;

  const Json now = Json::parse(result_json(record.value()));
  EXPECT_EQ(lost_members(Json::parse(text), now), std::vector<std::string>{});
}

TEST_P(EarlierResult, AMemberThatChangesItsNameOrTypeIsNoticed) {
  const Json before = Json::parse(earlier(GetParam()));
  Json renamed = before;
  renamed.erase("exit_code");
  renamed["exit"] = before["exit_code"];
  EXPECT_EQ(lost_members(before, renamed), std::vector<std::string>{"/exit_code is gone"});
  Json retyped = before;
  retyped["exit_code"] = "5";
  EXPECT_EQ(lost_members(before, retyped), std::vector<std::string>{"/exit_code was 5, is \"5\""});
}

INSTANTIATE_TEST_SUITE_P(, EarlierResult,
                         testing::Values("result-0.1.0-8891d16.json", "result-0.1.0-8891d16-drilled.json"));

}  // namespace
}  // namespace freshet
