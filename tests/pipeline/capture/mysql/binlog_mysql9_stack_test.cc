// MySQL 9 live: what its sessions may choose to log, on our table and on others, and a server that comes back.
#include "pipeline/capture/binlog_fixture.h"
#include "servers/mysql9_server.h"

namespace freshet {
namespace {

using Texts = std::vector<std::string>;

class BinlogOfMysql9 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (fixture::Mysql9Server::tree().empty()) GTEST_SKIP() << "no MySQL 9 here: script/test stack fetches one";
    server_ = std::make_unique<fixture::Mysql9Server>();
    connect();
    for (const char* database : {"d", "other"}) {
      sql(std::string("CREATE DATABASE ") + database);
      sql(std::string("CREATE TABLE ") + database + ".t (id INT PRIMARY KEY, s VARCHAR(50))");
      sql(std::string("CREATE TABLE ") + database + ".x (id INT PRIMARY KEY, s VARCHAR(50), j JSON)");
    }
  }
  void connect() {
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    session_.emplace(std::move(session).value());
  }
  void sql(const std::string& statement) {
    const Status done = session_->execute(statement);
    ASSERT_TRUE(done.ok()) << done.error().message << "\n" << statement;
  }
  std::unique_ptr<BinlogReader> open(const std::string& table = "t") {
    BinlogReader::Options options;
    options.address = server_->address();
    options.address.database = "d";
    options.tables = {{"d", table}};
    options.heartbeat_ms = 50;
    options.log = [this](const std::string& line) { log_.push_back(line); };
    auto reader = BinlogReader::open(options);
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    return reader.ok() ? std::move(reader).value() : nullptr;
  }
  /// What came, up to a row that is written now; an error is the last text.
  Texts read(BinlogReader& reader, const std::string& table = "t") {
    auto session = mysql::Connection::open(server_->address());
    EXPECT_TRUE(session.ok());
    const std::string last = std::to_string(++marks_);
    EXPECT_TRUE(session->execute("INSERT INTO d." + table + " (id, s) VALUES (" + last + ", 'mark')").ok());
    std::vector<RowChange> changes;
    for (;;) {
      const Status status = reader.next(changes);
      if (!status.ok()) return {status.error().message};
      if (changes.empty() || changes.back().after.cells.empty() || changes.back().after.cells[0].number != marks_)
        continue;
      changes.pop_back();
      return texts_of(changes);
    }
  }

  std::unique_ptr<fixture::Mysql9Server> server_;
  std::optional<mysql::Connection> session_;
  Texts log_;
  int marks_ = 1'000;
};

TEST_F(BinlogOfMysql9, WhatSessionsChooseIsReadOrPassedOver) {
  auto reader = open();
  ASSERT_TRUE(reader);
  sql("SET SESSION binlog_transaction_compression = ON");
  sql("INSERT INTO other.x SELECT 1, REPEAT('a', 50), '{\"a\": \"0123456789\", \"b\": [1, 2, 3]}'");
  sql("BEGIN");
  sql("INSERT INTO d.t VALUES (1, REPEAT('c', 50))");
  sql("INSERT INTO other.t VALUES (1, 'foreign')");
  sql("COMMIT");
  sql("SET SESSION binlog_transaction_compression = OFF");
  EXPECT_EQ(read(*reader), Texts{"t insert to id=1 s=" + std::string(50, 'c')});

  sql("SET SESSION binlog_row_value_options = PARTIAL_JSON");
  sql("UPDATE other.x SET j = JSON_SET(j, '$.a', 'xyz')");
  sql("UPDATE d.t SET s = 'partial' WHERE id = 1");
  sql("SET SESSION binlog_row_value_options = ''");
  EXPECT_EQ(read(*reader), Texts{"t update from id=1 s=" + std::string(50, 'c') + " to id=1 s=partial"});

  sql("SET gtid_next = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa:tagged:2'");
  sql("INSERT INTO d.t VALUES (6, 'tagged')");
  sql("SET gtid_next = AUTOMATIC");
  sql("FLUSH BINARY LOGS");
  EXPECT_EQ(read(*reader), Texts{"t insert to id=6 s=tagged"});

  sql("CREATE INDEX by_s ON d.t (s)");
  sql("DROP INDEX by_s ON d.t");
  sql("SET GLOBAL binlog_checksum = NONE");
  sql("DELETE FROM d.t WHERE id = 6");
  EXPECT_EQ(read(*reader), Texts{"t delete from id=6 s=tagged"});
}

TEST_F(BinlogOfMysql9, XaTransactionsCountWhenTheyCommit) {
  auto reader = open();
  ASSERT_TRUE(reader);
  sql("INSERT INTO d.t VALUES (1, 'plain')");
  for (const char* statement :
       {"XA START 'q'", "INSERT INTO d.t VALUES (2, 'two-phase')", "XA END 'q'", "XA PREPARE 'q'", "XA COMMIT 'q'",
        "XA START 'r'", "INSERT INTO d.t VALUES (3, 'one-phase')", "XA END 'r'", "XA COMMIT 'r' ONE PHASE",
        "XA START 's'", "INSERT INTO d.t VALUES (9, 'never')", "XA END 's'", "XA PREPARE 's'", "XA ROLLBACK 's'"}) {
    sql(statement);
  }
  sql("INSERT INTO d.t VALUES (4, 'plain')");
  EXPECT_EQ(read(*reader), (Texts{"t insert to id=1 s=plain", "t insert to id=2 s=two-phase",
                                  "t insert to id=3 s=one-phase", "t insert to id=4 s=plain"}));
}

TEST_F(BinlogOfMysql9, AServerThatComesBackIsReadOnAndAResetLogIsNamed) {
  auto reader = open();
  ASSERT_TRUE(reader);
  EXPECT_EQ(read(*reader), Texts{});
  sql("INSERT INTO d.t VALUES (1, 'before')");
  session_.reset();
  server_->kill();
  std::vector<RowChange> changes;
  while (log_.empty()) ASSERT_TRUE(reader->next(changes).ok());
  server_->start();
  connect();
  sql("INSERT INTO d.t VALUES (2, 'after')");
  Texts found = texts_of(changes);
  const Texts rest = read(*reader);
  found.insert(found.end(), rest.begin(), rest.end());
  EXPECT_EQ(found, (Texts{"t insert to id=1 s=before", "t insert to id=2 s=after"}));

  sql("RESET BINARY LOGS AND GTIDS");
  const SystemClock clock;
  const Instant until = clock.now() + 6 * kNanosPerSecond;
  Status status;
  while (status.ok() && clock.now() < until) status = reader->next(changes);
  ASSERT_FALSE(status.ok());
  // The server says so itself, when its reader waits in a file that is gone.
  EXPECT_NE(status.error().message.find("the binlog cannot be read from binlog.0000"), std::string::npos)
      << status.error().message;
  EXPECT_NE(status.error().hint.find("reset"), std::string::npos) << status.error().hint;
}

}  // namespace
}  // namespace freshet
