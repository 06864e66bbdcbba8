// Sink, its tables and the observer on a real private server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/native/pipeline.h"
#include "pipeline/observe/mysql_observer.h"
#include "pipeline/sales_scenario.h"
#include "pipeline/sink/mysql_sink_writer.h"
#include "pipeline/sink/sink_tables.h"
#include "pipeline/views/view_operator.h"
#include "scenarios/tables/sql_names.h"
#include "servers/shared_server.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OnSink : public fixture::ServerTest {
 protected:
  OnSink() { scenario_.observe = {{ViewId{0}, "sales", 0, {}}, {ViewId{1}, "lines", 0, {}}}; }

  Status prepare(bool drop_existing = false, const std::string& run_id = "r1") {
    SinkTables tables{connection_.get(), {}};
    for (const Observe& observe : scenario_.observe) tables.views.push_back(&observe);
    return prepare_sinks(scenario_, {tables}, {run_id, drop_existing});
  }

  MysqlSinkWriter writer(std::size_t view = 0, int batch_max = 500) {
    stored_ = stored_record(scenario_, scenario_.views[view]);
    return MysqlSinkWriter(connect(), scenario_.views[view], stored_, scenario_.views[view].name, batch_max);
  }

  // A sale as the operators emit it.
  void add(SinkBatch& batch, const std::string& id, const std::string& status, Version basket, Version payment,
           bool deleted = false) {
    SinkChange& change = batch.add();
    change.key = id;
    change.deleted = deleted;
    Row& row = change.row;
    row.reset(stored_.width());
    row.cells[0] = row.add_text(id);
    row.cells[1] = row.add_text("s1");
    row.cells[2] = decimal_cell(1234);
    row.cells[3] = row.add_list(1, 3);
    row.cells[row.cells[3].begin] = row.add_text("t\"é");
    row.cells[row.cells[3].begin + 1] = integer_cell(2);
    row.cells[row.cells[3].begin + 2] = decimal_cell(617);
    row.cells[5] = row.add_text(status);
    if (stored_.width() == 8) {
      row.cells[6] = integer_cell(basket);
      row.cells[7] = integer_cell(payment);
    }
  }

  void write(MysqlSinkWriter& writer, SinkBatch& batch) {
    SinkBatch* const pass[] = {&batch};
    const Status status = writer.write(pass);
    ASSERT_TRUE(status.ok()) << status.error().message;
    batch.clear();
  }

  // One sale alone.
  void write(MysqlSinkWriter& writer, const std::string& id, const std::string& status, Version basket, Version payment,
             bool deleted = false) {
    SinkBatch batch;
    add(batch, id, status, basket, payment, deleted);
    write(writer, batch);
  }

  static void expect_refusal(const Status& status, const std::string& message) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::Usage);
    EXPECT_THAT(status.error().message, HasSubstr(message));
  }

  std::vector<std::string> sales() {
    return rows("SELECT id, status, basket_version, payment_version FROM sales ORDER BY id");
  }

  Scenario scenario_ = shop::scenario();
  RecordType stored_;
  const std::unique_ptr<mysql::Connection> connection_ = std::make_unique<mysql::Connection>(connect());
};

TEST_F(OnSink, TablesHaveTheTypesOfTheirColumnsAndSayWhoMadeThem) {
  ASSERT_TRUE(prepare().ok());
  EXPECT_THAT(rows("SELECT column_name, column_type, is_nullable FROM information_schema.columns WHERE table_schema = "
                   "DATABASE() AND table_name = 'sales' ORDER BY ordinal_position"),
              ElementsAre("id|varchar(40)|NO", "store_id|varchar(40)|YES", "total|decimal(19,2)|YES",
                          "items|longtext|YES", "paid|decimal(19,2)|YES", "status|varchar(20)|YES",
                          "basket_version|int(10) unsigned|NO", "payment_version|int(10) unsigned|NO"));
  EXPECT_THAT(rows("SELECT column_name FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND "
                   "table_name = 'lines' ORDER BY ordinal_position"),
              ElementsAre("id", "line"));
  EXPECT_THAT(
      rows("SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE()"),
      testing::Each(testing::MatchesRegex("made by freshet as [^.]+[.](sales|lines|freshet_pipeline), run r1")));
  EXPECT_THAT(rows("SELECT scenario, run_id, state FROM freshet_pipeline"), ElementsAre("shop|r1|in memory"));
}

