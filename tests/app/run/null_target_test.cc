// `freshet run --null-target`: the same run without servers says what the generator itself can do.
#include "app/freshet_process.h"

namespace freshet {
namespace {

constexpr const char* kNoServers = "env -u FRESHET_MYSQL -u FRESHET_KAFKA -u FRESHET_SINK_MYSQL";
constexpr const char* kShort = " --null-target --out out --for 2s --set /warm_up=0s ";

TEST(NullTarget, SaysTheGeneratorsLimitWithoutAnyServer) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + kShort + "--rate 300/s", kNoServers);
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_NE(said.out.find("the generator alone"), std::string::npos) << said.out;
  const nlohmann::json result = result_of(folder);
  EXPECT_TRUE(result["run"]["null_target"]);
  EXPECT_EQ(result["run"]["pipeline"], "none");
  EXPECT_EQ(result["verdict"], "pass");
  EXPECT_TRUE(result["validity"]["valid"]);
  EXPECT_GT(result["load"]["generator_limit_per_s"], result["load"]["offered_per_s"]);
  EXPECT_NEAR(result["load"]["headroom"].get<double>(),
              result["load"]["generator_limit_per_s"].get<double>() / result["load"]["offered_per_s"].get<double>(),
              0.01);
  const nlohmann::json& baskets = result["load"]["changes"]["basket"]["insert"];
  EXPECT_GT(baskets["scheduled"], 300);
  EXPECT_EQ(baskets["scheduled"], baskets["committed"]);
  EXPECT_GT(result["latency"]["wait"]["count"], 300);
}

/// A check that did not run says so, and is neither passed nor failed.
TEST(NullTarget, ObservesNoView) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + kShort + "--rate 100/s", kNoServers);
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  for (const char* view : {"salescompleted", "unnested_sales"}) {
    EXPECT_EQ(result["audit"][view]["status"], "skipped");
    EXPECT_NE(result["audit"][view]["reason"].get<std::string>().find("--null-target"), std::string::npos);
  }
  for (const nlohmann::json& gate : result["gates"]) {
    EXPECT_EQ(gate["status"], gate["expression"] == "achieved_rate >= 99%" ? "pass" : "skipped") << gate["expression"];
  }
}

/// Negative control: a schedule that the generator cannot keep is invalid, and marked.
TEST(NullTarget, ALoadBeyondTheLimitIsInvalid) {
  Folder folder;
  const Said said = freshet(folder,
                            "run " + scenario("split-sales") +
                                " --null-target --out out --set /warm_up=0s --lanes 1 --rate 4000000/s "
                                "--for 1500ms",
                            kNoServers);
  EXPECT_EQ(said.exit_code, 6) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  EXPECT_EQ(result["verdict"], "invalid");
  EXPECT_LT(result["load"]["headroom"], 1.0);
  EXPECT_NE(said.out.find("what the generator can make"), std::string::npos) << said.out;
}

TEST(NullTarget, WhatCannotBeNamedLeavesNothingHalfWritten) {
  Folder folder;
  std::filesystem::create_directories(folder.path() + "/out/scenario.resolved.json");
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --null-target --out out");
  EXPECT_EQ(said.exit_code, 8);
  EXPECT_NE(said.err.find("scenario.resolved.json"), std::string::npos) << said.err;
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/out/scenario.resolved.json.part"));
}

TEST(NullTarget, RefusesEmbeddedServersAndDrills) {
  Folder folder;
  EXPECT_EQ(freshet(folder, "run " + scenario("split-sales") + " --null-target --embedded").exit_code, 2);
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --null-target --drill lose=1%");
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(said.err.find("--null-target"), std::string::npos) << said.err;
}

}  // namespace
}  // namespace freshet
