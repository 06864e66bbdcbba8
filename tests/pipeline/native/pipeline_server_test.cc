// The whole native pipeline in process: a private server, the embedded broker, rows by plain SQL and plain produce.
#include "pipeline/native/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <regex>
#include <thread>

#include "pipeline/capture/mysql/binlog_reader.h"
#include "pipeline/sales_scenario.h"
#include "scenarios/tables/sql_names.h"
#include "servers/kafka_broker.h"
#include "servers/mariadb_server.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::seconds kPatience(20);

constexpr const char* kPayments =
    "CREATE TABLE payments (id VARCHAR(40) PRIMARY KEY, invoice VARCHAR(40), paid DECIMAL(10,2), status "
    "VARCHAR(20),"
    " version INT UNSIGNED, updated_at DATETIME(6))";

constexpr const char* kStores =
    "CREATE TABLE stores (id VARCHAR(40) PRIMARY KEY, name VARCHAR(20), version INT, updated_at DATETIME(6))";

class OnPipeline : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = MariadbServer::start({}).value();
    broker_ = kafka::EmbeddedBroker::start().value();
  }
  static void TearDownTestSuite() {
    server_.reset();
    broker_.reset();
  }

  void SetUp() override {
    ASSERT_NE(server_, nullptr);
    ASSERT_NE(broker_, nullptr);
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    topic_ = "baskets-" + name;
    ASSERT_TRUE(broker_->create_topic(topic_, 8).ok());
    address_.socket = server_->socket();
    address_.user = "root";
    auto first = mysql::Connection::open(address_);
    ASSERT_TRUE(first.ok() && first->execute("CREATE DATABASE " + mysql::identifier(name)).ok());
    address_.database = name;
    auto opened = mysql::Connection::open(address_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    sql_ = std::make_unique<mysql::Connection>(std::move(*opened));
    run(kPayments);
    run(kStores);
    scenario_.write = {{shop::kBasket, KafkaTarget{topic_, "id", ColumnIndex{0}, 8, 1}, {}},
                       {shop::kPayment, MysqlTarget{"payments", 0}, {}},
                       {shop::kStore, MysqlTarget{"stores", 0}, {}}};
    scenario_.observe = {{ViewId{0}, "sales", 0, {}}, {ViewId{1}, "lines", 0, {}}, {ViewId{2}, "branded", 0, {}}};
    options_.mysql = {address_, address_};
    options_.kafka = {{}, {broker_->bootstrap(), {}}};
    options_.run_id = "r1";
    auto producer = kafka::Producer::open(options_.kafka[1], [](const kafka::Producer::Delivery&) {});
    ASSERT_TRUE(producer.ok());
    producer_ = std::move(*producer);
  }
  /// Removed when the test ends.
  std::filesystem::path own_file(const std::string& what) {
    return files_.emplace_back(std::filesystem::temp_directory_path() /
                               fmt::format("freshet-{}-{}-{}", what, getpid(), reinterpret_cast<std::uintptr_t>(this)));
  }
  static std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void TearDown() override {
    for (const std::filesystem::path& file : files_) std::filesystem::remove(file);
    if (!thread_.joinable()) return;
    const Status status = stop();
    EXPECT_TRUE(status.ok()) << status.error().message;
  }

  // Runs the pipeline in a thread; returns when it reads.
  void start() {
    ready_ = false;
    ended_ = false;
    stop_ = std::stop_source();
    thread_ = std::jthread([this] {
      const auto ready = [this] {
        std::scoped_lock lock(mutex_);
        ready_ = true;
        changed_.notify_all();
      };
      Status status = run_native_pipeline(scenario_, options_, ready, stop_.get_token());
      std::scoped_lock lock(mutex_);
      result_ = status;
      ended_ = true;
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [&] { return ready_ || ended_; }));
    if (ended_) ADD_FAILURE() << result_.error().message;
  }
  Status stop() {
    stop_.request_stop();
    thread_.join();
    return result_;
  }
  Status wait_for_end() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return ended_; }))
      return Error{ErrorKind::Internal, "still runs", ""};
    lock.unlock();
    thread_.join();
    return result_;
  }

  void run(const std::string& sql) {
    const Status status = sql_->execute(sql);
    ASSERT_TRUE(status.ok()) << sql << ": " << status.error().message;
  }
  void produce(const std::string& key, const std::optional<std::string>& value) {
    const Status status = producer_->produce({topic_, key, value.value_or(""), !value, 1});
    ASSERT_TRUE(status.ok()) << status.error().message;
    ASSERT_EQ(producer_->flush(10'000), 0);
  }
  void basket(const std::string& id, int version,
              const std::string& items = R"([{"product":{"name":"tea"},"quantity":2,"price":1.50}])") {
    produce(id, fmt::format(R"({{"id":"{}","store":{{"id":"s1"}},"total":3.00,"items":{},"version":{},"updated_at":)"
                            R"("2026-11-21T12:00:00.000000Z"}})",
                            id, items, version));
  }
  void payment(const std::string& id, const std::string& status, int version) {
    run(fmt::format("REPLACE INTO payments VALUES ('{}', '{}', 3.00, '{}', {}, NOW(6))", id, id, status, version));
  }
  void update(const std::string& id, const std::string& status, int version) {
    run(fmt::format("UPDATE payments SET status = '{}', version = {} WHERE id = '{}'", status, version, id));
  }

  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> out;
    const Status status = sql_->query(sql, [&](std::span<const std::optional<std::string_view>> row) {
      std::string text;
      for (const auto& value : row) text += (text.empty() ? "" : "|") + std::string(value.value_or("NULL"));
      out.push_back(text);
    });
    if (!status.ok()) out.push_back(status.error().message);
    return out;
  }
  // Looks until the query gives these rows, or patience ends; then gives what is there.
  std::vector<std::string> settles(const std::string& sql, const std::vector<std::string>& expected) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::vector<std::string> found = rows(sql);
    while (found != expected && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      found = rows(sql);
    }
    return found;
  }
  static constexpr const char* kSales = "SELECT id, status, basket_version, payment_version FROM sales ORDER BY id";
  static constexpr const char* kLines =
      "SELECT id, line, product, basket_version, payment_version FROM `lines` ORDER BY id, line";

  static inline std::unique_ptr<MariadbServer> server_;
  static inline std::unique_ptr<kafka::EmbeddedBroker> broker_;
  Scenario scenario_ = shop::scenario();
  NativeOptions options_;
  std::vector<std::filesystem::path> files_;
  mysql::Address address_;
  std::string topic_;
  std::unique_ptr<mysql::Connection> sql_;
  std::unique_ptr<kafka::Producer> producer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false, ended_ = false;
  Status result_;
  std::stop_source stop_;
  std::jthread thread_;
};

