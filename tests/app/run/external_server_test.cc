// Runs against servers that are not ours: a second private MariaDB server and a broker in a process of its own. What is
// refused, what is left behind, and how a run ends when something dies on the way.
#include <gmock/gmock.h>

#include <unistd.h>

#include <csignal>

#include "app/freshet_process.h"
#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"

namespace freshet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Their MySQL (databases shop and lake) and their Kafka.
class TheirServers : public testing::Test {
 protected:
  void SetUp() override {
    mariadb_ = MariadbServer::start({}).value();
    sql("CREATE DATABASE shop");
    sql("CREATE DATABASE lake");
    ChildProcess::Options broker;
    broker.command = {FRESHET_BINARY_DIR "/tests/mock_broker", "salesbaskets", "8"};
    broker.ready_prefix = "ready ";
    const Status started = broker_.start(broker);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }

  mysql::Connection connect(const std::string& database = "") {
    mysql::Address address;
    address.socket = mariadb_->socket();
    address.user = "root";
    address.database = database;
    return std::move(mysql::Connection::open(address)).value();
  }
  void sql(const std::string& statement) {
    const Status done = connect().execute(statement);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  std::vector<std::string> tables() {
    std::vector<std::string> names;
    const Status listed = connect().query(
        "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_schema IN "
        "('shop', 'lake') ORDER BY 1",
        [&](auto values) { names.emplace_back(values[0].value_or("")); });
    EXPECT_TRUE(listed.ok());
    return names;
  }
  std::string url(const std::string& database, const std::string& password) const {
    return "mysql://root:" + password + "@127.0.0.1:" + std::to_string(mariadb_->port()) + "/" + database;
  }
  std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL", url("shop", mariadb_->tcp_password())},
            {"FRESHET_SINK_MYSQL", url("lake", mariadb_->tcp_password())},
            {"FRESHET_KAFKA", broker_.ready_line()}};
  }
  Said run(const std::string& more, const std::string& variables = "") {
    std::string before;
    for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
    return freshet(folder_,
                   "run " + scenario("split-sales") + " --out " + folder_.path() + "/out --use-existing-topics " +
                       small_load() + more,
                   before + variables);
  }
  std::unique_ptr<Running> running(const std::string& phase, int seconds = 60) {
    return std::make_unique<Running>(folder_,
                                     "run " + scenario("split-sales") + " --out " + folder_.path() +
                                         "/out --use-existing-topics " + small_load(seconds),
                                     phase, environment());
  }
  /// The pipeline names the run's folder on its command line. (The bracket keeps pgrep's own shell from matching.)
  void expect_unreachable(Running& run) {
    const Said said = run.ended();
    EXPECT_EQ(said.exit_code, 8) << said.out;
    EXPECT_EQ(result_of(folder_)["verdict"], "unreachable");
    expect_nothing_left_running();
  }
  void expect_nothing_left_running() {
    EXPECT_NE(std::system(("pgrep -f '[/]" + folder_.path().substr(1) + "/out' >/dev/null").c_str()), 0);
  }

  Folder folder_;
  std::unique_ptr<MariadbServer> mariadb_;
  ChildProcess broker_;
};

TEST_F(TheirServers, TakeTheSameRunAndAreLeftAsTheyWere) {
  sql("CREATE TABLE shop.theirs (id INT PRIMARY KEY)");
  const Said said = run("");
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["verdict"], "pass");
  EXPECT_NE(result["scenario"]["salt"], 0) << "their servers may hold rows of an earlier run";
  EXPECT_GT(result["audit"]["salescompleted"]["expected"], 100);
  EXPECT_EQ(tables(), std::vector<std::string>{"shop.theirs"});
  EXPECT_THAT(read_file(folder_.path() + "/out/result.json"), Not(HasSubstr(mariadb_->tcp_password())));
  EXPECT_THAT(read_file(folder_.path() + "/out/scenario.resolved.json"), Not(HasSubstr(mariadb_->tcp_password())));
  EXPECT_THAT(read_file(folder_.path() + "/out/logs/pipeline.log"), Not(HasSubstr(mariadb_->tcp_password())));
}

