// What a server says of itself before and after the load: real servers, real commits.
#include "app/setup/server_figures.h"

#include <gmock/gmock.h>

#include <thread>

#include "app/freshet_process.h"
#include "servers/own_server.h"

namespace freshet {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

class ServerFigures : public testing::Test {
 protected:
  void SetUp() override {
    sql("CREATE DATABASE shop");
    sql("CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(2000))");
    scenario_.connections = {{"shop_db", kMysqlBackend, "", {}}};
    addresses_.servers = {server_.address()};
  }
  void sql(const std::string& statement) const {
    auto session = mysql::Connection::open(server_.address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status done = session->execute(statement);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  [[nodiscard]] ServerReading read() const { return read_servers(scenario_, addresses_, {}, clock_); }

  fixture::OwnServer server_{{"--log-bin=binlog", "--binlog-format=ROW", "--sync-binlog=1", "--server-id=1",
                              "--innodb-flush-log-at-trx-commit=1"}};
  Scenario scenario_;
  Addresses addresses_;
  const SystemClock clock_{};
  std::vector<std::string> warnings_;
};

TEST_F(ServerFigures, RiseWithCommits) {
  constexpr int kCommits = 30;
  const ServerReading before = read();
  for (int i = 0; i < kCommits; ++i) {
    sql("INSERT INTO shop.orders VALUES (" + std::to_string(i) + ", REPEAT('x', 1000))");
  }
  const ServerRecord record = counter_deltas(before, read(), warnings_).at("shop_db");
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(record.version, HasSubstr("MariaDB"));
  EXPECT_EQ(record.durability.at("sync_binlog"), "1");
  EXPECT_EQ(record.durability.at("innodb_flush_log_at_trx_commit"), "1");
  EXPECT_EQ(record.durability.at("binlog_format"), "ROW");
  EXPECT_EQ(record.load.at("binlog_transactions"), kCommits);
  EXPECT_GE(record.load.at("engine_commits"), kCommits);
  EXPECT_GT(record.load.at("binlog_bytes"), kCommits * 1000);
  EXPECT_GE(record.load.at("redo_bytes"), kCommits * 1000);
  EXPECT_GT(record.load.at("fsyncs"), 0);
}

/// Negative control: a server that is left alone did nothing.
TEST_F(ServerFigures, StandStillWithoutCommits) {
  const ServerReading before = read();
  sql("SELECT COUNT(*) FROM shop.orders");
  const ServerRecord record = counter_deltas(before, read(), warnings_).at("shop_db");
  EXPECT_EQ(record.load.at("commits"), 0);
  EXPECT_EQ(record.load.at("binlog_transactions"), 0);
  EXPECT_EQ(record.load.at("binlog_bytes"), 0);
}

/// MariaDB's own counter of these bytes leaps when tables come and go while others write.
TEST_F(ServerFigures, BytesOfTheLogAreThoseOfItsFiles) {
  const ServerReading before = read();
  {
    const std::jthread other([this](const std::stop_token& stop) {
      auto session = mysql::Connection::open(server_.address());
      for (int i = 1'000; session.ok() && !stop.stop_requested(); ++i) {
        EXPECT_TRUE(session->execute("INSERT INTO shop.orders VALUES (" + std::to_string(i) + ", 'x')").ok());
      }
    });
    for (int i = 0; i < 40; ++i) {
      sql("CREATE TABLE shop.t (i INT)");
      sql("DROP TABLE shop.t");
    }
  }
  const std::int64_t bytes = counter_deltas(before, read(), warnings_).at("shop_db").load.at("binlog_bytes");
  EXPECT_GT(bytes, 1'000);
  EXPECT_LT(bytes, 1'000'000'000);
  sql("FLUSH BINARY LOGS");
  auto session = mysql::Connection::open(server_.address());
  const std::string current = session->scalar("SHOW MASTER STATUS").value();
  // The server keeps a file until what it holds has reached the tables' files.
  while (session->scalar("SHOW BINARY LOGS").value() != current) {
    ASSERT_TRUE(session->execute("PURGE BINARY LOGS TO '" + current + "'").ok());
  }
  const ServerRecord purged = counter_deltas(before, read(), warnings_).at("shop_db");
  EXPECT_THAT(purged.load, Not(Contains(Key("binlog_bytes"))));
  EXPECT_THAT(purged.load, Contains(Key("commits"))) << "what is known else";
}

TEST_F(ServerFigures, AreUnknownForARestartedServer) {
  for (int i = 0; i < 20; ++i) sql("INSERT INTO shop.orders VALUES (" + std::to_string(i) + ", 'x')");
  const ServerReading before = read();
  server_.kill();
  server_.start();
  const ServerRecord record = counter_deltas(before, read(), warnings_).at("shop_db");
  EXPECT_THAT(warnings_, Contains(HasSubstr("restarted during the load")));
  EXPECT_THAT(record.load, IsEmpty());
  EXPECT_EQ(record.durability.at("sync_binlog"), "1") << "what it was is known";
}

TEST_F(ServerFigures, OfAServerThatIsGoneAreAWarning) {
  const ServerReading before = read();
  server_.kill();
  const ServerRecord record = counter_deltas(before, read(), warnings_).at("shop_db");
  EXPECT_THAT(warnings_, Contains(HasSubstr("figures of server \"shop_db\" are missing")));
  EXPECT_THAT(record.load, IsEmpty());
}

/// The same in the result of a run, for database and broker.
TEST(Run, tells_what_its_servers_are_and_did) {
  Folder folder;
  const Said said = freshet(folder, "run " + scenario("split-sales") + " --embedded --out out " + small_load(3));
  ASSERT_EQ(said.exit_code, 0) << said.out << said.err;
  const nlohmann::json result = result_of(folder);
  const nlohmann::json& mysql = result["servers"]["mysql"];
  EXPECT_EQ(mysql["durability"]["innodb_flush_log_at_trx_commit"], "2");
  EXPECT_EQ(mysql["durability"]["sync_binlog"], "0");
  EXPECT_GT(mysql["load"]["commits"], 0);
  EXPECT_GT(mysql["load"]["binlog_bytes"], 1'000);
  const nlohmann::json& kafka = result["servers"]["kafka"];
  EXPECT_EQ(kafka["durability"]["acks"], "-1") << "all";
  const std::int64_t baskets = result["load"]["changes"]["basket"]["insert"]["committed"];
  EXPECT_LE(kafka["load"]["messages"], baskets);
  EXPECT_GT(kafka["load"]["messages"], baskets / 2) << "all but the canaries";
  EXPECT_GT(kafka["load"]["message_bytes"], baskets * 100);
  EXPECT_NE(said.out.find("SERVERS"), std::string::npos) << said.out;
}

}  // namespace
}  // namespace freshet
