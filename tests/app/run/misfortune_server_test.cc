// Whole runs on servers that are killed, stopped or filled meanwhile. Each ends with totals that add up, the exit code
// that says what happened, and an audit that finds no difference or names it.
//
// The database is its own sink: the observed "view" is a view of the written table on the same server, so that the
// audit compares what the writers reported with what is there, with nothing in between.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "app/run_account.h"
#include "servers/mariadb_server.h"
#include "servers/own_server.h"

namespace freshet {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr const char* kCounter = R"({
  "freshet": 1, "name": "counter", "seed": 5, "warm_up": "1s",
  "entities": {"order": {
    "key": {"id": "uuid"},
    "fields": {"store": {"integer": [1, 20]}, "note": {"text": {"uniform": [20, 2000]}}, "status": "state"},
    "life": {"placed": {"after": {"exponential": "1s", "min": "200ms"}, "to": {"paid": 80, "cancelled": 20}},
             "paid": {"after": {"exponential": "1s", "min": "200ms"}, "to": {"shipped": 1}},
             "cancelled": {"after": {"exponential": "1s", "min": "200ms"}, "to": {"deleted": 1}}}}},
  "load": [{"entity": "order", "rate": "200/s", "for": "8s"}],
  "write": {"order": {"mysql": {"table": "orders"}}},
  "views": {"orders_seen": {"from": "order", "key": ["id"]}},
  "pipeline": "external",
  "observe": {"orders_seen": {"mysql": {"table": "orders_seen"}}},
  "drain": "10s", "slo": ["lost == 0", "wrong == 0"],
  "connections": {"mysql": "${FRESHET_MYSQL}"}})";

