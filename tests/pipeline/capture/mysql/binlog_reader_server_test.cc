// Transactions, positions, statements and bad luck, on a real server.
#include <algorithm>
#include <set>

#include "pipeline/capture/binlog_fixture.h"

namespace freshet {
namespace {

using Texts = std::vector<std::string>;

class BinlogReaderTest : public BinlogTest {};

TEST_F(BinlogReaderTest, GivesWhatCommittedAndInItsOrder) {
  sql("CREATE TABLE u (id INT PRIMARY KEY)");
  sql("INSERT INTO t VALUES (100, 1, 'before the reader')");
  auto reader = open(options({"t", "u"}));
  sql("BEGIN");
  sql("INSERT INTO t VALUES (1, 1, 'a'), (2, 2, NULL)");
  sql("INSERT INTO u VALUES (5)");
  sql("UPDATE t SET n = 3 WHERE id = 2");
  sql("COMMIT");
  sql("BEGIN");
  sql("INSERT INTO t VALUES (3, 3, 'never')");
  sql("ROLLBACK");
  sql("INSERT INTO other VALUES (1), (2)");
  sql("BEGIN");
  sql("INSERT INTO u VALUES (6)");
  sql("SAVEPOINT s");
  sql("INSERT INTO u VALUES (7)");
  sql("ROLLBACK TO s");
  sql("COMMIT");
  sql("DELETE FROM t WHERE id = 1");
  EXPECT_EQ(texts_of(read(*reader)),
            (Texts{"t insert to id=1 n=1 s=a", "t insert to id=2 n=2 s=∅", "u insert to id=5",
                   "t update from id=2 n=2 s=∅ to id=2 n=3 s=∅", "u insert to id=6", "t delete from id=1 n=1 s=a"}));
}

TEST_F(BinlogReaderTest, GivesNothingOfATransactionBeforeItCommits) {
  auto reader = open(options());
  sql("BEGIN");
  sql("INSERT INTO t VALUES (1, 1, 'a')");
  auto second = mysql::Connection::open(address_);
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE(second->execute("INSERT INTO t VALUES (2, 2, 'b')").ok());
  std::vector<RowChange> changes;
  while (changes.empty()) ASSERT_TRUE(reader->next(changes).ok());
  EXPECT_EQ(texts_of(changes), Texts{"t insert to id=2 n=2 s=b"});
  sql("COMMIT");
  EXPECT_EQ(texts_of(read(*reader)), Texts{"t insert to id=1 n=1 s=a"});
}

TEST_F(BinlogReaderTest, TellsWhenWhatItReadCommittedAndWhetherThereIsMore) {
  auto reader = open(options());
  EXPECT_FALSE(reader->reading().time);
  EXPECT_FALSE(reader->reading().at_end) << "it has not asked";
  sql("SET timestamp = 1700000000");
  sql("INSERT INTO t VALUES (1, 1, 'a')");
  std::vector<RowChange> changes;
  while (changes.empty()) ASSERT_TRUE(reader->next(changes).ok());
  EXPECT_EQ(reader->reading().time, WallTime{1'700'000'000 * kMicrosPerSecond});
  while (!reader->reading().at_end) ASSERT_TRUE(reader->next(changes).ok());
  EXPECT_EQ(reader->reading().time, WallTime{1'700'000'000 * kMicrosPerSecond}) << "nothing has happened since";
  sql("SET timestamp = 1600000000");
  changes.clear();
  sql("INSERT INTO other VALUES (1)");
  sql("INSERT INTO t VALUES (2, 1, 'a')");
  while (changes.empty()) ASSERT_TRUE(reader->next(changes).ok());
  EXPECT_EQ(reader->reading().time, WallTime{1'700'000'000 * kMicrosPerSecond})
      << "a session's clock goes back, ours does not";
  EXPECT_FALSE(reader->reading().at_end);
  sql("SET timestamp = 1700000009");
  sql("INSERT INTO other VALUES (2)");
  while (reader->reading().time == WallTime{1'700'000'000 * kMicrosPerSecond}) ASSERT_TRUE(reader->next(changes).ok());
  EXPECT_EQ(reader->reading().time, WallTime{1'700'000'009 * kMicrosPerSecond})
      << "other tables' transactions move it as well";
}

TEST_F(BinlogReaderTest, ReadsStatementsThatSpanEventsAndLogsThatRotate) {
  auto reader = open(options());
  sql("INSERT INTO t SELECT seq, -seq, CONCAT('row ', seq) FROM d.seq_1_to_5000");
  sql("FLUSH BINARY LOGS");
  sql("UPDATE t SET n = n - 1");
  sql("FLUSH BINARY LOGS");
  sql("DELETE FROM t");
  const std::vector<RowChange> changes = read(*reader);
  ASSERT_EQ(changes.size(), 15'000U);
  std::set<std::int64_t> keys;
  for (std::size_t i = 0; i < 5'000; ++i) {
    const std::int64_t id = changes[i].after.cells[0].number;
    keys.insert(id);
    EXPECT_EQ(changes[i].after.cells[1].number, -id);
    EXPECT_EQ(changes[i].after.text_of(changes[i].after.cells[2]), "row " + std::to_string(id));
    EXPECT_EQ(changes[5'000 + i].after.cells[1].number, changes[5'000 + i].before.cells[1].number - 1);
    EXPECT_EQ(changes[10'000 + i].operation, Operation::Delete);
  }
  EXPECT_EQ(keys.size(), 5'000U);
  EXPECT_EQ(changes.front().table, changes.back().table) << "one table is one description";
}

TEST_F(BinlogReaderTest, StartsAtTheBeginningAtTheEndOrWhereItStopped) {
  auto from_beginning = options();
  from_beginning.from_beginning = true;
  auto first = open(from_beginning);
  sql("INSERT INTO t VALUES (1, 1, 'a')");
  sql("INSERT INTO t VALUES (2, 2, 'b')");
  EXPECT_EQ(read(*first).size(), 2U);
  EXPECT_EQ(first->position(), scalar("SELECT @@gtid_binlog_pos"));
  const std::string file_position = scalar("SHOW MASTER STATUS") + ":" + [&] {
    std::string position;
    EXPECT_TRUE(connection_->query("SHOW MASTER STATUS", [&](auto row) { position = row[1].value_or(""); }).ok());
    return position;
  }();
  sql("FLUSH BINARY LOGS");
  sql("INSERT INTO t VALUES (3, 3, 'c')");
  sql("INSERT INTO other VALUES (3)");
  sql("INSERT INTO t VALUES (4, 4, 'd')");
  const Texts rest = {"t insert to id=3 n=3 s=c", "t insert to id=4 n=4 s=d"};

  for (const std::string& position : {first->position(), file_position}) {
    SCOPED_TRACE(position);
    auto resumed = options();
    resumed.from_gtid = position;
    auto reader = open(resumed);
    ASSERT_TRUE(reader);
    EXPECT_EQ(texts_of(read(*reader)), rest);
    EXPECT_EQ(reader->position(), scalar("SELECT @@gtid_binlog_pos"));
  }
  EXPECT_EQ(read(*open(options())).size(), 0U) << "from the end: nothing old";
  EXPECT_EQ(read(*open(from_beginning)).size(), 4U);
}

TEST_F(BinlogReaderTest, ReturnsWhenNothingHappens) {
  auto reader = open(options());
  read(*reader);
  std::vector<RowChange> changes;
  ASSERT_TRUE(reader->next(changes).ok());
  ASSERT_TRUE(reader->next(changes).ok());
  EXPECT_TRUE(changes.empty());
}

TEST_F(BinlogReaderTest, RefusesDefinitionsThatChangeUnderIt) {
  const auto refusal = [&](const std::string& statement) {
    sql("DROP TABLE IF EXISTS t, t2");
    sql("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
    sql("CREATE TABLE t2 (t INT)");
    auto reader = open(options());
    sql("INSERT INTO t VALUES (1, 1)");
    sql(statement);
    return read_error(*reader);
  };
  for (const char* statement :
       {"ALTER TABLE t ADD COLUMN more INT", "alter /* hm */ table d.t drop column n", "TRUNCATE TABLE `d`.`t`",
        "DROP TABLE t2, t", "RENAME TABLE t TO t3, t3 TO t", "CREATE OR REPLACE TABLE t (id INT)"}) {
    const auto error = refusal(statement);
    ASSERT_TRUE(error) << statement;
    EXPECT_EQ(error->kind, ErrorKind::Usage);
    EXPECT_NE(error->message.find("d.t "), std::string::npos) << error->message;
  }
  for (const char* statement : {"ALTER TABLE t2 ADD COLUMN more INT, RENAME COLUMN t TO n", "CREATE TABLE t4 (t INT)",
                                "CREATE TEMPORARY TABLE t5 (t INT)", "CREATE INDEX t ON t2 (t)", "ANALYZE TABLE t"}) {
    EXPECT_FALSE(refusal(statement)) << statement;
  }
}

TEST_F(BinlogReaderTest, AllowsDefinitionsFromBeforeTheFirstRow) {
  sql("ALTER TABLE t ADD COLUMN more INT");
  sql("DROP TABLE t");
  sql("CREATE TABLE t (id INT PRIMARY KEY)");
  sql("INSERT INTO t VALUES (1)");
  auto from_beginning = options();
  from_beginning.from_beginning = true;
  EXPECT_EQ(texts_of(read(*open(from_beginning))), Texts{"t insert to id=1"});
}

TEST_F(BinlogReaderTest, RefusesWhatTheLogDoesNotHoldAsRows) {
  auto reader = open(options());
  sql("SET SESSION binlog_format = STATEMENT");
  sql("INSERT INTO t VALUES (1, 1, 'statement')");
  sql("SET SESSION binlog_format = ROW");
  auto error = read_error(*reader);
  ASSERT_TRUE(error);
  EXPECT_NE(error->message.find("written by a statement"), std::string::npos) << error->message;

  sql("SET GLOBAL binlog_format = MIXED");
  const auto mixed = BinlogReader::open(options());
  ASSERT_FALSE(mixed.ok());
  EXPECT_NE(mixed.error().message.find("binlog_format"), std::string::npos) << mixed.error().message;
}

TEST_F(BinlogReaderTest, NamesAPositionThatIsGoneOrNeverWas) {
  sql("INSERT INTO t VALUES (1, 1, 'a')");
  const std::string old = scalar("SELECT @@gtid_binlog_pos");
  sql("INSERT INTO t VALUES (2, 2, 'b')");
  sql("FLUSH BINARY LOGS");
  sql("INSERT INTO t VALUES (3, 3, 'c')");
  sql("FLUSH BINARY LOGS");
  // The server keeps a log until what it holds has reached the tables' files.
  while (scalar("SHOW BINARY LOGS") != scalar("SHOW MASTER STATUS")) {
    sql("PURGE BINARY LOGS TO '" + scalar("SHOW MASTER STATUS") + "'");
  }
  for (const std::string& position : {old, std::string("0-1-99999"), std::string("binlog.000001:4")}) {
    auto resumed = options();
    resumed.from_gtid = position;
    auto reader = BinlogReader::open(resumed);
    const auto error = reader.ok() ? read_error(**reader) : std::optional<Error>(reader.error());
    ASSERT_TRUE(error) << position;
    EXPECT_EQ(error->kind, ErrorKind::Unreachable);
    EXPECT_NE(error->message.find("1236"), std::string::npos) << error->message;
  }
  auto nonsense = options();
  nonsense.from_gtid = "yesterday";
  const auto reader = BinlogReader::open(nonsense);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().kind, ErrorKind::Usage);
}

TEST_F(BinlogReaderTest, ReadsXaTransactionsWhenTheyCommit) {
  auto reader = open(options());
  // A session of its own: one with a prepared transaction can do nothing else.
  auto session = mysql::Connection::open(address_);
  ASSERT_TRUE(session.ok());
  const auto xa = [&](const std::string& statement) {
    const Status done = session->execute("XA " + statement);
    EXPECT_TRUE(done.ok()) << statement << ": " << done.error().message;
  };
  const auto insert = [&](const std::string& id, int key) {
    xa("START '" + id + "'");
    EXPECT_TRUE(session->execute("INSERT INTO t VALUES (" + std::to_string(key) + ", 1, 'xa')").ok());
    xa("END '" + id + "'");
  };
  insert("two", 1);
  xa("PREPARE 'two'");
  EXPECT_EQ(texts_of(read(*reader)), Texts{}) << "prepared is not committed";
  Position position = BinlogPosition();
  reader->restart_at(position);
  EXPECT_FALSE(known(position)) << "a reader that begins here does not know what was prepared";
  xa("COMMIT 'two'");
  insert("never", 2);
  xa("PREPARE 'never'");
  xa("ROLLBACK 'never'");
  insert("one", 3);
  xa("COMMIT 'one' ONE PHASE");
  EXPECT_EQ(texts_of(read(*reader)), (Texts{"t insert to id=1 n=1 s=xa", "t insert to id=3 n=1 s=xa"}));
  reader->restart_at(position);
  EXPECT_EQ(text_of(position), reader->position());

  insert("before", 4);
  xa("PREPARE 'before'");
  reader = open(options());
  xa("COMMIT 'before'");
  const auto error = read_error(*reader);
  ASSERT_TRUE(error) << "what was prepared before the reading began is not lost in silence";
  EXPECT_NE(error->message.find("XA transaction x'6265666f7265',x'',1 was prepared before"), std::string::npos)
      << error->message;
}

TEST_F(BinlogReaderTest, SaysWhenItsServerIsLostAndStaysAway) {
  auto patient = options();
  patient.away_limit_ms = 300;
  std::vector<std::string> log;
  patient.log = [&](const std::string& line) { log.push_back(line); };
  auto reader = open(patient);
  read(*reader);
  server_->kill_now();
  std::vector<RowChange> changes;
  Status status;
  while (status.ok()) status = reader->next(changes);
  EXPECT_EQ(status.error().kind, ErrorKind::Unreachable);
  EXPECT_NE(status.error().message.find(address_.socket), std::string::npos) << status.error().message;
  ASSERT_EQ(log.size(), 1U) << "told once";
  EXPECT_NE(log[0].find("waiting for it"), std::string::npos) << log[0];
  connection_.reset();
}

TEST_F(BinlogReaderTest, GoesOnAfterItsSessionWasKilled) {
  auto reader = open(options());
  sql("INSERT INTO t VALUES (1, 1, 'a')");
  EXPECT_EQ(read(*reader).size(), 1U);
  sql("KILL " + scalar("SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'"));
  sql("INSERT INTO t VALUES (2, 2, 'b')");
  EXPECT_EQ(texts_of(read(*reader)), Texts{"t insert to id=2 n=2 s=b"});
}

}  // namespace
}  // namespace freshet
