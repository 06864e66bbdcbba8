// What others do to a server under its reader: it is stopped and started again, its log is reset, purged or replaced,
// its log's files have unusual names, its events are large, its connections are encrypted.
#include <filesystem>

#include "pipeline/capture/binlog_fixture.h"
#include "servers/own_server.h"

namespace freshet {
namespace {

using Texts = std::vector<std::string>;
constexpr Nanos kSeconds = 10 * kNanosPerSecond;  // "within seconds", of a machine that does other things as well

class BinlogTrust : public ::testing::Test {
 protected:
  void start(const std::string& log_name, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--log-bin=" + log_name, "--server-id=1", "--binlog-format=ROW"});
    server_ = std::make_unique<fixture::OwnServer>(more);
    sql("CREATE DATABASE d");
    sql("CREATE TABLE d.t (id INT PRIMARY KEY, s LONGTEXT)");
  }
  void sql(const std::string& statement) const {
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status done = session->execute(statement);
    ASSERT_TRUE(done.ok()) << done.error().message << "\n" << statement.substr(0, 200);
  }
  std::unique_ptr<BinlogReader> open(bool from_beginning = false) {
    BinlogReader::Options options;
    options.address = server_->address();
    options.tables = {{"d", "t"}};
    options.heartbeat_ms = 50;
    options.from_beginning = from_beginning;
    options.log = [this](const std::string& line) { log_.push_back(line); };
    auto reader = BinlogReader::open(options);
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    return reader.ok() ? std::move(reader).value() : nullptr;
  }
  /// Writes a row and reads up to it: the keys that came.
  std::vector<std::int64_t> keys(BinlogReader& reader, int last) {
    sql("INSERT INTO d.t VALUES (" + std::to_string(last) + ", '')");
    std::vector<RowChange> changes;
    std::vector<std::int64_t> keys;
    while (keys.empty() || keys.back() != last) {
      changes.clear();
      const Status status = reader.next(changes);
      EXPECT_TRUE(status.ok()) << status.error().message;
      if (!status.ok()) break;
      for (const RowChange& change : changes) keys.push_back(change.after.cells[0].number);
    }
    return keys;
  }
  /// What ends the reading within seconds; "" when nothing does.
  static std::string end_of(BinlogReader& reader, Nanos within = kSeconds) {
    const SystemClock clock;
    const Instant until = clock.now() + within;
    std::vector<RowChange> changes;
    while (clock.now() < until) {
      const Status status = reader.next(changes);
      if (!status.ok()) return status.error().message;
    }
    return "";
  }