TEST_F(TheirServers, ATableThatFreshetDidNotMakeIsNeverTouched) {
  for (const char* table : {"shop.salespayments", "lake.salescompleted"}) {
    sql(std::string("CREATE TABLE ") + table + " (id INT PRIMARY KEY)");
    sql(std::string("INSERT INTO ") + table + " VALUES (42)");
    const Said said = run("--drop-existing");
    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_THAT(said.err, HasSubstr("was not created by Freshet"));
    EXPECT_EQ(tables(), std::vector<std::string>{table}) << "and what was made before it was seen is gone";
    EXPECT_EQ(connect().scalar(std::string("SELECT id FROM ") + table).value(), "42");
    sql(std::string("DROP TABLE ") + table);
    std::filesystem::remove_all(folder_.path() + "/out");
  }
}

TEST_F(TheirServers, TablesOfAnEarlierRunAreRefusedUntilTheFlagIsGiven) {
  ASSERT_EQ(run("--keep").exit_code, 0);
  EXPECT_THAT(tables(), testing::Contains("lake.unnested_sales"));
  const std::vector<std::string> kept = tables();
  std::filesystem::remove_all(folder_.path() + "/out");
  const Said refused = run("");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--drop-existing"));
  EXPECT_EQ(tables(), kept);
  std::filesystem::remove_all(folder_.path() + "/out");
  const Said dropped = run("--drop-existing");
  EXPECT_EQ(dropped.exit_code, 0) << dropped.out << dropped.err;
  EXPECT_THAT(tables(), IsEmpty());
}

TEST_F(TheirServers, CleanDropsWhatRunsLeftAndNothingElse) {
  sql("CREATE TABLE shop.theirs (id INT PRIMARY KEY) COMMENT 'not made by Freshet'");
  ASSERT_EQ(run("--keep").exit_code, 0);
  const std::vector<std::string> kept = tables();
  EXPECT_GT(kept.size(), 3U);
  std::string before;
  for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
  const Said said_only = freshet(folder_, "clean " + scenario("split-sales") + " --dry-run", before);
  EXPECT_EQ(said_only.exit_code, 0) << said_only.err;
  EXPECT_THAT(said_only.out, HasSubstr("would drop"));
  EXPECT_EQ(tables(), kept);
  const Said cleaned = freshet(folder_, "clean " + scenario("split-sales"), before);
  EXPECT_EQ(cleaned.exit_code, 0) << cleaned.err;
  EXPECT_THAT(cleaned.out, HasSubstr("unnested_sales"));
  EXPECT_EQ(tables(), std::vector<std::string>{"shop.theirs"});
  EXPECT_THAT(freshet(folder_, "clean " + scenario("split-sales"), before).out, HasSubstr("nothing was left"));
}

TEST_F(TheirServers, AWrongPasswordIsOneLineAndExit8) {
  const Said said = run("", "FRESHET_MYSQL='" + url("shop", "wrong") + "' ");
  EXPECT_EQ(said.exit_code, 8);
  EXPECT_THAT(said.err, HasSubstr("Access denied"));
  EXPECT_THAT(tables(), IsEmpty());
}

TEST_F(TheirServers, AnExistingTopicIsRefusedWithoutTheFlag) {
  std::string before;
  for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
  const Said said = freshet(folder_, "run " + scenario("split-sales") + " --out out", before);
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, HasSubstr("--use-existing-topics"));
}

TEST_F(TheirServers, AServerThatGoesAwayIsExit8AndWhatWasMeasuredIsKept) {
  const auto run = running("measured");
  mariadb_->kill_now();
  const Said said = run->ended();
  EXPECT_EQ(said.exit_code, 8) << said.out;
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["verdict"], "unreachable");
  EXPECT_FALSE(result["run"]["complete"]);
  EXPECT_GT(result["load"]["changes"]["basket"]["insert"]["committed"], 0);
  EXPECT_EQ(result["audit"]["salescompleted"]["status"], "skipped");
  expect_nothing_left_running();
}