TEST_F(OnSink, ASecondStartIsRefusedUntilTheFirstIsDropped) {
  ASSERT_TRUE(prepare().ok());
  execute("INSERT INTO sales (id, basket_version, payment_version) VALUES ('x', 1, 1)");
  const Status again = prepare(false, "r2");
  ASSERT_FALSE(again.ok());
  expect_refusal(again, "run r1");
  EXPECT_THAT(again.error().message, HasSubstr("held in memory and is gone"));
  EXPECT_THAT(again.error().hint, HasSubstr("--drop-existing"));
  EXPECT_THAT(sales(), ElementsAre("x|∅|1|1")) << "a refusal changes nothing";
  ASSERT_TRUE(prepare(true, "r2").ok());
  EXPECT_THAT(sales(), IsEmpty());
  EXPECT_THAT(rows("SELECT scenario, run_id FROM freshet_pipeline"), ElementsAre("shop|r2"));
}

TEST_F(OnSink, ATableOfOursWithoutAMarkerNeedsDropExistingToo) {
  ASSERT_TRUE(prepare().ok());
  execute("DELETE FROM freshet_pipeline");
  EXPECT_THAT(prepare().error().message,
              HasSubstr("table sales exists (made by freshet as " + address_.database + ".sales, run r1)"));
  EXPECT_TRUE(prepare(true).ok());
}

TEST_F(OnSink, AForeignTableIsNeverDropped) {
  execute("CREATE TABLE `lines` (mine INT)");
  for (const bool drop_existing : {false, true}) {
    expect_refusal(prepare(drop_existing), "lines exists and was not created by Freshet");
  }
  EXPECT_THAT(rows("SHOW TABLES"), ElementsAre("lines")) << "nothing was made before all was allowed";
}

TEST_F(OnSink, AnotherScenarioOfTheSameDatabaseIsLeftAlone) {
  ASSERT_TRUE(prepare().ok());
  execute("INSERT INTO freshet_pipeline VALUES ('other', 'r0', NOW(6), 'in memory')");
  ASSERT_TRUE(prepare(true, "r2").ok());
  EXPECT_THAT(rows("SELECT scenario, run_id FROM freshet_pipeline ORDER BY 1"), ElementsAre("other|r0", "shop|r2"));
}

TEST_F(OnSink, ReplaysAndOlderVersionsChangeNothing) {
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer();
  write(writer, "a", "open", 1, 1);
  write(writer, "a", "paid", 2, 3);
  ASSERT_THAT(sales(), ElementsAre("a|paid|2|3"));
  const auto with_older = [&](Version basket, Version payment) {
    write(writer, "a", "older", basket, payment);
    write(writer, "a", "older", basket, payment, true);
  };
  with_older(1, 1);
  with_older(1, 3);
  with_older(2, 2);
  with_older(1, 9);
  with_older(9, 1);
  EXPECT_THAT(sales(), ElementsAre("a|paid|2|3"));
  write(writer, "a", "paid", 2, 3);
  EXPECT_THAT(sales(), ElementsAre("a|paid|2|3"));
  write(writer, "a", "newer", 2, 4);
  EXPECT_THAT(sales(), ElementsAre("a|newer|2|4"));
}

// Without versions there is no guard, so the same replay does harm: the test above can fail.
TEST_F(OnSink, NegativeControlWithoutStampsTheLastWriteWins) {
  scenario_.stamp = false;
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer();
  write(writer, "a", "paid", 2, 3);
  write(writer, "a", "older", 1, 1);
  EXPECT_THAT(rows("SELECT id, status FROM sales"), ElementsAre("a|older"));
}

TEST_F(OnSink, DeletesAreGuardedAndTakeEqualVersions) {
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer();
  SinkBatch batch;
  add(batch, "a", "open", 2, 2);
  add(batch, "b", "open", 2, 2);
  write(writer, batch);
  add(batch, "a", "", 2, 1, true);
  add(batch, "b", "", 2, 2, true);
  write(writer, batch);
  EXPECT_THAT(sales(), ElementsAre("a|open|2|2"));
}

