// Sessions that log statements instead of rows, and servers that log less than happens: what a run or a pipeline makes
// of them. Inputs are those of tests/cases/inputs.
#include <gmock/gmock.h>

#include "cases/service.h"
#include "clients/mysql/mysql.h"
#include "servers/own_server.h"

namespace freshet::cases {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string> kLogged = {"--log-bin=shop-binlog", "--server-id=1", "--binlog-format=ROW",
                                          "--log-bin-trust-function-creators=ON"};

class StatementCases : public testing::Test {
 protected:
  void start(std::vector<std::string> more = {}) {
    more.insert(more.end(), kLogged.begin(), kLogged.end());
    server_ = std::make_unique<fixture::OwnServer>(more);
    sql("CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE DATABASE other");
  }
  [[nodiscard]] std::string client() const {
    return "mariadb --no-defaults -uroot -S " + server_->address().socket + " shop --force";
  }
  void sql(const std::string& statements) const {
    const std::string file = folder_.write("statements.sql", statements);
    const std::string command = "mariadb --no-defaults -uroot -S " + server_->address().socket + " < " + file;
    ASSERT_EQ(std::system(command.c_str()), 0) << statements;
  }
  /// What the client says of a file of statements; errors do not stop it.
  void send(const std::string& name) const {
    const std::string command = client() + " < " + input(name) + " >" + folder_.path() + "/sent 2>&1";
    ASSERT_EQ(std::system(command.c_str()) & 0xff, 0) << name;
  }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + server_->address().socket}};
  }
  [[nodiscard]] std::string variables() const { return "FRESHET_MYSQL='" + environment().at("FRESHET_MYSQL") + "'"; }
  [[nodiscard]] std::string scalar(const std::string& query) const {
    mysql::Address address = server_->address();
    address.database = "shop";
    auto session = mysql::Connection::open(address);
    EXPECT_TRUE(session.ok());
    auto value = session->scalar(query);
    return value.ok() ? *value : value.error().message;
  }
  /// Waits until a query answers so, at most 10 s.
  void await(const std::string& query, const std::string& answer) const {
    const SystemClock clock;
    const Instant until = clock.now() + 10 * kNanosPerSecond;
    while (scalar(query) != answer && clock.now() < until) clock.sleep_until(clock.now() + 20 * kNanosPerMilli, {});
    EXPECT_EQ(scalar(query), answer);
  }
  /// Starts `freshet pipeline`; returns once it reads.
  void start_pipeline() { pipeline_ = std::make_unique<Service>(folder_, "00-service.json", environment()); }

  Folder folder_;
  std::unique_ptr<fixture::OwnServer> server_;
  std::unique_ptr<Service> pipeline_;
};

TEST_F(StatementCases, AnothersStatementsAndTypesEndNoRun) {
  start();
  Running run(folder_, "run " + input("00-short.json") + " --out " + folder_.path() + "/out", "measured",
              environment());
  for (const char* name : {"01-checksum-tool.sql", "02-name-in-a-text.sql", "02-same-name-other-database.sql",
                           "23-restore-and-temporary.sql", "23-xa-savepoints-domains.sql", "23-foreign-types.sql"}) {
    send(name);
  }
  const Said said = run.ended();
  EXPECT_EQ(said.exit_code, 0) << said.out;
}

TEST_F(StatementCases, AToolThatSumsOursUpInStatementsEndsNoRun) {
  start();
  Running run(folder_, "run " + input("00-base.json") + " --out " + folder_.path() + "/out", "measured", environment());
  send("01-checksum-tool.sql");
  const Said said = run.ended();
  EXPECT_EQ(said.exit_code, 0) << said.out;
}

TEST_F(StatementCases, OursWrittenThroughATriggerByAStatementIsRefused) {
  start();
  send("02-trigger-function.setup.sql");
  start_pipeline();
  sql("USE shop; INSERT INTO inbox VALUES (1); DO f_add(1)");
  await("SELECT GROUP_CONCAT(number ORDER BY number) FROM v", "f1,t1");
  sql("USE shop; SET SESSION binlog_format = STATEMENT; DELETE FROM inbox; UPDATE inbox SET id = 3");
  sql("USE shop; INSERT INTO inbox VALUES (9)");
  await("SELECT GROUP_CONCAT(number ORDER BY number) FROM v", "f1,t1,t9");
  send("02-trigger-function.traffic.sql");
  const Said said = pipeline_->ended();
  EXPECT_EQ(said.exit_code, 2) << said.out;
  EXPECT_THAT(said.out, AllOf(HasSubstr("rows of shop.app_orders may have been written by a statement"),
                              HasSubstr("trigger shop.take"), HasSubstr("binlog_format=ROW")));
}

TEST_F(StatementCases, OursWrittenThroughAFunctionByAStatementIsRefused) {
  start();
  send("02-trigger-function.setup.sql");
  start_pipeline();
  sql("USE shop; SET SESSION binlog_format = STATEMENT; SELECT f_add(2)");
  const Said said = pipeline_->ended();
  EXPECT_EQ(said.exit_code, 2) << said.out;
  EXPECT_THAT(said.out, HasSubstr("routine shop.f_add"));
}

TEST_F(StatementCases, ACascadeIntoOursIsRefusedAtStart) {
  start();
  send("13-cascade.setup.sql");
  const std::string service = "pipeline " + input("00-service.json") + " --drop-existing";
  const Said refused = freshet(folder_, service, variables());
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("shop.app_orders has ON DELETE CASCADE"), HasSubstr("shop.shops")));
  // Without the rule the application deletes the rows itself, and the same traffic is read.
  sql("USE shop; ALTER TABLE app_orders DROP FOREIGN KEY app_orders_ibfk_1");
  start_pipeline();
  send("13-cascade.traffic.sql");
  constexpr const char* kRows = "SELECT GROUP_CONCAT(number, city, total ORDER BY number) FROM ";
  const std::string written = scalar(std::string(kRows) + "app_orders");
  EXPECT_THAT(written, HasSubstr("6Bonn66.00"));
  await(std::string(kRows) + "v", written);
}

TEST_F(StatementCases, TablesOfAnyCaseAreReadWhereCaseMakesNoDifference) {
  start({"--lower-case-table-names=1"});
  const Said said = freshet(folder_, "run " + input("09-upper-case-table.json") + " --for 3s", variables());
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
}

TEST_F(StatementCases, ADatabaseThatIsNotLoggedIsRefusedAtStart) {
  start({"--binlog-ignore-db=shop"});
  const Said ignored = freshet(folder_, "run " + input("00-short.json"), variables());
  EXPECT_EQ(ignored.exit_code, 2) << ignored.out;
  EXPECT_THAT(ignored.err, HasSubstr("binlog-ignore-db=shop"));
  // One option is one name, and the server shows it as it shows two.
  start({"--binlog-do-db=shop,other"});
  const Said unseen = freshet(folder_, "run " + input("00-short.json") + " --canary 1s --out out", variables());
  EXPECT_EQ(unseen.exit_code, 8) << unseen.out;
  EXPECT_THAT(unseen.err,
              HasSubstr("binlog-do-db=shop,other: if this was given as one option, the server takes it for one name"));
}

}  // namespace
}  // namespace freshet::cases