class DatabaseMisfortune : public testing::Test {
 protected:
  void start(std::vector<std::string> arguments = {}, std::int64_t disk_bytes = 0) {
    server_ = std::make_unique<fixture::OwnServer>(std::move(arguments), disk_bytes);
    sql("CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    sql("CREATE USER keeper@localhost");
    sql("GRANT ALL ON shop.* TO keeper@localhost");
    // The table that the view shows is the run's; it only has to be there when the view is made.
    sql("CREATE TABLE shop.orders (id VARCHAR(36), store BIGINT, note TEXT, status VARCHAR(20), version BIGINT)");
    sql("CREATE SQL SECURITY INVOKER VIEW shop.orders_seen AS "
        "SELECT id, store, note, status, version AS order_version FROM shop.orders");
    sql("DROP TABLE shop.orders");
  }
  void sql(const std::string& statement) const {
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status done = session->execute(statement);
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  /// Starts a run; returns once it is in its measured phase.
  void run(const std::string& more = "") {
    const std::string file = folder_.write("counter.json", kCounter);
    const std::string url = "mysql://keeper@localhost/shop?socket=" + server_->address().socket;
    run_ = std::make_unique<Running>(folder_, "run " + file + " --out " + folder_.path() + "/out " + more, "measured",
                                     std::map<std::string, std::string>{{"FRESHET_MYSQL", url}});
  }
  nlohmann::json expect_exit(const testing::Matcher<int>& code) {
    const Said said = run_->ended();
    EXPECT_THAT(said.exit_code, code) << said.out;
    return result_of(folder_);
  }

  Folder folder_;
  std::unique_ptr<fixture::OwnServer> server_;
  std::unique_ptr<Running> run_;
};

TEST_F(DatabaseMisfortune, AServerThatIsKilledAndStartedAgainLosesNothing) {
  start();
  run();
  ::sleep(1);  // some way into the load
  server_->kill();
  server_->start();
  const nlohmann::json result = expect_exit(AnyOf(0, 6));  // that of a server that is slow to come back is not kept
  expect_equal_audit(result);
  EXPECT_EQ(sum_of(result, "committed"), sum_of(result, "scheduled"));
  EXPECT_THAT(result["run"]["warnings"].dump(), HasSubstr("restarted during the load"));
}

TEST_F(DatabaseMisfortune, AServerThatStandsStillForTwentySecondsIsLateAndNothingElse) {
  start();
  run();
  server_->pause();
  ::sleep(20);  // the misfortune itself
  server_->resume();
  const nlohmann::json result = expect_exit(6);
  expect_equal_audit(result);
  EXPECT_EQ(sum_of(result, "committed"), sum_of(result, "scheduled"));
  EXPECT_GT(result["latency"]["wait"]["max_s"], 10) << "intended instants never move";
}

TEST_F(DatabaseMisfortune, AReadOnlyServerRejectsAndTheAuditKnows) {
  start();
  run();
  ::sleep(1);
  sql("SET GLOBAL read_only = 1");
  ::sleep(1);
  sql("SET GLOBAL read_only = 0");
  const nlohmann::json result = expect_exit(6);
  expect_equal_audit(result);
  EXPECT_GT(sum_of(result, "rejected"), 0);
  EXPECT_GT(sum_of(result, "withheld"), 0);
  EXPECT_EQ(sum_of(result, "unknown"), 0);
  EXPECT_EQ(result["load"]["exceptions"][0]["code"], 1290);
}

TEST_F(DatabaseMisfortune, LocksThatOthersHoldAreWaitedForOrRejected) {
  start({"--innodb-deadlock-detect=ON"});
  run();
  auto holder = mysql::Connection::open(server_->address());
  ASSERT_TRUE(holder.ok());
  for (int i = 0; i < 3; ++i) {
    // Every row, in the order of the key, while the writers' transactions take theirs in the order of the schedule.
    ASSERT_TRUE(holder->execute("BEGIN").ok());
    [[maybe_unused]] const Status either = holder->execute("UPDATE shop.orders SET note = note");
    ::sleep(1);
    ASSERT_TRUE(holder->execute("ROLLBACK").ok());
  }
  expect_equal_audit(expect_exit(AnyOf(0, 6)));
}

TEST_F(DatabaseMisfortune, RowsThatNoPacketCanHoldAreRejected) {
  start({"--max-allowed-packet=2048", "--net-buffer-length=1024"});
  const std::string large(4'000, 'x');
  run("--salt 1 --set /entities/order/fields/note='{\"choice\":{\"small\":95,\"" + large + "\":5}}'");
  const nlohmann::json result = expect_exit(6);
  expect_equal_audit(result);
  EXPECT_GT(sum_of(result, "rejected"), 0);
  EXPECT_GT(sum_of(result, "committed"), 0);
}

TEST_F(DatabaseMisfortune, AFullDiskRejectsUntilThereIsRoom) {
  start({"--innodb-log-file-size=8M", "--aria-log-file-size=8M"}, 160'000'000);
  run("--set /entities/order/fields/note='{\"text\":{\"uniform\":[3000,4096]}}' --rate 1200/s");
  server_->fill_disk(4'000'000);
  ::sleep(4);
  server_->let_go();
  const nlohmann::json result = expect_exit(6);
  expect_equal_audit(result);
  EXPECT_GT(sum_of(result, "rejected"), 0);
  EXPECT_EQ(result["load"]["exceptions"][0]["code"], 1114);
  const nlohmann::json& refusal = result["load"]["refusals"][0];
  EXPECT_THAT(refusal["message"].get<std::string>(), HasSubstr("is full"));
  EXPECT_GT(refusal["changes"], 0);
  EXPECT_THAT(result["run"]["warnings"].dump(), HasSubstr("refused " + refusal["changes"].dump() + " change"));
}

/// Negative control: a row that vanishes behind the writers' backs is named.
TEST_F(DatabaseMisfortune, ARowThatSomebodyTakesAwayIsMissing) {
  start();
  run("--before-audit 'mariadb --no-defaults -uroot -S " + server_->address().socket +
      " -e \"DELETE FROM shop.orders LIMIT 3\"'");
  const nlohmann::json result = expect_exit(7);
  EXPECT_EQ(result["audit"]["orders_seen"]["missing"], 3);
}

class BrokerMisfortune : public testing::Test {
 protected:
  void run(const std::string& mischief) {
    mariadb_ = MariadbServer::start({}).value();
    mysql::Address root;
    root.socket = mariadb_->socket();
    root.user = "root";
    ASSERT_TRUE(mysql::Connection::open(root)->execute("CREATE DATABASE shop").ok());
    ChildProcess::Options broker;
    broker.command = {FRESHET_BINARY_DIR "/tests/mock_broker", "salesbaskets", "8", mischief};
    broker.ready_prefix = "ready ";
    ASSERT_TRUE(broker_.start(broker).ok());
    const std::map<std::string, std::string> environment = {
        {"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + mariadb_->socket()},
        {"FRESHET_KAFKA", broker_.ready_line()}};
    run_ = std::make_unique<Running>(
        folder_, "run " + scenario("split-sales") + " --out out --use-existing-topics --drain 10s " + small_load(),
        "measured", environment);
    ::sleep(1);  // some way into the load
    broker_.signal(SIGUSR1);
  }

  Folder folder_;
  std::unique_ptr<MariadbServer> mariadb_;
  ChildProcess broker_;
  std::unique_ptr<Running> run_;
};

TEST_F(BrokerMisfortune, ABrokerThatIsBouncedLosesNothing) {
  run("down");
  ::sleep(2);
  broker_.signal(SIGUSR2);
  const Said said = run_->ended();
  EXPECT_THAT(said.exit_code, AnyOf(0, 6)) << said.out;
  const nlohmann::json result = result_of(folder_);
  expect_equal_audit(result);
  EXPECT_EQ(sum_of(result, "committed"), sum_of(result, "scheduled"));
}

TEST_F(BrokerMisfortune, ATopicThatIsDeletedEndsTheRunAndIsNamed) {
  run("deleted");
  const Said said = run_->ended();
  EXPECT_EQ(said.exit_code, 8) << said.out;
  EXPECT_THAT(said.out, HasSubstr("topic"));
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["audit"]["salescompleted"]["status"], "skipped");
  EXPECT_EQ(result["verdict"], "unreachable");
}

TEST_F(BrokerMisfortune, MessagesThatAreTooLargeAreRejectedAndTheAuditKnows) {
  run("large");
  const Said said = run_->ended();
  EXPECT_THAT(said.exit_code, AnyOf(0, 6)) << said.out;
  const nlohmann::json result = result_of(folder_);
  expect_equal_audit(result);
  EXPECT_GT(result["load"]["changes"]["basket"]["insert"]["rejected"], 0);
  EXPECT_GT(result["load"]["changes"]["payment"]["insert"]["withheld"], 0) << "their baskets are not there";
}

/// A registry that is not there, and one that answers everything with a refusal.
class RegistryMisfortune : public testing::Test {
 protected:
  Said run(const std::string& registry) {
    return freshet(folder_, "run " + scenario("split-sales") +
                                " --embedded --out out --set /pipeline='\"external\"' "
                                "--set /write/basket/kafka/format='\"avro\"' --set /write/basket/kafka/registry='\"" +
                                registry + "\"'");
  }
  Folder folder_;
};

TEST_F(RegistryMisfortune, ThatIsNotThereIsOneLineAndExit8) {
  const Said said = run("http://127.0.0.1:1");
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(result_of(folder_)["verdict"], "unreachable");
}

TEST_F(RegistryMisfortune, ThatRefusesTheSchemaIsOneLineAndSaysWhy) {
  ChildProcess refusing;
  ChildProcess::Options options;
  options.command = {"python3", "-u", "-c", R"py(
import http.server
class Refusing(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        answer = b'{"error_code":409,"message":"incompatible with an earlier schema"}'
        self.send_response(409)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *arguments):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Refusing)
print('ready', server.server_port)
server.serve_forever()
)py"};
  options.ready_prefix = "ready ";
  ASSERT_TRUE(refusing.start(options).ok());
  const Said said = run("http://127.0.0.1:" + refusing.ready_line());
  EXPECT_EQ(said.exit_code, 8) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("incompatible with an earlier schema"));
}

}  // namespace
}  // namespace freshet
