// The MySQL writer on MySQL 9, which has no arrays of rows: large inserts are prepared for several rows, the rest is
// text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generator/write/fixture.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/mysql/mysql_writer.h"
#include "generator/write/targets.h"
#include "servers/mysql9_server.h"

namespace freshet {
namespace {

using namespace fixture;

class WritingMysql9 : public testing::Test {
 protected:
  void SetUp() override {
    if (Mysql9Server::tree().empty()) GTEST_SKIP() << "no MySQL 9 here: script/test stack fetches one";
    static Mysql9Server server;
    address_ = server.address();
    execute("DROP DATABASE IF EXISTS shop");
    execute("CREATE DATABASE shop");
    address_.database = "shop";
    execute(create_table_sql(scenario_.entity(kProduct), "product", "test"));
    tables_[kProduct] = table_statements(scenario_.entity(kProduct), "product");
  }
  void execute(const std::string& sql) const {
    auto session = mysql::Connection::open(address_);
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status status = session->execute(sql);
    ASSERT_TRUE(status.ok()) << sql << ": " << status.error().message;
  }
  [[nodiscard]] std::string scalar(const std::string& sql) const {
    auto session = mysql::Connection::open(address_);
    return session.ok() ? session->scalar(sql).value() : "";
  }
  /// Prepared statements that the server has executed.
  [[nodiscard]] int executions() const {
    int times = -1;
    auto session = mysql::Connection::open(address_);
    EXPECT_TRUE(session.ok() && session
                                    ->query("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'",
                                            [&](auto row) { times = std::stoi(std::string(*row[1])); })
                                    .ok());
    return times;
  }
  std::unique_ptr<MysqlWriter> open(int most) {
    const MysqlWriter::Options options{.commit = {Commit::Unit::Changes, most}};
    auto writer = MysqlWriter::open(address_, tables_, lane_, clock_, first_failure_, options);
    FRESHET_CHECK(writer.ok(), "the writer must open");
    return std::move(*writer);
  }
  void write(Writer& writer, const std::vector<Change>& changes) { write_batch(writer, rows_, changes); }
  static std::vector<Change> inserts(Ordinal from, Ordinal to) {
    std::vector<Change> changes;
    for (Ordinal i = from; i < to; ++i) changes.push_back(insert(kProduct, i));
    return changes;
  }

  const Scenario scenario_ = shop();
  const ShopRows rows_;
  const SystemClock clock_;
  mysql::Address address_;
  Outcomes outcomes_;
  FirstFailure first_failure_;
  std::shared_ptr<LaneOutcomes> lane_ = std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink());
  std::map<EntityId, TableStatements> tables_;
};

TEST_F(WritingMysql9, LargeInsertsArePreparedForSeveralRows) {
  const auto writer = open(200);
  const int before = executions();
  write(*writer, inserts(0, 200));
  EXPECT_EQ(executions() - before, 4) << "three of 64 rows and one of 8";
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 200);
  EXPECT_EQ(writer->counts().transactions, 1);
  EXPECT_EQ(scalar("SELECT CONCAT_WS('|', COUNT(*), SUM(paid_amount), SUM(note = 'it\\'s \\\\ version 1'), "
                   "MIN(updated_at)) FROM product"),
            "200|19902.00|200|2023-11-14 22:13:20.000001");
}

TEST_F(WritingMysql9, SmallTransactionsUpdatesAndDeletesAreText) {
  const auto writer = open(200);
  const int before = executions();
  write(*writer, inserts(0, 16));
  std::vector<Change> more;
  for (Ordinal i = 0; i < 16; ++i) {
    more.push_back(update(kProduct, i, 2));
    more.push_back(erase(kProduct, i, 3));
  }
  write(*writer, more);
  EXPECT_EQ(executions(), before);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 48);
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM product"), "0");
}

TEST_F(WritingMysql9, OfAPreparedTransactionOnlyTheOffenderIsRejected) {
  execute("INSERT INTO product (id, version) VALUES ('P-000077', 99)");
  const auto writer = open(200);
  write(*writer, inserts(0, 200));
  EXPECT_EQ(outcomes_.of(insert(kProduct, 77)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 77)).code, 1062U);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 199);
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), ' ', MAX(version)) FROM product"), "200 99");
}

TEST_F(WritingMysql9, AServerThatPreparesNoMoreIsWrittenToAsText) {
  const std::string most = scalar("SELECT @@GLOBAL.max_prepared_stmt_count");
  execute("SET GLOBAL max_prepared_stmt_count = 0");
  const auto writer = open(200);
  write(*writer, inserts(0, 200));
  execute("SET GLOBAL max_prepared_stmt_count = " + most);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 200);
  EXPECT_EQ(writer->counts().transactions, 1);
}

TEST_F(WritingMysql9, ChangesThatCommitByThemselvesShareATextAndOnlyTheOffenderIsRejected) {
  execute("INSERT INTO product (id, version) VALUES ('P-000003', 99)");
  const auto writer = open(1);
  write(*writer, inserts(0, 8));
  EXPECT_EQ(outcomes_.of(insert(kProduct, 3)).code, 1062U);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 7);
  EXPECT_THAT(outcomes_.all(), SizeIs(8));
}

}  // namespace
}  // namespace freshet
