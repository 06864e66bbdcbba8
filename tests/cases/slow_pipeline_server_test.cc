// A pipeline that is right and slow: case 07. It is stopped for 400 ms of every 430, so that it comes to lag for
// seconds while rows live for one. Late is not wrong.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "app/freshet_process.h"

namespace freshet::cases {
namespace {

/// The pipeline process of a run, 0 when there is none.
pid_t pipeline_of(pid_t run) {
  const std::string command = "pgrep -P " + std::to_string(run) + " -f 'freshet pipeline'";
  FILE* out = ::popen(command.c_str(), "r");
  int pid = 0;
  if (out == nullptr || std::fscanf(out, "%d", &pid) != 1) pid = 0;
  if (out != nullptr) ::pclose(out);
  return pid;
}

Said run_with_slow_pipeline(const Folder& folder, const std::string& more) {
  // The first lines of each order are enough.
  Running run(folder,
              "run " FRESHET_SOURCE_DIR
              "/tests/cases/inputs/07-slow-pipeline.json --embedded --out out "
              "--set /entities/order/fields/lines/list=150 " +
                  more,
              "warm-up");
  const pid_t pipeline = pipeline_of(run.process().pid());
  EXPECT_GT(pipeline, 0);
  std::jthread slow([pipeline](const std::stop_token& stop) {
    while (!stop.stop_requested() && ::kill(pipeline, SIGSTOP) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      if (::kill(pipeline, SIGCONT) != 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
  });
  return run.ended();
}

TEST(SlowPipeline, IsLateAndNotWrong) {
  const Folder folder;
  const Said said = run_with_slow_pipeline(folder, "");
  EXPECT_EQ(said.exit_code, 0) << said.out;
  const nlohmann::json result = result_of(folder);
  for (const char* view : {"paid_orders", "lines"}) {
    EXPECT_EQ(result["audit"][view]["resurrected"], 0) << view;
    EXPECT_GT(result["audit"][view]["expected"], 0) << view;
    EXPECT_EQ(result["evidence"][view]["open"], 0) << view << ": the drain ended on evidence";
  }
  EXPECT_GT(result["load"]["markers"]["changes"], 2);
  const nlohmann::json& deletes = result["freshness"]["lines"]["order.delete"];
  EXPECT_EQ(deletes["count"], deletes["expected"]);
  EXPECT_GT(deletes["p50_s"], 0.1) << "the pipeline sleeps for 0.4 s at a time";
}

/// Negative control: slowness hides nothing.
TEST(SlowPipeline, IsStillCaughtWhenItResurrects) {
  const Folder folder;
  const Said said = run_with_slow_pipeline(folder, "--drill resurrect=20%,view=paid_orders ");
  EXPECT_EQ(said.exit_code, 7) << said.out;
  const nlohmann::json result = result_of(folder);
  EXPECT_GT(result["audit"]["paid_orders"]["resurrected"], 0);
  EXPECT_TRUE(result["drill"]["exact"]) << result["drill"].dump();
}

}  // namespace
}  // namespace freshet::cases