TEST_F(OnSink, OnePassWritesTheLastChangeOfEachKey) {
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer(0, 2);
  SinkBatch batch;
  add(batch, "a", "one", 1, 1);
  add(batch, "b", "one", 1, 1);
  add(batch, "a", "two", 1, 2);
  add(batch, "c", "one", 1, 1);
  add(batch, "b", "", 1, 1, true);
  add(batch, "c", "", 1, 1, true);
  add(batch, "c", "back", 1, 3);
  write(writer, batch);
  EXPECT_THAT(sales(), ElementsAre("a|two|1|2", "c|back|1|3"));
  EXPECT_EQ(writer.counts().coalesced, 4);
  EXPECT_EQ(writer.counts().passes, 1);
}

TEST_F(OnSink, AnotherInstanceWithLowerVersionsReplacesTheRowInOnePass) {
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer();
  SinkBatch batch;
  write(writer, "a", "first", 1, 7);
  add(batch, "a", "first", 1, 7, true);
  add(batch, "a", "second", 1, 1);
  write(writer, batch);
  EXPECT_THAT(sales(), ElementsAre("a|second|1|1"));
}

TEST_F(OnSink, APassThatGaveWayIsTriedAgain) {
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer();
  write(writer, "a", "open", 1, 1);
  mysql::Connection blocker = connect();
  mysql::Connection impatient = connect();
  ASSERT_TRUE(impatient.execute("SET SESSION innodb_lock_wait_timeout = 1").ok());
  MysqlSinkWriter late(std::move(impatient), scenario_.views[0], stored_, "sales", 500);
  ASSERT_TRUE(blocker.execute("BEGIN").ok());
  ASSERT_TRUE(blocker.execute("UPDATE sales SET status = 'blocked' WHERE id = 'a'").ok());
  // The lock goes when the server drops the blocker's session, 2 to 3 s from now (events begin with a whole second):
  // after the first attempt gave way.
  execute("CREATE EVENT release_it ON SCHEDULE AT NOW() + INTERVAL 3 SECOND DO KILL " +
          blocker.scalar("SELECT CONNECTION_ID()").value());
  execute("SET GLOBAL event_scheduler = ON");
  write(late, "a", "paid", 1, 2);
  EXPECT_THAT(sales(), ElementsAre("a|paid|1|2"));
  EXPECT_GE(late.counts().retries, 1);
  execute("SET GLOBAL event_scheduler = OFF");
}

TEST_F(OnSink, ALostTableIsAnErrorThatNamesTheSink) {
  ASSERT_TRUE(prepare().ok());
  MysqlSinkWriter writer = this->writer();
  execute("DROP TABLE sales");
  SinkBatch batch;
  add(batch, "a", "open", 1, 1);
  SinkBatch* const pass[] = {&batch};
  const Status status = writer.write(pass);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("sink `sales`"));
}

class Observed : public OnSink {
 protected:
  void SetUp() override {
    OnSink::SetUp();
    ASSERT_TRUE(prepare().ok());
  }
  std::unique_ptr<Observer> observer(std::size_t view) {
    auto made =
        observe_mysql(scenario_, ViewId{static_cast<std::uint16_t>(view)}, address_, scenario_.views[view].name);
    if (!made.ok()) ADD_FAILURE() << made.error().message;
    return std::move(*made);
  }
  static std::string line(const std::string& id, int number) {
    return fmt::format("{}{}{}", id, kKeySeparator, number);
  }
};

TEST_F(Observed, LooksForKeysAndSaysVersionsInTheOrderAsked) {
  execute(
      "INSERT INTO `lines` VALUES ('a', 1, 's', 'p', 1, 1.00, 1, 5), ('a', 2, 's', 'p', 1, 1.00, 1, 6),"
      " ('b', 1, 's', 'p', 1, 1.00, 2, 7), ('o''x', 1, 's', 'p', 1, 1.00, 8, 9)");
  const std::vector<std::string> keys = {line("b", 1), line("a", 2),   line("a", 3),
                                         line("A", 1), line("o'x", 1), line("a", 2)};
  std::vector<Sighting> found;
  ASSERT_TRUE(observer(1)->look(keys, found).ok());
  ASSERT_EQ(found.size(), keys.size());
  const auto told = [&](std::size_t i) { return found[i].found ? found[i].versions : std::vector<Version>{}; };
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(found[i].key, i);
  EXPECT_THAT(told(0), ElementsAre(2, 7));
  EXPECT_THAT(told(1), ElementsAre(1, 6));
  EXPECT_THAT(told(2), IsEmpty());
  EXPECT_THAT(told(3), IsEmpty()) << "keys compare as bytes";
  EXPECT_THAT(told(4), ElementsAre(8, 9));
  EXPECT_THAT(told(5), ElementsAre(1, 6)) << "a key may be asked for twice";
}

