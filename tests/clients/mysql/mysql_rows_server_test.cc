// Rows through statements whose parameters we encode ourselves: several rows in one execution, and executions that do
// not wait for the answers to those before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/mysql/mysql.h"
#include "servers/shared_server.h"

namespace freshet::mysql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kInsert = "INSERT INTO t (id, s) VALUES (?, ?)";

/// Tables of a number and a text.
class RowsOnServer : public fixture::ServerTest {
 protected:
  /// A session as on servers that know no arrays, unless `arrays`.
  Connection open(bool arrays = false) {
    Address address = address_;
    address.options["bulk"] = arrays ? "1" : "0";
    return Connection::open(address).value();
  }
  /// `count` rows from `first`, each with a text of that size.
  void fill(std::size_t count, std::int64_t first = 1, std::size_t size = 5) {
    rows_.assign(count, {});
    pointers_.clear();
    for (Row& row : rows_) {
      row.reset(2);
      row.cells[0] = integer_cell(first++);
      row.cells[1] = row.add_text(std::string(size, 'x'));
      pointers_.push_back(&row);
    }
  }
  [[nodiscard]] std::vector<Connection::Execution> executions() const {
    std::vector<Connection::Execution> all;
    for (const Row* row : pointers_) all.push_back({&kInsert, columns_, row});
    return all;
  }
  /// Sends them ahead; answers_ gets the server's codes, 0 for what was carried out.
  Status send(Connection& session, const std::vector<Connection::Execution>& executions) {
    answers_.clear();
    return session.execute_ahead(
        executions, [this](const Failure* refusal) { answers_.push_back(refusal == nullptr ? 0 : refusal->code); });
  }
  /// What the session has done so often.
  static std::int64_t done(Connection& session, const std::string& what) {
    std::int64_t times = -1;
    EXPECT_TRUE(session
                    .query("SHOW SESSION STATUS LIKE '" + what + "'",
                           [&](auto row) { times = std::stoll(std::string(*row[1])); })
                    .ok());
    return times;
  }

  const std::vector<Connection::BulkColumn> columns_ = {{0, {Kind::Integer, 0, 0, nullptr}},
                                                        {1, {Kind::Text, 0, 0, nullptr}}};
  std::vector<Row> rows_;
  std::vector<const Row*> pointers_;
  std::vector<unsigned> answers_;
};

TEST_F(RowsOnServer, GoInPowersOfTwoOfWhichEachIsPreparedOnce) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)");
  Connection session = open();
  fill(100);
  ASSERT_TRUE(session.bulk(kInsert, columns_, pointers_).ok());
  EXPECT_EQ(session.affected_rows(), 100);
  EXPECT_EQ(done(session, "Com_stmt_execute"), 3) << "64, 32 and 4";
  fill(37, 101);
  ASSERT_TRUE(session.bulk(kInsert, columns_, pointers_).ok());
  EXPECT_EQ(done(session, "Com_stmt_execute"), 6) << "32, 4 and 1";
  EXPECT_EQ(done(session, "Com_stmt_prepare"), 4);
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), ' ', MAX(id)) FROM t"), "137 137");
}

TEST_F(RowsOnServer, AreNoMoreThanAStatementHasPlacesFor) {
  constexpr int kColumns = 1'100;  // 64 rows of these would be more than 65,535 places
  std::string definition;
  std::string marks;
  std::vector<Connection::BulkColumn> columns;
  for (int i = 0; i < kColumns; ++i) {
    definition += (i == 0 ? "c" : ", c") + std::to_string(i) + " INT";
    marks += i == 0 ? "?" : ", ?";
    columns.push_back({0, {Kind::Integer, 0, 0, nullptr}});
  }
  execute("CREATE TABLE wide (" + definition + ") ENGINE=MyISAM");
  Connection session = open();
  fill(130);
  const Status status = session.bulk("INSERT INTO wide VALUES (" + marks + ")", columns, pointers_);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM wide WHERE c0 = c1099"), "130");
  EXPECT_EQ(done(session, "Com_stmt_execute"), 5) << "32, 32, 32, 32 and 2";
}