  std::unique_ptr<fixture::OwnServer> server_;
  Texts log_;
};

/// Killed and started again twice: the log has a new file each time, and the transaction under way never was.
TEST_F(BinlogTrust, AServerThatComesBackIsReadOnWithNothingLostOrDoubled) {
  start("b");
  auto reader = open(true);
  EXPECT_EQ(keys(*reader, 1), (std::vector<std::int64_t>{1}));
  for (int round = 0; round < 2; ++round) {
    const int first = 10 * round + 2;
    sql("INSERT INTO d.t VALUES (" + std::to_string(first) + ", 'not read before the end')");
    server_->kill();
    std::vector<RowChange> changes;
    while (log_.size() == 2 * static_cast<std::size_t>(round)) ASSERT_TRUE(reader->next(changes).ok());
    server_->start();
    std::vector<std::int64_t> expected = {first, first + 1};
    std::vector<std::int64_t> found;
    for (const RowChange& change : changes) found.push_back(change.after.cells[0].number);
    const auto rest = keys(*reader, first + 1);
    found.insert(found.end(), rest.begin(), rest.end());
    EXPECT_EQ(found, expected);
  }
  ASSERT_EQ(log_.size(), 4U) << "lost and back, each told once";
  EXPECT_NE(log_[0].find("waiting for it for up to 60 s"), std::string::npos) << log_[0];
  EXPECT_NE(log_[1].find("back after"), std::string::npos) << log_[1];
}

TEST_F(BinlogTrust, ALogThatIsResetUnderTheReaderIsNamedWithinSeconds) {
  start("b");
  auto reader = open();
  EXPECT_EQ(keys(*reader, 1).size(), 1U);
  EXPECT_EQ(end_of(*reader, 4 * kNanosPerSecond), "") << "an idle log is none that was reset";
  sql("RESET QUERY CACHE");
  EXPECT_EQ(end_of(*reader, 3 * kNanosPerSecond), "") << "nor is one beside which something else was reset";
  sql("RESET MASTER");
  EXPECT_NE(end_of(*reader).find("reset"), std::string::npos);

  // And one that has grown past the place that was read before anybody looked.
  reader = open();
  EXPECT_EQ(keys(*reader, 2).size(), 1U);
  sql("RESET MASTER");
  for (int i = 10; i < 30; ++i) sql("INSERT INTO d.t VALUES (" + std::to_string(i) + ", REPEAT('x', 1000))");
  EXPECT_NE(end_of(*reader).find("reset"), std::string::npos);
}

/// While the reader was cut off: its place was purged; its server makes room for another one.
TEST_F(BinlogTrust, ALogThatWasPurgedOrReplacedMeanwhileIsNamedWithinSeconds) {
  start("b");
  auto reader = open();
  EXPECT_EQ(keys(*reader, 1).size(), 1U);
  const auto kill_and_start = [&](const std::function<void()>& meanwhile) {
    const std::size_t told = log_.size();
    server_->kill();
    std::vector<RowChange> changes;
    while (log_.size() == told) ASSERT_TRUE(reader->next(changes).ok());
    server_->start();
    meanwhile();
  };
  kill_and_start([&] {
    sql("INSERT INTO d.t VALUES (2, 'purged')");
    sql("FLUSH BINARY LOGS");
    auto session = mysql::Connection::open(server_->address());
    ASSERT_TRUE(session.ok());
    // The server keeps a log until what it holds has reached the tables' files.
    while (session->scalar("SHOW BINARY LOGS").value() != session->scalar("SHOW MASTER STATUS").value()) {
      ASSERT_TRUE(
          session->execute("PURGE BINARY LOGS TO '" + session->scalar("SHOW MASTER STATUS").value() + "'").ok());
    }
  });
  EXPECT_NE(end_of(*reader).find("the binlog cannot be read from"), std::string::npos);

  reader = open();
  EXPECT_EQ(keys(*reader, 3).size(), 1U);
  kill_and_start([&] { sql("RESET MASTER"); });
  EXPECT_NE(end_of(*reader), "") << "the same name, and none of what was read";
}

TEST_F(BinlogTrust, LogNamesAreOfOneToManyCharacters) {
  for (const std::string& name : {std::string("x"), std::string(200, 'n')}) {
    start(name);
    auto reader = open(true);
    EXPECT_EQ(keys(*reader, 1).size(), 1U);
    sql("FLUSH BINARY LOGS");
    sql("SET GLOBAL binlog_checksum = NONE");  // makes a new file
    EXPECT_EQ(keys(*reader, 2).size(), 1U);
    sql("FLUSH BINARY LOGS");
    EXPECT_EQ(keys(*reader, 3).size(), 1U);
    sql("SET GLOBAL binlog_checksum = CRC32");
    EXPECT_EQ(keys(*reader, 4).size(), 1U);
  }
}

/// A packet holds 16 MiB less one byte; what is larger comes in several, and what is exactly as large has an empty one
/// behind it.
TEST_F(BinlogTrust, EventsLargerThanAPacketAreReadWhole) {
  start("b", {"--max-allowed-packet=64M", "--binlog-row-image=FULL"});
  auto reader = open();
  sql("INSERT INTO d.t VALUES (1, REPEAT('a', 16777140)), (2, REPEAT('b', 16777216)), (3, REPEAT('c', 40000000))");
  // Around the border to the byte: an event is the row and less than 200 bytes.
  sql("INSERT INTO d.t SELECT 100 + seq, REPEAT('d', 16777215 - seq) FROM d.seq_40_to_48");
  sql("INSERT INTO d.t VALUES (4, '')");
  std::vector<RowChange> changes;
  std::size_t count = 0;
  for (bool last = false; !last;) {
    changes.clear();
    const Status status = reader->next(changes);
    ASSERT_TRUE(status.ok()) << status.error().message;
    for (const RowChange& change : changes) {
      ++count;
      const std::int64_t id = change.after.cells[0].number;
      const std::string_view text = change.after.text_of(change.after.cells[1]);
      const std::size_t size =
          id > 100 ? 16'777'215 - static_cast<std::size_t>(id - 100)
                   : std::vector<std::size_t>{0, 16'777'140, 16'777'216, 40'000'000, 0}[static_cast<std::size_t>(id)];
      ASSERT_EQ(text.size(), size) << id;
      if (!text.empty()) {
        EXPECT_EQ(text.find_first_not_of(text[0]), std::string_view::npos) << id;
      }
      last = id == 4;
    }
  }
  EXPECT_EQ(count, 3U + 9U + 1U);
}

TEST_F(BinlogTrust, EncryptedConnectionsAreReadAlike) {
  auto directory = PrivateDirectory::create();
  ASSERT_TRUE(directory.ok());
  const std::string path = (*directory)->path();
  ASSERT_EQ(std::system(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout " + path +
                         "/key.pem -out " + path + "/cert.pem 2>/dev/null")
                            .c_str()),
            0);
  start("b", {"--ssl-cert=" + path + "/cert.pem", "--ssl-key=" + path + "/key.pem", "--max-allowed-packet=64M"});
  BinlogReader::Options options;
  options.address = server_->address();
  options.address.options = {{"ssl_verify", "0"}};
  options.tables = {{"d", "t"}};
  auto reader = BinlogReader::open(options);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  sql("INSERT INTO d.t VALUES (1, REPEAT('a', 20000000))");
  EXPECT_EQ(keys(**reader, 2), (std::vector<std::int64_t>{1, 2}));
  auto session = mysql::Connection::open(server_->address());
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(
      session->scalar("SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'").value(),
      "1");
}

}  // namespace
}  // namespace freshet