TEST_F(OnPipeline, KeepsTheViewsThroughInsertsUpdatesAndDeletesOfEitherSide) {
  start();
  basket("b1", 1);
  payment("b2", "open", 1);
  basket(
      "b2", 1,
      R"([{"product":{"name":"tea"},"quantity":1,"price":1.00},{"product":{"name":"rusk"},"quantity":1,"price":2.00}])");
  payment("b1", "open", 1);
  EXPECT_THAT(settles(kSales, {"b1|open|1|1", "b2|open|1|1"}), ElementsAre("b1|open|1|1", "b2|open|1|1"));
  EXPECT_THAT(settles(kLines, {"b1|1|tea|1|1", "b2|1|tea|1|1", "b2|2|rusk|1|1"}),
              ElementsAre("b1|1|tea|1|1", "b2|1|tea|1|1", "b2|2|rusk|1|1"));
  update("b1", "paid", 2);
  EXPECT_THAT(settles(kSales, {"b1|paid|1|2", "b2|open|1|1"}), ElementsAre("b1|paid|1|2", "b2|open|1|1"));
  run("INSERT INTO stores VALUES ('s1', 'Benoni', 1, NOW(6))");
  const char* branded = "SELECT id, name, status, store_version FROM branded ORDER BY id";
  EXPECT_THAT(settles(branded, {"b1|Benoni|paid|1", "b2|Benoni|open|1"}),
              ElementsAre("b1|Benoni|paid|1", "b2|Benoni|open|1"));
  run("DELETE FROM payments WHERE id = 'b2'");
  produce("b1", std::nullopt);
  EXPECT_THAT(settles(kSales, {}), IsEmpty());
  EXPECT_THAT(settles(kLines, {}), IsEmpty());
  EXPECT_THAT(settles(branded, {}), IsEmpty());
  payment("b2", "again", 3);
  EXPECT_THAT(settles(kSales, {"b2|again|1|3"}), ElementsAre("b2|again|1|3"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(OnPipeline, AChangedKeyMovesTheRow) {
  start();
  basket("b1", 1);
  basket("b2", 1);
  payment("b1", "open", 1);
  EXPECT_THAT(settles(kSales, {"b1|open|1|1"}), ElementsAre("b1|open|1|1"));
  run("UPDATE payments SET id = 'b2', version = 2");
  EXPECT_THAT(settles(kSales, {"b2|open|1|2"}), ElementsAre("b2|open|1|2"));
}

TEST_F(OnPipeline, WhatCannotBeReadIsSkippedAndTheRestContinues) {
  start();
  produce("b1", "{\"id\":\"b1\",");
  produce("b1", R"({"store":{"id":"s1"},"version":1})");
  produce("b1", R"({"id":"b1","total":"much","version":1})");
  basket("b1", 1);
  payment("b1", "open", 1);
  EXPECT_THAT(settles(kSales, {"b1|open|1|1"}), ElementsAre("b1|open|1|1"));
}

TEST_F(OnPipeline, WhatWasReadBeforeTheStopIsWritten) {
  options_.linger_ms = 200;
  options_.from_beginning = true;
  basket("b1", 1);
  payment("b1", "open", 1);
  // A row of a table that sinks do not see tells when the binlog has been read: the first view row.
  start();
  EXPECT_THAT(settles(kSales, {"b1|open|1|1"}), ElementsAre("b1|open|1|1"));
  for (int i = 2; i <= 50; ++i)
    basket("b1", i, fmt::format(R"([{{"product":{{"name":"p{}"}},"quantity":1,"price":1}}])", i));
  const char* version = "SELECT MAX(basket_version) FROM sales";
  EXPECT_THAT(settles(version, {"50"}), ElementsAre("50"));
  EXPECT_TRUE(stop().ok());
  EXPECT_THAT(rows(kLines), ElementsAre("b1|1|p50|50|1")) << "the other sink has written its last batch, too";
}

TEST_F(OnPipeline, ASecondStartIsRefusedUnlessItMayDropWhatIsThere) {
  start();
  ASSERT_TRUE(stop().ok());
  const Status again = run_native_pipeline(scenario_, options_, [] { ADD_FAILURE() << "must not get ready"; }, {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::Usage);
  EXPECT_THAT(again.error().message, HasSubstr("held in memory and is gone"));
  options_.drop_existing = true;
  start();
}

TEST_F(OnPipeline, RefusesWhatItCannotDo) {
  const auto refusal = [&] {
    const Status status = run_native_pipeline(scenario_, options_, [] {}, {});
    return status.ok() ? "ran" : status.error().message;
  };
  options_.drill = parse_drill("duplicate=1%").value();
  EXPECT_THAT(refusal(), HasSubstr("cannot hold duplicates"));
  options_.drill = parse_drill("lose=1%,view=nosuch").value();
  EXPECT_THAT(refusal(), HasSubstr("nosuch is not observed"));
  options_.drill = {};
  scenario_.write.erase(scenario_.write.begin() + 1);
  EXPECT_THAT(refusal(), HasSubstr("entity payment, which has no target"));
  scenario_.observe.clear();
  EXPECT_THAT(refusal(), HasSubstr("nothing to write"));
  EXPECT_THAT(rows("SHOW TABLES LIKE 'freshet%'"), IsEmpty());
}

TEST_F(OnPipeline, ALostSinkEndsItAndSaysWhich) {
  start();
  run("DROP TABLE sales");
  basket("b1", 1);
  payment("b1", "open", 1);
  const Status status = wait_for_end();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("sink `sales`"));
}

/// Every session of the pipeline is killed, and the broker is away for a while.
TEST_F(OnPipeline, ContinuesWhenSourcesAndSinksComeBack) {
  std::mutex mutex;
  std::vector<std::string> told;
  options_.log = [&](const std::string& line) {
    std::scoped_lock lock(mutex);
    told.push_back(line);
  };
  const auto count = [&](const std::string& part) {
    std::scoped_lock lock(mutex);
    return std::count_if(told.begin(), told.end(), [&](const auto& line) {
      return line.find(part) != line.npos && line.find("committed") == line.npos;
    });
  };
  start();
  basket("b1", 1);
  payment("b1", "open", 1);
  EXPECT_THAT(settles("SELECT id FROM sales", {"b1"}), ElementsAre("b1"));
  broker_->set_down(true);
  const SystemClock clock;
  const Instant until = clock.now() + 20 * kNanosPerSecond;
  while (count("topics of") == 0 && clock.now() < until) clock.sleep_until(clock.now() + 10 * kNanosPerMilli, {});
  EXPECT_EQ(count("waiting for it for up to 60 s"), 1);
  for (const std::string& id :
       rows("SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = "
            "'root' AND (command = 'Binlog Dump' OR db = DATABASE())")) {
    run("KILL " + id);
  }
  broker_->set_down(false);
  basket("b2", 1);
  payment("b2", "open", 1);
  EXPECT_THAT(settles("SELECT id FROM sales ORDER BY id", {"b1", "b2"}), ElementsAre("b1", "b2"));
  EXPECT_TRUE(stop().ok());
  EXPECT_EQ(count("topics of"), 2) << "lost and back";
  EXPECT_EQ(count("binlog of"), 2);
  EXPECT_EQ(count("sink `sales`"), 2);
}

TEST_F(OnPipeline, ASourceThatStaysAwayEndsItAsUnreachable) {
  auto own = MariadbServer::start({});
  ASSERT_TRUE(own.ok());
  mysql::Address there = address_;
  there.socket = (*own)->socket();
  there.database = "shop";
  mysql::Address first = there;
  first.database.clear();
  auto connection = mysql::Connection::open(first);
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE(connection->execute("CREATE DATABASE shop").ok());
  ASSERT_TRUE(connection->execute("USE shop").ok());
  ASSERT_TRUE(connection->execute(kPayments).ok() && connection->execute(kStores).ok());
  options_.mysql[0] = there;
  for (Observe& observe : scenario_.observe) observe.connection = 1;
  options_.away_limit_ms = 1'000;
  start();
  (*own)->kill_now();
  const Status status = wait_for_end();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::Unreachable) << status.error().message;
  EXPECT_THAT(status.error().message, HasSubstr("(away for "));
}

TEST_F(OnPipeline, TellsWhereARestartWouldBegin) {
  const std::filesystem::path file = own_file("state");
  options_.state_file = file;
  start();
  basket("b1", 1);
  basket("b2", 1);
  payment("b1", "open", 1);
  update("b1", "paid", 2);
  EXPECT_THAT(settles(kSales, {"b1|paid|1|2"}), ElementsAre("b1|paid|1|2"));
  EXPECT_TRUE(stop().ok());
  const std::string text = text_of_file(file);
  EXPECT_THAT(text, testing::ContainsRegex(R"("topics of [^"]*": "baskets-[^" ]* [0-9,]*")"));
  EXPECT_THAT(text, HasSubstr(R"("queues": {"sources": {"capacity": 64, "high_water": )"));

  std::smatch position;
  ASSERT_TRUE(std::regex_search(text, position, std::regex(R"re("binlog of [^"]*": "([^"]+)")re"))) << text;
  BinlogReader::Options from;
  from.address = address_;
  from.tables = {{address_.database, "payments"}};
  from.from_gtid = position[1];
  auto reader = BinlogReader::open(from);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  payment("b2", "open", 1);
  std::vector<RowChange> changes;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (changes.empty() && std::chrono::steady_clock::now() < until) ASSERT_TRUE((*reader)->next(changes).ok());
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].operation, Operation::Insert) << "what was committed does not come again";
}