TEST_F(Observed, LooksForMoreKeysThanOneStatementTakes) {
  std::string sql = "INSERT INTO `lines` VALUES ";
  std::vector<std::string> keys;
  for (int i = 0; i < 1203; ++i) {
    sql += fmt::format("{}('k{}', 1, 's', 'p', 1, 1.00, 1, {})", i == 0 ? "" : ",", i, i + 1);
    keys.push_back(line(fmt::format("k{}", i), 1));
  }
  execute(sql);
  keys.push_back(line("none", 1));
  std::vector<Sighting> found;
  ASSERT_TRUE(observer(1)->look(keys, found).ok());
  for (int i = 0; i < 1203; ++i) {
    ASSERT_TRUE(found[static_cast<std::size_t>(i)].found);
    ASSERT_THAT(found[static_cast<std::size_t>(i)].versions, ElementsAre(1, i + 1));
  }
  EXPECT_FALSE(found.back().found);
}

TEST_F(Observed, ScansWhatTheSinkWroteAsItWas) {
  MysqlSinkWriter writer = this->writer();
  SinkBatch batch;
  add(batch, "a", "open", 1, 2);
  const std::string expected = shop::json_of(batch[0].row, scenario_.views[0].record);
  write(writer, batch);
  std::vector<std::string> seen;
  const auto visit = [&](const Row& row, std::span<const Version> versions) {
    seen.push_back(shop::json_of(row, scenario_.views[0].record));
    EXPECT_THAT(versions, ElementsAre(1, 2));
  };
  auto eyes = observer(0);
  ASSERT_TRUE(eyes->scan(visit).ok());
  EXPECT_THAT(seen, ElementsAre(expected));
  execute("UPDATE sales SET total = total + 0.01");
  ASSERT_TRUE(eyes->scan(visit).ok()) << "each scan sees the table as it is then";
  EXPECT_THAT(seen.back(), HasSubstr("\"total\":12.35"));
}

TEST_F(Observed, AValueThatDoesNotFitItsColumnIsKeptAsText) {
  execute(
      "INSERT INTO sales VALUES ('a', 's', 1.00, 'no list', 1.00, 'x', 1, 1),"
      " ('b', 's', NULL, '[{\"quantity\":\"two\"}]', 1.00, 'x', 1, 1)");
  execute("ALTER TABLE sales MODIFY total VARCHAR(20)");
  execute("UPDATE sales SET total = '1.005' WHERE id = 'a'");
  std::vector<std::pair<Kind, Kind>> kinds;
  std::vector<std::string> texts;
  ASSERT_TRUE(observer(0)
                  ->scan([&](const Row& row, std::span<const Version>) {
                    kinds.emplace_back(row.cells[2].kind, row.cells[3].kind);
                    texts.emplace_back(row.text_of(row.cells[3]));
                  })
                  .ok());
  EXPECT_THAT(kinds, ElementsAre(std::pair(Kind::Text, Kind::Text), std::pair(Kind::Null, Kind::Text)));
  EXPECT_THAT(texts, ElementsAre("no list", "[{\"quantity\":\"two\"}]"));
}

TEST_F(Observed, UnstampedViewsHaveNoVersions) {
  scenario_.stamp = false;
  ASSERT_TRUE(prepare(true).ok());
  execute("INSERT INTO sales (id) VALUES ('a')");
  std::vector<Sighting> found;
  auto eyes = observer(0);
  ASSERT_TRUE(eyes->look(std::vector<std::string>{"a"}, found).ok());
  EXPECT_TRUE(found[0].found);
  EXPECT_THAT(found[0].versions, IsEmpty());
  ASSERT_TRUE(eyes->scan([&](const Row&, std::span<const Version> versions) { EXPECT_TRUE(versions.empty()); }).ok());
}

TEST_F(Observed, ALookThatFailsSaysSo) {
  auto eyes = observer(0);
  execute("DROP TABLE sales");
  std::vector<Sighting> found;
  EXPECT_FALSE(eyes->look(std::vector<std::string>{"a"}, found).ok());
  EXPECT_FALSE(eyes->scan([](const Row&, std::span<const Version>) {}).ok());
}

}  // namespace
}  // namespace freshet
