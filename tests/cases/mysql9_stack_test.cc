// Cases 05 and 06: what sessions of a MySQL 9 may choose to log. script/test stack fetches the server.
#include <gmock/gmock.h>

#include "cases/service.h"
#include "servers/mysql9_server.h"

namespace freshet::cases {
namespace {

class CasesOnMysql9 : public testing::Test {
 protected:
  void SetUp() override {
    if (fixture::Mysql9Server::tree().empty()) GTEST_SKIP() << "no MySQL 9 here: script/test stack fetches one";
    server_ = std::make_unique<fixture::Mysql9Server>();
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    ASSERT_TRUE(session->execute("CREATE DATABASE shop CHARACTER SET utf8mb4").ok());
  }
  /// Sends a file of statements in a session of its own, as a client does.
  void send(const std::string& file) const {
    const std::string command =
        "mariadb --no-defaults -uroot -S " + server_->address().socket + " shop < " + file + " 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << file;
  }
  void sql(const std::string& statements) const { send(folder_.write("statements.sql", statements)); }
  /// The rows of view v, once they are `expected`, else what they are after ten seconds.
  [[nodiscard]] std::string rows(const std::string& expected) const {
    const SystemClock clock;
    const Instant until = clock.now() + 10 * kNanosPerSecond;
    for (;;) {
      auto session = mysql::Connection::open(server_->address());
      EXPECT_TRUE(session.ok());
      auto found = session->scalar("SELECT GROUP_CONCAT(number ORDER BY number) FROM shop.v");
      if ((found.ok() && *found == expected) || clock.now() > until) return found.ok() ? *found : found.error().message;
      clock.sleep_until(clock.now() + 20 * kNanosPerMilli, {});
    }
  }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + server_->address().socket}};
  }

  Folder folder_;
  std::unique_ptr<fixture::Mysql9Server> server_;
};

TEST_F(CasesOnMysql9, AnothersCompressedPartialAndTaggedTransactionsEndNoRun) {
  Running run(folder_, "run " + input("00-short.json") + " --out out", "measured", environment());
  for (const char* name : {"05-mysql-session-compression.sql", "05-mysql-partial-json.sql", "05-mysql-tagged-gtid.sql"})
    send(input(name));
  const Said said = run.ended();
  EXPECT_EQ(said.exit_code, 0) << said.out;
  EXPECT_GT(result_of(folder_)["audit"]["paid_orders"]["expected"], 100);
}

TEST_F(CasesOnMysql9, XaTransactionsOnOurTableAreRead) {
  sql("CREATE TABLE app_orders (number VARCHAR(20) PRIMARY KEY, city VARCHAR(30), total DECIMAL(10,2), version INT, "
      "updated_at DATETIME(6))");
  const Service pipeline(folder_, "00-service.json", environment());
  send(input("06-mysql-xa.sql"));
  EXPECT_EQ(rows("1,2,3,4"), "1,2,3,4");
  sql("XA START 's'; INSERT INTO app_orders VALUES ('5', 'Kiel', 5.5, 1, NOW(6)); XA END 's'; XA PREPARE 's'; "
      "XA ROLLBACK 's'; INSERT INTO app_orders VALUES ('6', 'Bonn', 6.5, 1, NOW(6))");
  EXPECT_EQ(rows("1,2,3,4,6"), "1,2,3,4,6") << "what was rolled back never was";
}

/// Tables of other applications on MySQL 9 do not matter; values of ours are read as the server prints them.
TEST_F(CasesOnMysql9, TypesOfMysql9AreReadOrRefusedByName) {
  sql("CREATE TABLE other_types (id INT PRIMARY KEY, v VECTOR(3), j JSON, g GEOMETRY, b BIT(9), y YEAR, "
      "e ENUM('a', 'b'), s SET('x', 'y'));"
      "CREATE TABLE app_orders (number BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, city ENUM('Bonn', 'Kiel'), "
      "total DECIMAL(30,2), version INT, updated_at TIMESTAMP(6), doubled DECIMAL(30,2) AS (total * 2) STORED)");
  {
    const Service pipeline(folder_, "00-service.json", environment());
    sql("INSERT INTO other_types VALUES (1, TO_VECTOR('[1,2,3]'), '{\"a\": [1]}', POINT(1, 2), b'1', 2026, 'b', 'x,y');"
        "INSERT INTO app_orders (number, city, total, version, updated_at) VALUES "
        "(9223372036854775808, 'Kiel', 12345678901234.25, 1, NOW(6))");
    EXPECT_EQ(rows("9223372036854775808"), "9223372036854775808");
  }
  sql("DROP TABLE app_orders; CREATE TABLE app_orders (number VARCHAR(20) PRIMARY KEY, city VECTOR(3), "
      "total DECIMAL(10,2), version INT, updated_at DATETIME(6))");
  const Said said = freshet(folder_, "pipeline " + input("00-service.json") + " --drop-existing",
                            "FRESHET_MYSQL='" + environment().at("FRESHET_MYSQL") + "'");
  EXPECT_EQ(said.exit_code, 2) << said.out << said.err;
  EXPECT_THAT(said.err, testing::HasSubstr("column shop.app_orders.city (vector(3))"));
}

/// The server itself is asked whether two keys are one row under the collation of an external pipeline's table.
TEST_F(CasesOnMysql9, ATableOfAnotherPipelineThatTakesTwoGroupsForOneIsRefused) {
  const auto with = [&](const std::string& collation) {
    sql("DROP TABLE IF EXISTS per_city, sales; CREATE TABLE per_city (city VARCHAR(9) COLLATE " + collation +
        ", window_start DATETIME(6), window_end DATETIME(6), n BIGINT, value DECIMAL(19,2), "
        "PRIMARY KEY (city, window_start))");
    return freshet(
        folder_,
        "run " + input("08-trailing-space-group.json") + " --set /pipeline=external --canary 1s --out " + collation,
        "FRESHET_MYSQL='" + environment().at("FRESHET_MYSQL") + "'");
  };
  const Said equal = with("utf8mb4_bin");
  EXPECT_EQ(equal.exit_code, 2) << equal.out << equal.err;
  EXPECT_THAT(equal.err, testing::HasSubstr("\"Bonn \" and \"Bonn\" are the same there")) << equal.err;
  for (const char* collation : {"utf8mb4_0900_bin", "utf8mb4_0900_ai_ci"}) {
    const Said apart = with(collation);
    EXPECT_EQ(apart.exit_code, 8) << collation << apart.out << apart.err;
    EXPECT_THAT(apart.err, testing::HasSubstr("not seen")) << apart.err;
  }
}

}  // namespace
}  // namespace freshet::cases