TEST_F(OnPipeline, ADrillMakesExactlyTheErrorsOfItsJournal) {
  const std::filesystem::path journal = own_file("journal");
  options_.drill = parse_drill("lose=30%,wrong=30%,view=sales").value();
  options_.drill_journal = journal;
  start();
  constexpr int kBaskets = 60;
  for (int i = 0; i < kBaskets; ++i) {
    basket(fmt::format("b{}", i), 1);
    payment(fmt::format("b{}", i), "open", 1);
  }
  EXPECT_THAT(settles("SELECT COUNT(*) FROM `lines`", {"60"}), ElementsAre("60")) << "other views are spared";
  EXPECT_TRUE(stop().ok());
  const int found = std::stoi(rows("SELECT COUNT(*) FROM sales").front());
  const int wrong = std::stoi(rows("SELECT COUNT(*) FROM sales WHERE total <> 3.00").front());
  const std::string text = text_of_file(journal);
  EXPECT_THAT(text,
              HasSubstr(fmt::format(R"("view": "sales", "lose": {{"planted": {}, "healed": 0}})", kBaskets - found)));
  EXPECT_THAT(text, HasSubstr(fmt::format(R"("wrong": {{"planted": {}, "healed": 0}})", wrong)));
  EXPECT_GT(wrong, 0);
  EXPECT_LT(found, kBaskets);
}

}  // namespace
}  // namespace freshet
