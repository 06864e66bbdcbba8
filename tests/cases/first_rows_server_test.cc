// Before the load: rows of an earlier run, the canary, the epoch, and a pipeline that refuses to start.
#include <gmock/gmock.h>

#include "base/clock.h"
#include "cases/their_server.h"

namespace freshet::cases {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kSameKeys = " --salt 7 --epoch 2026-01-01T00:00:00Z ";

class FirstRows : public TheirServer {};

/// What is left of a run would satisfy the next one with its keys, and no pipeline were needed to pass.
TEST_F(FirstRows, RowsWithKeysOfThisRunAreRefusedBeforeTheLoad) {
  const std::string run = "run " + input("foreign/base.json") + " --for 1s --set /warm_up=0s ";
  ASSERT_EQ(on_their_server(run + "--keep" + kSameKeys).exit_code, 0);
  sql("DROP TABLE shop.orders");
  const std::string external = run + "--set /pipeline=external --canary 1s ";

  const Said refused = on_their_server(external + kSameKeys);
  EXPECT_EQ(refused.exit_code, 2) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("view v (table v, connection \"mysql\") holds "));
  EXPECT_THAT(refused.err, HasSubstr("rows with keys of this run (salt 7)"));
  EXPECT_THAT(refused.err, HasSubstr("--salt"));
  EXPECT_THAT(tables(), testing::ElementsAre("freshet_pipeline", "v")) << "the table of the source is gone again";

  // Negative control: a run with other keys does not take them for its own, and misses the pipeline.
  const Said alone = on_their_server(external + "--salt 8");
  EXPECT_EQ(alone.exit_code, 8) << alone.out << alone.err;
  for (const char* said : {"within 1 s", "sent: order ", "to table orders (connection \"mysql\", ",
                           "in view v (table v, connection \"mysql\")", "such as id=", "order_version of 1 or more",
                           "is the external pipeline running", "--canary"}) {
    EXPECT_THAT(alone.err, HasSubstr(said));
  }
  EXPECT_THAT(alone.err, Not(HasSubstr("pipeline.log")));
  EXPECT_THAT(result_of(folder_)["run"]["warnings"].dump(), HasSubstr("rows of another program"));
}

TEST_F(FirstRows, ColumnsThatTheTableOfAViewLacksAreNamed) {
  sql("CREATE TABLE shop.v (id VARCHAR(36) PRIMARY KEY, totl DECIMAL(10,2), more INT)");
  const std::string external =
      "run " + input("foreign/base.json") + " --for 1s --set /warm_up=0s --set /pipeline=external --canary 1s";
  const Said lacking = on_their_server(external);
  EXPECT_EQ(lacking.exit_code, 2) << lacking.out << lacking.err;
  EXPECT_THAT(lacking.err, HasSubstr("view v (table v, connection \"mysql\") lacks "));
  EXPECT_THAT(lacking.err, HasSubstr("total (did you mean \"totl\"?), order_version"));
  EXPECT_THAT(lacking.err, HasSubstr("docs/EXTERNAL.md"));
  EXPECT_THAT(lacking.err, Not(HasSubstr("more")));
  EXPECT_THAT(tables(), testing::ElementsAre("v"));
}

TEST_F(FirstRows, AViewWithWindowsMustBeEmpty) {
  const std::string run = "run " + input("20-before-1970.json") + " --for 1s --set /warm_up=0s ";
  ASSERT_EQ(on_their_server(run + "--keep").exit_code, 0);
  sql("DROP TABLE shop.sales");
  const Said refused = on_their_server(run + "--set /pipeline=external");
  EXPECT_EQ(refused.exit_code, 2) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("groups carry no salt"));
  EXPECT_THAT(refused.err, HasSubstr("empty the table"));
}

/// What a reader of the table sees: rows are dated by the wall clock of their commit.
TEST_F(FirstRows, RowsAreDatedByTheWallClock) {
  auto variables = environment();
  Running run(folder_, "run " + input("00-short.json") + " --out out --for 3s --rate 200/s", "measured", variables);
  double least = 1e9, most = -1e9;
  const SystemClock clock;
  for (int i = 0; i < 10; ++i) {
    clock.sleep_until(clock.now() + 100 * kNanosPerMilli, {});
    const auto lag =
        connect().scalar("SELECT TIMESTAMPDIFF(MICROSECOND, MAX(updated_at), UTC_TIMESTAMP(6)) FROM shop.orders");
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    least = std::min(least, std::stod(lag.value()) / 1e6);
    most = std::max(most, std::stod(lag.value()) / 1e6);
  }
  const Said said = run.ended();
  EXPECT_EQ(said.exit_code, 0) << said.out;
  const double told = result_of(folder_)["scenario"]["epoch_lag_s"];
  EXPECT_GT(least, -0.05) << "no row is of the future";
  EXPECT_LT(least - told, 0.25) << "and none is older than the result says";
  EXPECT_LT(told, 0.5) << "most " << most;
}

TEST_F(FirstRows, ARefusalOfThePipelineLeavesNothingAndSaysItsRemedy) {
  sql("SET GLOBAL binlog_format = 'STATEMENT'");
  const std::string run = "run " + input("foreign/base.json") + " --for 1s --set /warm_up=0s ";
  const Said refused = on_their_server(run);
  EXPECT_EQ(refused.exit_code, 2) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("binlog_format is STATEMENT"));
  EXPECT_THAT(refused.err, HasSubstr("set it to ROW")) << "the pipeline's own remedy";
  EXPECT_THAT(tables(), IsEmpty());
  sql("SET GLOBAL binlog_format = 'ROW'");
  EXPECT_EQ(on_their_server(run).exit_code, 0) << "and nothing is in the way of the next run";
}

}  // namespace
}  // namespace freshet::cases
