// Connections on a private server: what the session is set to, what the server keeps of what bulk() binds, and which
// failures mean that the connection is gone.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/column_types.h"
#include "clients/mysql/mysql.h"
#include "scenarios/tables/sql_names.h"
#include "servers/shared_server.h"

namespace freshet::mysql {
namespace {

using testing::HasSubstr;
using testing::Not;

using columns::of;

/// Each test has a database and a session of its own.
class OnServer : public fixture::ServerTest {
 protected:
  void SetUp() override { connection_ = std::make_unique<Connection>(connect()); }

  static void run(Connection& connection, const std::string& sql) {
    const Status status = connection.execute(sql);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void run(const std::string& sql) { run(*connection_, sql); }

  std::string scalar(const std::string& sql) {
    auto value = connection_->scalar(sql);
    return value.ok() ? *value : value.error().message;
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(OnServer, TheSessionIsSetAndNotInherited) {
  const std::vector<std::pair<std::string, std::string>> odd = {{"time_zone", "'+05:00'"},
                                                                {"sql_mode", "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'"},
                                                                {"autocommit", "0"},
                                                                {"completion_type", "'RELEASE'"},
                                                                {"tx_isolation", "'READ-UNCOMMITTED'"},
                                                                {"tx_read_only", "1"},
                                                                {"wait_timeout", "1"},
                                                                {"max_statement_time", "0.001"},
                                                                {"sql_select_limit", "1"},
                                                                {"sql_safe_updates", "1"},
                                                                {"foreign_key_checks", "0"},
                                                                {"unique_checks", "0"},
                                                                {"character_set_client", "latin1"},
                                                                {"character_set_results", "latin1"},
                                                                {"character_set_connection", "latin1"}};
  for (const auto& [name, value] : odd) run("SET GLOBAL " + name + " = " + value);
  *connection_ = connect();
  const std::pair<const char*, const char*> ours[] = {{"time_zone", "+00:00"},
                                                      {"sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"},
                                                      {"character_set_client", "utf8mb4"},
                                                      {"character_set_results", "utf8mb4"},
                                                      {"character_set_connection", "utf8mb4"},
                                                      {"autocommit", "1"},
                                                      {"completion_type", "NO_CHAIN"},
                                                      {"tx_isolation", "REPEATABLE-READ"},
                                                      {"tx_read_only", "0"},
                                                      {"wait_timeout", "28800"},
                                                      {"max_statement_time", "0.000000"}};
  for (const auto& [name, value] : ours) EXPECT_EQ(scalar(std::string("SELECT @@") + name), value) << name;
  EXPECT_EQ(scalar("SELECT @@sql_safe_updates + @@foreign_key_checks + @@unique_checks"), "2");
  EXPECT_EQ(rows("SELECT seq FROM seq_1_to_5").size(), 5U) << "sql_select_limit";
  EXPECT_EQ(connection_->server().version, scalar("SELECT @@version"));
  EXPECT_TRUE(connection_->server().mariadb);
  for (const auto& [name, value] : odd) run("SET GLOBAL " + name + " = DEFAULT");
}

TEST_F(OnServer, ATransactionOnAServerWithOddSettingsCommits) {
  run("CREATE TABLE t (id INT PRIMARY KEY, text VARCHAR(40)) DEFAULT CHARSET=utf8mb4");
  run("SET GLOBAL completion_type = 'CHAIN'");
  run("SET GLOBAL tx_read_only = 1");
  *connection_ = connect();
  run("INSERT INTO t VALUES (1, " + connection_->quote("it's \\ ζ 🌊") + ")");
  run("BEGIN");
  run("UPDATE t SET text = CONCAT(text, '!')");
  run("COMMIT");
  EXPECT_EQ(scalar("SELECT @@in_transaction"), "0") << "no transaction was chained";
  EXPECT_EQ(rows("SELECT text FROM t"), std::vector<std::string>{"it's \\ ζ 🌊!"});
  run("SET GLOBAL completion_type = DEFAULT");
  run("SET GLOBAL tx_read_only = DEFAULT");
}

TEST_F(OnServer, QueriesStreamValuesAndNulls) {
  EXPECT_EQ(rows("SELECT 1, NULL, '' UNION ALL SELECT 2, 'x', 'ü🧀'"),
            (std::vector<std::string>{"1|∅|", "2|x|ü🧀"}));
  EXPECT_EQ(rows("SELECT 1 WHERE FALSE"), std::vector<std::string>{});
  EXPECT_EQ(rows("SELECT seq FROM seq_1_to_50000").size(), 50'000U);
  EXPECT_EQ(scalar("SELECT 7 UNION SELECT 8"), "7");
  EXPECT_EQ(scalar("SELECT 7 WHERE FALSE"), "");
  EXPECT_EQ(scalar("SELECT NULL"), "");
}

TEST_F(OnServer, ExecuteDropsRowsAndLeavesTheConnectionUsable) {
  run("SELECT 1");
  run("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END");
  run("CALL two()");
  EXPECT_EQ(scalar("SELECT 3"), "3");
}

TEST_F(OnServer, AffectedRowsAreThoseOfTheLastStatement) {
  run("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
  run("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
  EXPECT_EQ(connection_->affected_rows(), 3);
  run("UPDATE t SET v = 3 WHERE id >= 2");
  EXPECT_EQ(connection_->affected_rows(), 1) << "the server counts changed rows, not matched ones";
  run("DELETE FROM t WHERE id = 99");
  EXPECT_EQ(connection_->affected_rows(), 0);
}

TEST_F(OnServer, QuotesAndIdentifiersCannotBreakOut) {
  for (const std::string text : {"", "it's", "a\\b", "\"", "x'; DROP TABLE t; --", "ü🧀"}) {
    EXPECT_EQ(scalar("SELECT " + connection_->quote(text)), text);
  }
  EXPECT_EQ(scalar("SELECT LENGTH(" + connection_->quote(std::string_view("a\0b", 3)) + ")"), "3");
  run("CREATE TABLE " + identifier("a`b") + " (" + identifier("select") + " INT)");
  EXPECT_EQ(scalar("SELECT COUNT(" + identifier("select") + ") FROM " + identifier("a`b")), "0");
}

// Rows with a column of every kind; each column is null in some rows.
struct Kinds {
  explicit Kinds(std::size_t count, bool nulls = true) : rows(count) {
    const RecordType item{{{.name = "n", .type = of(Kind::Integer)}}};
    list.kind = Kind::List;
    list.item = std::make_shared<const RecordType>(item);
    for (std::size_t i = 0; i < count; ++i) fill(rows[i], i, nulls);
    for (const Row& row : rows) pointers.push_back(&row);
    columns = {{0, of(Kind::Integer)},
               {1, of(Kind::Boolean)},
               {2, of(Kind::Decimal, 2)},
               {3, of(Kind::Double)},
               {4, of(Kind::Text)},
               {5, of(Kind::Time)},
               {6, list}};
  }

  static void fill(Row& row, std::size_t i, bool nulls) {
    const auto n = static_cast<std::int64_t>(i);
    row.reset(7);
    row.cells[0] = integer_cell(n);
    row.cells[1] = boolean_cell(i % 2 == 0);
    row.cells[2] = decimal_cell(n % 2 == 0 ? n : -n);
    row.cells[3] = double_cell(static_cast<double>(n) / 4);
    row.cells[4] = row.add_text(i % 5 == 0 ? std::string() : fmt::format("täxt '{}' \\ 🧀", i));
    row.cells[5] = time_cell((n - 2) * 1'000'000 + 123'456);
    row.cells[6] = row.add_list(i % 3, 1);
    for (std::size_t k = 0; k < i % 3; ++k)
      row.cells[row.cells[6].begin + k] = integer_cell(static_cast<std::int64_t>(k));
    if (nulls && i % 7 != 0) row.cells[1 + i % 6] = null_cell();
  }

  // What the server must answer for row i, in the form of rows().
  std::string expected(std::size_t i) const {
    std::string text = fmt::format("{}", i);
    for (std::size_t c = 1; c < 7; ++c) {
      const Cell& cell = rows[i].cells[c];
      text.push_back('|');
      if (cell.kind == Kind::Null) {
        text.append("∅");
      } else if (c == 1) {
        text.append(cell.number == 1 ? "1" : "0");
      } else if (c == 5) {
        append_sql_time(cell.number, text);
      } else {
        append_text(rows[i], cell, columns[c].type, text);
      }
    }
    return text;
  }

  static constexpr const char* kCreate =
      "CREATE TABLE t (id BIGINT PRIMARY KEY, b TINYINT(1), d DECIMAL(20,2), f DOUBLE, s VARCHAR(200), "
      "ts DATETIME(6), j JSON) CHARACTER SET utf8mb4";
  static constexpr const char* kInsert = "INSERT INTO t (id, b, d, f, s, ts, j) VALUES (?, ?, ?, ?, ?, ?, ?)";

  std::vector<Row> rows;
  std::vector<const Row*> pointers;
  ColumnType list;
  std::vector<Connection::BulkColumn> columns;
};

/// Rows of two columns: 0, 1, 2 … and what `second` makes.
struct NumberedRows {
  template <typename Second>
  NumberedRows(std::size_t count, const Second& second) : rows(count) {
    for (std::size_t i = 0; i < count; ++i) {
      rows[i].reset(2);
      rows[i].cells[0] = integer_cell(static_cast<std::int64_t>(i));
      rows[i].cells[1] = second(i, rows[i]);
      pointers.push_back(&rows[i]);
    }
  }
  std::vector<Row> rows;
  std::vector<const Row*> pointers;
};

// With arrays, and as on servers that know none.
class BulkOnServer : public OnServer, public testing::WithParamInterface<const char*> {
 protected:
  BulkOnServer() { address_.options["bulk"] = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Modes, BulkOnServer, testing::Values("0", "1"));

TEST_P(BulkOnServer, KeepsEveryKindForAnyNumberOfRows) {
  run(Kinds::kCreate);
  for (const std::size_t count : {1U, 2U, 3U, 100U, 1'000U, 20'000U}) {
    const Kinds kinds(count);
    run("TRUNCATE t");
    run("BEGIN");
    const Status status = connection_->bulk(Kinds::kInsert, kinds.columns, kinds.pointers);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_EQ(connection_->affected_rows(), static_cast<std::int64_t>(count));
    run("COMMIT");
    const std::vector<std::string> found = rows("SELECT * FROM t ORDER BY id");
    ASSERT_EQ(found.size(), count);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(found[i], kinds.expected(i)) << count << " rows";
  }
}

TEST_F(OnServer, BulkOfSmallerAndLargerBatchesInTurnReusesTheStatement) {
  run(Kinds::kCreate);
  std::size_t next = 0;
  const Kinds kinds(500);
  for (const std::size_t count : {100U, 1U, 250U, 2U, 147U}) {
    const auto part = std::span(kinds.pointers).subspan(next, count);
    ASSERT_TRUE(connection_->bulk(Kinds::kInsert, kinds.columns, part).ok());
    next += count;
  }
  const std::vector<std::string> found = rows("SELECT * FROM t ORDER BY id");
  ASSERT_EQ(found.size(), 500U);
  for (std::size_t i = 0; i < 500; ++i) ASSERT_EQ(found[i], kinds.expected(i));
  EXPECT_EQ(scalar("SELECT variable_value FROM information_schema.session_status WHERE variable_name = "
                   "'Com_stmt_prepare'"),
            "1");
}

TEST_F(OnServer, BulkOfNoRowsDoesNothing) {
  EXPECT_TRUE(connection_->bulk("not even SQL", {}, {}).ok());
  EXPECT_EQ(connection_->affected_rows(), 0);
}

TEST_P(BulkOnServer, BulkOfAColumnThatIsAllNull) {
  run("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, n INT, s TEXT, ts DATETIME(6))");
  Row row;
  row.reset(3);
  const std::vector<const Row*> rows(10, &row);
  const std::vector<Connection::BulkColumn> columns = {
      {0, of(Kind::Integer)}, {1, of(Kind::Text)}, {2, of(Kind::Time)}};
  ASSERT_TRUE(connection_->bulk("INSERT INTO t (n, s, ts) VALUES (?, ?, ?)", columns, rows).ok());
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t WHERE n IS NULL AND s IS NULL AND ts IS NULL"), "10");
}

TEST_P(BulkOnServer, BulkOfTextsLargerThanOneMessage) {
  run("CREATE TABLE t (id INT PRIMARY KEY, s LONGTEXT)");
  const NumberedRows rows(
      12, [](std::size_t i, Row& row) { return row.add_text(std::string(i * 300'000, static_cast<char>('a' + i))); });
  const std::vector<Connection::BulkColumn> columns = {{0, of(Kind::Integer)}, {1, of(Kind::Text)}};
  ASSERT_TRUE(connection_->bulk("INSERT INTO t VALUES (?, ?)", columns, rows.pointers).ok());
  EXPECT_EQ(connection_->affected_rows(), 12);
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t WHERE s = REPEAT(CHAR(97 + id), id * 300000)"), "12");
}

TEST_P(BulkOnServer, UpsertsUpdatesAndDeletesInsideATransaction) {
  run("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
  NumberedRows numbered(100, [](std::size_t, Row&) { return integer_cell(1); });
  std::vector<Row>& rows = numbered.rows;
  const std::vector<const Row*>& pointers = numbered.pointers;
  const std::vector<Connection::BulkColumn> key_value = {{0, of(Kind::Integer)}, {1, of(Kind::Integer)}};
  const std::vector<Connection::BulkColumn> value_key = {{1, of(Kind::Integer)}, {0, of(Kind::Integer)}};
  const std::vector<Connection::BulkColumn> key = {{0, of(Kind::Integer)}};
  const auto all = std::span<const Row* const>(pointers);
  const std::string upsert = "INSERT INTO t (id, v) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v) + 10";

  run("BEGIN");
  ASSERT_TRUE(connection_->bulk(upsert, key_value, all.first(60)).ok());
  ASSERT_TRUE(connection_->bulk(upsert, key_value, all).ok());
  run("COMMIT");
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), '/', SUM(v)) FROM t"), "100/700");

  run("BEGIN");
  for (Row& row : rows) row.cells[1] = integer_cell(5);
  ASSERT_TRUE(connection_->bulk("UPDATE t SET v = ? WHERE id = ?", value_key, all.first(50)).ok());
  EXPECT_EQ(connection_->affected_rows(), 50);
  ASSERT_TRUE(connection_->bulk("DELETE FROM t WHERE id = ?", key, all.last(30)).ok());
  EXPECT_EQ(connection_->affected_rows(), 30);
  run("ROLLBACK");
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t"), "100") << "nothing may be committed behind the caller's back";
}

TEST_P(BulkOnServer, ARejectedBulkKeepsTheServersCodeAndTheNextOneWorks) {
  run("CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(3))");
  Row row;
  row.reset(2);
  row.cells[0] = integer_cell(1);
  row.cells[1] = row.add_text("abc");
  const Row* one = &row;
  const std::vector<Connection::BulkColumn> columns = {{0, of(Kind::Integer)}, {1, of(Kind::Text)}};
  const std::string insert = "INSERT INTO t VALUES (?, ?)";
  ASSERT_TRUE(connection_->bulk(insert, columns, {&one, 1}).ok());

  Status status = connection_->bulk(insert, columns, {&one, 1});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(connection_->failure().code, 1062U);
  EXPECT_FALSE(connection_->failure().lost());
  EXPECT_EQ(status.error().kind, ErrorKind::Internal);
  EXPECT_THAT(status.error().message, HasSubstr("Duplicate entry"));

  row.cells[0] = integer_cell(2);
  row.cells[1] = row.add_text("abcd");
  EXPECT_FALSE(connection_->bulk(insert, columns, {&one, 1}).ok()) << "too long: strict mode refuses it";
  EXPECT_EQ(connection_->failure().code, 1406U);

  row.cells[1] = row.add_text("abc");
  EXPECT_TRUE(connection_->bulk(insert, columns, {&one, 1}).ok());
  EXPECT_FALSE(connection_->bulk("INSERT INTO nowhere VALUES (?, ?)", columns, {&one, 1}).ok());
  EXPECT_EQ(connection_->failure().code, 1146U);
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM t"), "2");
}

TEST_P(BulkOnServer, BulkFollowsATableThatWasCreatedAgain) {
  const std::vector<Connection::BulkColumn> columns = {{0, of(Kind::Integer)}};
  Row row;
  row.reset(1);
  row.cells[0] = integer_cell(1);
  const Row* one = &row;
  for (int i = 0; i < 3; ++i) {
    run("CREATE OR REPLACE TABLE t (id INT PRIMARY KEY)");
    const Status status = connection_->bulk("INSERT INTO t (id) VALUES (?)", columns, {&one, 1});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  run("CREATE OR REPLACE TABLE t (other INT, id BIGINT)");
  ASSERT_TRUE(connection_->bulk("INSERT INTO t (id) VALUES (?)", columns, {&one, 1}).ok());
  EXPECT_EQ(rows("SELECT * FROM t"), std::vector<std::string>{"∅|1"});
}

TEST_F(OnServer, AKilledConnectionIsLostAndAnotherOneWorks) {
  Connection other = connect();
  run(other, "KILL " + scalar("SELECT CONNECTION_ID()"));
  const Status status = connection_->execute("SELECT 1");
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(connection_->failure().lost()) << connection_->failure().code;
  EXPECT_EQ(status.error().kind, ErrorKind::Unreachable);
  EXPECT_FALSE(connection_->execute("SELECT 1").ok()) << "no silent reconnect: the session would be another one";
  *connection_ = connect();
  EXPECT_EQ(scalar("SELECT 1"), "1");
}

TEST_P(BulkOnServer, AConnectionKilledBetweenBulksIsLost) {
  run("CREATE TABLE t (id INT PRIMARY KEY)");
  Row row;
  row.reset(1);
  row.cells[0] = integer_cell(1);
  const Row* one = &row;
  const std::vector<Connection::BulkColumn> columns = {{0, of(Kind::Integer)}};
  ASSERT_TRUE(connection_->bulk("INSERT INTO t VALUES (?)", columns, {&one, 1}).ok());
  Connection other = connect();
  run(other, "KILL " + scalar("SELECT CONNECTION_ID()"));
  for (int i = 0; i < 2; ++i) {
    const Status status = connection_->bulk("INSERT INTO t VALUES (?)", columns, {&one, 1});
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(connection_->failure().lost()) << connection_->failure().code;
    EXPECT_EQ(status.error().kind, ErrorKind::Unreachable);
  }
}

TEST_F(OnServer, RefusalsAreUnreachableAndNeverTellThePassword) {
  run("CREATE USER visitor@'%' IDENTIFIED BY 'right'");
  run("CREATE USER visitor@localhost IDENTIFIED BY 'right'");
  Address wrong = address_;
  wrong.user = "visitor";
  wrong.password = "s3cret-guess";
  const auto denied = Connection::open(wrong);
  ASSERT_FALSE(denied.ok());
  EXPECT_EQ(denied.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(denied.error().message, HasSubstr("error 1045"));
  EXPECT_THAT(denied.error().message, HasSubstr("visitor"));
  EXPECT_THAT(denied.error().message + wrong.display(), Not(HasSubstr("s3cret")));

  Address nowhere = address_;
  nowhere.database = "no_such_database";
  const auto unknown = Connection::open(nowhere);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(unknown.error().message, HasSubstr("error 1049"));
}

TEST_F(OnServer, TcpIsUsedWhenNoSocketIsGiven) {
  run("CREATE USER tcp@'%' IDENTIFIED BY 'x'");
  run("CREATE USER tcp@localhost IDENTIFIED BY 'x'");
  Address tcp;
  tcp.host = "localhost";  // which means TCP too: the client library would look for a system server's socket
  tcp.port = fixture::shared_server().port();
  tcp.user = "tcp";
  tcp.password = "x";
  auto opened = Connection::open(tcp);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->scalar("SELECT 1").value(), "1");
}

TEST(MySql, AServerThatIsNotThereIsNamed) {
  Address nobody;
  nobody.port = 1;  // nothing listens on port 1 of loopback
  nobody.user = "u";
  nobody.password = "hidden";
  nobody.database = "d";
  const auto opened = Connection::open(nobody, 2);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(opened.error().message, HasSubstr("mysql://u@127.0.0.1:1/d"));
  EXPECT_THAT(opened.error().message, Not(HasSubstr("hidden")));
}

TEST(MySql, OptionsOfTheAddressAreCheckedByName) {
  Address address;
  address.options = {{"ssl_cert_typo", "x"}};
  EXPECT_EQ(Connection::open(address).error().kind, ErrorKind::Usage);
  address.options = {{"ssl_verify", "perhaps"}};
  EXPECT_EQ(Connection::open(address).error().kind, ErrorKind::Usage);
}

TEST(MySql, FailuresThatLeaveAStatementInDoubtCountAsLost) {
  for (const unsigned code : {2002U, 2003U, 2006U, 2013U, 2055U, 1053U, 1927U, 4031U}) {
    EXPECT_TRUE((Failure{code, ""}.lost())) << code;
  }
  for (const unsigned code : {0U, 1045U, 1062U, 1146U, 1205U, 1213U, 1406U}) {
    EXPECT_FALSE((Failure{code, ""}.lost())) << code;
  }
}

}  // namespace
}  // namespace freshet::mysql