TEST_F(TheirServers, ALoadThatIsNotKeptIsInvalidAndNeverAPass) {
  const auto run = running("measured", 8);
  ASSERT_EQ(::kill(mariadb_->pid(), SIGSTOP), 0);
  ::sleep(4);  // the fault itself: longer than any wait that a valid run may have
  ASSERT_EQ(::kill(mariadb_->pid(), SIGCONT), 0);
  const Said said = run->ended();
  EXPECT_EQ(said.exit_code, 6) << said.out;
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["verdict"], "invalid");
  EXPECT_FALSE(result["validity"]["valid"]);
  EXPECT_GT(result["latency"]["wait"]["max_s"], 3);
  EXPECT_EQ(result["audit"]["salescompleted"]["status"], "done");
}

TEST_F(TheirServers, ABrokerThatGoesAwayIsExit8) {
  const auto run = running("measured");
  broker_.signal(SIGKILL);
  expect_unreachable(*run);
}

TEST_F(TheirServers, ASinkThatGoesAwayIsExit8) {
  const auto run = running("measured");
  sql("DROP DATABASE lake");
  expect_unreachable(*run);
}

TEST_F(TheirServers, AKilledPipelineIsExit8AndNamed) {
  const auto run = running("measured");
  const std::string children = "pkill -9 -P " + std::to_string(run->process().pid());
  ASSERT_EQ(std::system(children.c_str()), 0);
  const Said said = run->ended();
  EXPECT_EQ(said.exit_code, 8) << said.out;
  EXPECT_THAT(said.out, HasSubstr("the pipeline died"));
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["verdict"], "unreachable");
  EXPECT_FALSE(result["run"]["complete"]);
  EXPECT_THAT(tables(), IsEmpty());
}

TEST_F(TheirServers, CtrlCIsExit130NeverPassesAndLeavesNothing) {
  const auto run = running("measured");
  run->process().signal(SIGINT);
  const Said said = run->ended();
  EXPECT_EQ(said.exit_code, 130) << said.out;
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["verdict"], "interrupted");
  EXPECT_EQ(result["exit_code"], 130);
  EXPECT_FALSE(result["run"]["complete"]);
  EXPECT_THAT(tables(), IsEmpty());
  expect_nothing_left_running();
}

TEST(Embedded, AKilledHarnessLeavesNoServerAndTheNextRunWorks) {
  Folder folder;
  {
    Running run(folder, "run " + scenario("split-sales") + " --embedded --out killed --for 60s", "measured");
    const std::string family = "pgrep -P " + std::to_string(run.process().pid()) + " >" + folder.path() + "/children";
    ASSERT_EQ(std::system(family.c_str()), 0);
    run.process().signal(SIGKILL);
    EXPECT_EQ(run.ended().exit_code, 128 + SIGKILL);
  }
  const std::string children = read_file(folder.path() + "/children");
  EXPECT_EQ(std::count(children.begin(), children.end(), '\n'), 2) << "server and pipeline";
  // They end by the kernel's parent-death signal: soon, not at once.
  const std::string gone = "for i in $(seq 100); do alive=; for p in $(cat " + folder.path() +
                           "/children); do [ -d /proc/$p ] && ! grep -q '^State:.Z' /proc/$p/status && alive=1; done; "
                           "[ -z \"$alive\" ] && exit 0; sleep 0.1; done; exit 1";
  EXPECT_EQ(std::system(gone.c_str()), 0);
  const Said next = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load());
  EXPECT_EQ(next.exit_code, 0) << next.out << next.err;
}

TEST(Unreachable, AMissingOrUnreachableTargetIsOneLine) {
  Folder folder;
  const Said missing = freshet(folder, "run " + scenario("split-sales") + " --out a", "env -u FRESHET_MYSQL");
  EXPECT_EQ(missing.exit_code, 8) << missing.err;
  EXPECT_THAT(missing.err, HasSubstr("FRESHET_MYSQL"));
  const Said refused = freshet(folder, "run " + scenario("split-sales") + " --out b",
                               "FRESHET_KAFKA=127.0.0.1:1 FRESHET_MYSQL=mysql://nobody:hunter2@127.0.0.1:1/shop");
  EXPECT_EQ(refused.exit_code, 8) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(refused.err, Not(HasSubstr("hunter2"))) << "a password must never be printed";
  EXPECT_EQ(result_of(folder, "b")["verdict"], "unreachable");
}

}  // namespace
}  // namespace freshet