TEST_F(RowsOnServer, AreNoMoreThanAPacketHolds) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s LONGTEXT)");
  const std::string packet = scalar("SELECT @@GLOBAL.max_allowed_packet");
  execute("SET GLOBAL max_allowed_packet = 65536");
  Connection session = open();
  execute("SET GLOBAL max_allowed_packet = " + packet);
  fill(20, 1, 10'000);
  const Status status = session.bulk(kInsert, columns_, pointers_);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), ' ', SUM(LENGTH(s))) FROM t"), "20 200000");
  fill(1, 100, 70'000);
  EXPECT_FALSE(session.bulk(kInsert, columns_, pointers_).ok()) << "one row is not divided";
}

TEST_F(RowsOnServer, WithQuestionMarksElsewhereGoOneByOne) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, `s?` INT)");
  Connection session = open();
  fill(3);
  const std::vector<Connection::BulkColumn> ids = {columns_[0], columns_[0]};
  for (const char* sql :
       {"INSERT INTO t (id, `s?`) VALUES (?, ?)", "INSERT INTO t (id) VALUES (?) ON DUPLICATE KEY UPDATE `s?` = ?"}) {
    const Status status = session.bulk(sql, ids, pointers_);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  EXPECT_THAT(rows("SELECT * FROM t"), ElementsAre("1|1", "2|2", "3|3"));
}

TEST_F(RowsOnServer, AreRefusedByNameWhereTheServerPreparesNoMore) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)");
  Connection session = open();
  const std::string most = scalar("SELECT @@GLOBAL.max_prepared_stmt_count");
  execute("SET GLOBAL max_prepared_stmt_count = 0");
  fill(2);
  EXPECT_FALSE(session.bulk(kInsert, columns_, pointers_).ok());
  EXPECT_EQ(session.failure().code, 1461U);
  execute("SET GLOBAL max_prepared_stmt_count = " + most);
  EXPECT_TRUE(session.bulk(kInsert, columns_, pointers_).ok());
}

TEST_F(RowsOnServer, SentAheadAreAnsweredOneByOneInOrder) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(5))");
  execute("INSERT INTO t VALUES (3, 'old')");
  Connection session = open(true);
  ASSERT_TRUE(session.sends_ahead());
  fill(5);
  rows_[4].cells[1] = rows_[4].add_text("too long");
  EXPECT_TRUE(send(session, executions()).ok());
  EXPECT_THAT(answers_, ElementsAre(0, 0, 1062, 0, 1406)) << "a refusal keeps nobody else";
  EXPECT_THAT(rows("SELECT * FROM t"), ElementsAre("1|xxxxx", "2|xxxxx", "3|old", "4|xxxxx"));
  // The session is at rest again: other statements, arrays and further rows follow.
  EXPECT_EQ(session.scalar("SELECT COUNT(*) FROM t").value(), "4");
  fill(2, 10);
  EXPECT_TRUE(session.bulk(kInsert, columns_, pointers_).ok());
  fill(200, 100);
  EXPECT_TRUE(send(session, executions()).ok());
  EXPECT_EQ(answers_, std::vector<unsigned>(200, 0));
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t"), "206");
}

TEST_F(RowsOnServer, SentAheadEndBeforeOneThatThePacketMayNotHold) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s LONGTEXT)");
  Connection session = open(true);
  fill(4);
  rows_[2].cells[1] = rows_[2].add_text(std::string(300'000, 'y'));
  EXPECT_TRUE(send(session, executions()).ok());
  EXPECT_THAT(answers_, SizeIs(2));
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t"), "2");
}

TEST_F(RowsOnServer, SentAheadOverALostConnectionAreInDoubt) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)");
  Connection session = open(true);
  fill(2);
  ASSERT_TRUE(send(session, executions()).ok());
  execute("KILL " + session.scalar("SELECT CONNECTION_ID()").value());
  fill(10, 10);
  EXPECT_FALSE(send(session, executions()).ok());
  EXPECT_TRUE(session.failure().lost()) << session.failure().code;
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t"), "2");
}

TEST_F(RowsOnServer, OfAStatementThatCannotBePreparedAreNotSent) {
  execute("CREATE TABLE t (id INT PRIMARY KEY, s TEXT)");
  Connection session = open(true);
  fill(2);
  std::vector<Connection::Execution> all = executions();
  const std::string nowhere = "INSERT INTO nowhere (id, s) VALUES (?, ?)";
  all[1].sql = &nowhere;
  EXPECT_FALSE(send(session, all).ok());
  EXPECT_EQ(session.failure().code, 1146U);
  EXPECT_FALSE(session.failure().lost());
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t"), "0");
}

}  // namespace
}  // namespace freshet::mysql
