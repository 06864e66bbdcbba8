// MySQL 9 as a user's server: DDL, prepared statements instead of the bulk API, headroom, the native pipeline by file
// and position, the server's figures. script/test stack fetches the server; elsewhere the tests are skipped.
#include <gmock/gmock.h>

#include "app/freshet_process.h"
#include "app/setup/server_figures.h"
#include "servers/mysql9_server.h"

namespace freshet {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class OnMysql9 : public testing::Test {
 protected:
  void SetUp() override {
    if (fixture::Mysql9Server::tree().empty()) GTEST_SKIP() << "no MySQL 9 here: script/test stack fetches one";
    server_ = std::make_unique<fixture::Mysql9Server>();
    sql("CREATE DATABASE shop");
    sql("CREATE DATABASE lake");
    // The default authentication, caching_sha2_password, which the client library has as a plugin.
    sql("CREATE USER keeper@localhost IDENTIFIED BY 'secret'");
    sql("GRANT ALL ON shop.* TO keeper@localhost");
    sql("GRANT ALL ON lake.* TO keeper@localhost");
    sql("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO keeper@localhost");
    ChildProcess::Options broker;
    broker.command = {FRESHET_BINARY_DIR "/tests/mock_broker", "salesbaskets", "8"};
    broker.ready_prefix = "ready ";
    ASSERT_TRUE(broker_.start(broker).ok());
  }
  void sql(const std::string& statement) const {
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status done = session->execute(statement);
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  [[nodiscard]] std::string url(const std::string& database) const {
    return "mysql://keeper:secret@localhost/" + database + "?socket=" + server_->address().socket;
  }
  Said run(const std::string& more = "") {
    return freshet(folder_,
                   "run " + scenario("split-sales") + " --out out --use-existing-topics " + small_load() + more,
                   "FRESHET_MYSQL='" + url("shop") + "' FRESHET_SINK_MYSQL='" + url("lake") +
                       "' FRESHET_KAFKA=" + broker_.ready_line());
  }

  Folder folder_;
  std::unique_ptr<fixture::Mysql9Server> server_;
  ChildProcess broker_;
};

TEST_F(OnMysql9, ARunPassesAndTheServerSaysWhatItDid) {
  const Said said = run();
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["run"]["left_behind"].size(), 0U) << result["run"]["left_behind"];
  for (const char* view : {"salescompleted", "unnested_sales"}) {
    EXPECT_EQ(result["audit"][view]["status"], "done");
    EXPECT_GT(result["audit"][view]["expected"], 100);
  }
  EXPECT_GT(result["load"]["changes"]["payment"]["update"]["committed"], 0);
  EXPECT_GT(result["load"]["changes"]["payment"]["delete"]["committed"], 0);
  EXPECT_GT(result["load"]["headroom"], 1);
  const nlohmann::json& server = result["servers"]["mysql"];
  EXPECT_THAT(server["version"].get<std::string>(), StartsWith("9."));
  EXPECT_EQ(server["durability"]["binlog_format"], "ROW");
  EXPECT_GT(server["load"]["commits"], 0);
  EXPECT_GT(server["load"]["binlog_bytes"], 1'000) << "from the sizes of its files";
  EXPECT_GT(server["load"]["engine_commits"], 0);
}

/// Negative control: the audit sees a row that is not there, on this server too.
TEST_F(OnMysql9, ALostRowIsMissing) {
  const Said said = run("--before-audit 'mariadb --no-defaults -uroot -S " + server_->address().socket +
                        " -e \"DELETE FROM lake.salescompleted LIMIT 2\"'");
  EXPECT_EQ(said.exit_code, 7) << said.out << said.err;
  EXPECT_EQ(result_of(folder_)["audit"]["salescompleted"]["missing"], 2);
}

/// Without the right to see the binlog's files its bytes are not known; that is a warning.
TEST_F(OnMysql9, AMissingPrivilegeIsAWarning) {
  sql("CREATE USER guest@localhost");
  sql("GRANT ALL ON shop.* TO guest@localhost");
  Scenario scenario;
  scenario.connections = {{"shop_db", kMysqlBackend, "", {}}};
  Addresses addresses;
  mysql::Address guest = server_->address();
  guest.user = "guest";
  addresses.servers = {guest};
  const SystemClock clock;
  std::vector<std::string> warnings;
  const ServerReading before = read_servers(scenario, addresses, {}, clock);
  sql("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
  sql("INSERT INTO shop.orders VALUES (1)");
  const ServerRecord record = risen(before, read_servers(scenario, addresses, {}, clock), warnings).at("shop_db");
  EXPECT_THAT(warnings, Contains(HasSubstr("shop_db")));
  EXPECT_FALSE(record.load.contains("binlog_bytes"));
  EXPECT_GT(record.load.at("engine_commits"), 0) << "what may be known is known";
}

TEST_F(OnMysql9, GenerateWritesTablesThereAsOnMariadb) {
  const Said said = freshet(folder_,
                            "generate " + scenario("split-sales") +
                                " --to mysql --rate 500/s --for 4s --set /warm_up=0s "
                                "--set /entities/payment/delay/uniform='[\"1s\",\"20s\"]'",
                            "FRESHET_MYSQL='" + url("shop") + "'");
  ASSERT_EQ(said.exit_code, 0) << said.err;
  auto session = mysql::Connection::open(server_->address());
  ASSERT_TRUE(session.ok());
  EXPECT_FALSE(session->server().mariadb);
  EXPECT_EQ(session->scalar("SELECT COUNT(*) FROM shop.products").value(), "5000");
  EXPECT_GT(std::stoi(session->scalar("SELECT COUNT(*) FROM shop.salespayments").value()), 100);
  EXPECT_GT(std::stoi(session->scalar("SELECT COUNT(*) FROM shop.salespayments WHERE version > 1").value()), 10);
}

}  // namespace
}  // namespace freshet
