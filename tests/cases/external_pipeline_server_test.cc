// `freshet pipeline` as the external pipeline of runs: it is there before its sources, and after them.
#include <gmock/gmock.h>

#include "cases/their_server.h"
#include "servers/kafka_broker.h"

namespace freshet::cases {
namespace {

using testing::HasSubstr;

constexpr const char* kShop = R"({
  "freshet": 1, "name": "served", "seed": 3, "time_scale": 10, "warm_up": "0s", "drain": "10s",
  "entities": {
    "order": {"key": {"number": "uuid"}, "fields": {"total": {"decimal": ["1.00", "99.99"]}}},
    "payment": {"per": "order", "share": "90%", "key": {"number": "parent"}, "fields": {"paid": {"parent": "total"}}}
  },
  "load": [{"entity": "order", "rate": "50/s", "for": "1s"}],
  "write": {"order": {"kafka": {"topic": "orders", "partitions": 2}}, "payment": {"mysql": {"table": "payments"}}},
  "views": {"paid_orders": {"from": "order", "join": {"payment": "number"}, "key": "number"}},
  "observe": {"paid_orders": {"mysql": {"table": "paid_orders", "connection": "mysql"}}},
  "slo": ["lost == 0", "wrong == 0"],
  "connections": {"mysql": "${FRESHET_MYSQL}", "kafka": "${FRESHET_KAFKA}"}
})";

class ExternalPipeline : public TheirServer {
 protected:
  void start_service(const std::string& more = "") {
    ChildProcess::Options options;
    options.command = {"/bin/sh", "-c", "exec " FRESHET_BINARY_DIR "/freshet pipeline " + scenario_ + " " + more};
    options.environment = environment();
    options.environment["FRESHET_KAFKA"] = broker_->bootstrap();
    options.output_file = folder_.path() + "/service.log";
    options.ready_prefix = "freshet pipeline: ready";
    const Status started = service_.start(options);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  std::string log() const { return read_file(folder_.path() + "/service.log"); }
  Said run_once() {
    return on_their_server(
        "run " + scenario_ +
        " --set /pipeline=external --use-existing-topics --set /connections/kafka=" + broker_->bootstrap());
  }
  /// Waits until the log contains the text this many times.
  bool wait_for(const std::string& text, int times = 1) const {
    const auto there = [&] {
      const std::string said = log();
      int found = 0;
      for (std::size_t at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) ++found;
      return found >= times;
    };
    const SystemClock clock;
    for (int i = 0; i < 200 && !there(); ++i) clock.sleep_until(clock.now() + 50 * kNanosPerMilli, {});
    return there();
  }

  std::unique_ptr<kafka::EmbeddedBroker> broker_ = std::move(kafka::EmbeddedBroker::start()).value();
  const std::string scenario_ = folder_.write("served.json", kShop);
  ChildProcess service_;
};

TEST_F(ExternalPipeline, WaitsForItsSourcesAndSurvivesTheEndOfARun) {
  start_service();
  EXPECT_TRUE(wait_for("waits for topic orders")) << log();
  ASSERT_TRUE(broker_->create_topic("orders", 2).ok());
  for (int i = 0; i < 2; ++i) {
    const Said said = run_once();
    EXPECT_EQ(said.exit_code, 0) << said.out << said.err << log();
    EXPECT_GT(result_of(folder_)["audit"]["paid_orders"]["expected"], 20);
    EXPECT_TRUE(wait_for("was dropped: table payments; starting over with empty views", i + 1)) << log();
    EXPECT_EQ(service_.died(), "") << log();
  }
  EXPECT_EQ(service_.stop(), 0) << log();
}

TEST_F(ExternalPipeline, ARunIsToldThatItIsRunning) {
  ASSERT_TRUE(broker_->create_topic("orders", 2).ok());
  start_service();
  const Said said =
      on_their_server("run " + scenario_ + " --use-existing-topics --set /connections/kafka=" + broker_->bootstrap());
  EXPECT_EQ(said.exit_code, 2) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("is running (run "));
  EXPECT_EQ(service_.died(), "") << log();
}

/// Negative control: asked to end with its sources, it does, and says why.
TEST_F(ExternalPipeline, OnceItEndsWithItsSources) {
  ASSERT_TRUE(broker_->create_topic("orders", 2).ok());
  start_service("--once");
  EXPECT_EQ(run_once().exit_code, 0);
  EXPECT_TRUE(service_.wait(10'000)) << log();
  EXPECT_NE(service_.exit_code(), 0);
  EXPECT_THAT(log(), HasSubstr("payments"));
}

}  // namespace
}  // namespace freshet::cases
