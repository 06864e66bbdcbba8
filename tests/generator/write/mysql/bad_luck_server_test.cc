// Bad luck with a real database server in the middle of a run. Whatever happens, each change ends with one outcome, and
// the tables hold what was reported committed, no more and no less.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "generator/write/account.h"
#include "generator/write/mysql/mysql_statements.h"
#include "generator/write/mysql/mysql_writer.h"
#include "generator/write/null/null_writer.h"
#include "generator/write/targets.h"
#include "servers/own_server.h"

namespace freshet {
namespace {

using namespace fixture;
using ::testing::Not;

constexpr Micros kSpacing{200};

std::vector<Change> product_load(Ordinal products) { return interleaved(kProduct, products, kSpacing); }

class MysqlBadLuck : public ::testing::Test {
 protected:
  /// Starts the server, with an empty database of the shop's products.
  void start(std::vector<std::string> arguments = {}, std::int64_t disk_bytes = 0) {
    server_ = std::make_unique<OwnServer>(std::move(arguments), disk_bytes);
    address_ = server_->address();
    execute("CREATE DATABASE shop");
    address_.database = "shop";
    Entity product = scenario_.entity(kProduct);
    product.record.columns[2].type.max_length = 1'000'000;  // notes of any length
    execute(create_table_sql(product, "product", "test"));
    tables_[kProduct] = table_statements(product, "product");
  }
  void execute(const std::string& sql) const {
    auto session = mysql::Connection::open(address_);
    ASSERT_TRUE(session.ok()) << session.error().message;
    const Status status = session->execute(sql);
    EXPECT_TRUE(status.ok()) << sql << ": " << status.error().message;
  }
  std::shared_ptr<Writer> open(const MysqlWriter::Options& options = {}) {
    return MysqlWriter::open(address_, tables_, lane_, clock_, first_failure_, options).value();
  }

  /// Sends the load on its schedule, and does `mischief` once a third of it is settled.
  void run(const std::shared_ptr<Writer>& writer, const std::vector<Change>& load,
           const std::function<void()>& mischief) {
    LaneWriters writers{std::vector<std::shared_ptr<Writer>>(scenario_.entities.size()), lane_};
    writers.by_entity[index_of(kProduct)] = writer;
    zero_ = clock_.now();
    std::jthread lane([&] {
      ListedSchedule schedule(load);
      run_lane(scenario_, rows_, schedule, writers, clock_, {zero_, 100, {}}, {});
    });
    while (outcomes_.size() < load.size() / 3) clock_.sleep_until(clock_.now() + kNanosPerMilli, {});
    mischief();
  }
  void pass(std::int64_t ms) const { clock_.sleep_until(clock_.now() + ms * kNanosPerMilli, {}); }

  [[nodiscard]] Held held() const {
    Held out;
    auto session = mysql::Connection::open(address_);
    FRESHET_CHECK(session.ok(), session.ok() ? "" : session.error().message.c_str());
    const Status status = session->query("SELECT id, version FROM product", [&](auto values) {
      out[std::string(*values[0])] = static_cast<Version>(std::stoul(std::string(*values[1])));
    });
    EXPECT_TRUE(status.ok());
    return out;
  }
  [[nodiscard]] std::vector<std::string> differences(const std::vector<Change>& load) const {
    return fixture::differences(load, outcomes_.all(), held());
  }
  [[nodiscard]] std::vector<std::uint32_t> codes() const {
    std::vector<std::uint32_t> out;
    for (const Settled& one : outcomes_.all()) {
      if (one.outcome == Outcome::Rejected) out.push_back(one.code);
    }
    return out;
  }

  const Scenario scenario_ = shop();
  const ShopRows rows_{};
  const SystemClock clock_{};
  std::unique_ptr<OwnServer> server_;
  mysql::Address address_;
  Outcomes outcomes_;
  FirstFailure first_failure_;
  std::shared_ptr<LaneOutcomes> lane_ = std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink());
  std::map<EntityId, TableStatements> tables_;
  Instant zero_{};
};

TEST_F(MysqlBadLuck, AServerKilledAndStartedAgainLosesAndDoublesNothing) {
  start();
  const std::vector<Change> load = product_load(4'000);
  run(open({.reconnect_for = 60 * kNanosPerSecond}), load, [&] {
    for (int i = 0; i < 2; ++i) {
      server_->kill();
      server_->start();
      pass(200);
    }
  });
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(MysqlBadLuck, AServerThatDiesForGoodEndsTheRunWithEveryChangeAccountedFor) {
  start();
  const std::vector<Change> load = product_load(4'000);
  run(open({.reconnect_for = 300 * kNanosPerMilli, .connect_timeout_s = 1}), load, [&] { server_->kill(); });
  EXPECT_THAT(first_failure_.reason(), HasSubstr("is gone"));
  server_->start();
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 1'000);
}

TEST_F(MysqlBadLuck, AServerThatStandsStillMakesChangesLateAndNothingElse) {
  start();
  const std::vector<Change> load = product_load(3'000);
  constexpr std::int64_t kStopMs = 3'000;
  Instant resumed{};
  run(open(), load, [&] {
    server_->pause();
    pass(kStopMs);
    resumed = clock_.now();
    server_->resume();
  });
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
  // What was due meanwhile went out after it: late, and not intended later.
  Nanos longest_wait{};
  for (const Settled& one : outcomes_.all()) {
    longest_wait = std::max(longest_wait, one.released - zero_ - one.change.intended);
  }
  EXPECT_GT(longest_wait, kStopMs * kNanosPerMilli / 2);
}

TEST_F(MysqlBadLuck, ALockThatIsNeverGrantedRejectsWhatNeedsItAlone) {
  start();
  const std::vector<Change> load = product_load(300);
  auto holder = mysql::Connection::open(address_);
  ASSERT_TRUE(holder.ok());
  run(open({.lock_attempts = 1, .lock_wait_s = 1}), load, [&] {
    // The last product is not there yet: its gap is what the others need, and this key is all that is held.
    ASSERT_TRUE(holder->execute("BEGIN").ok());
    ASSERT_TRUE(holder->execute("INSERT INTO product (id, version) VALUES ('P-000299', 77)").ok());
  });
  ASSERT_TRUE(holder->execute("ROLLBACK").ok());
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.of(insert(kProduct, 299)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 299)).code, 1205U);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()) - 1);
}

TEST_F(MysqlBadLuck, AServerThatAcceptsNoCommitsEndsTheRunWithEveryChangeAccountedFor) {
  start();
  const std::vector<Change> load = product_load(3'000);
  auto holder = mysql::Connection::open(address_);
  ASSERT_TRUE(holder.ok());
  const Instant began = clock_.now();
  run(open({.lock_attempts = 1, .lock_wait_s = 1, .blocked_for = 2 * kNanosPerSecond}), load,
      [&] { ASSERT_TRUE(holder->execute("FLUSH TABLES WITH READ LOCK").ok()); });
  EXPECT_LT(clock_.now() - began, 15 * kNanosPerSecond);
  EXPECT_THAT(first_failure_.reason(), HasSubstr("accepts no commits"));
  EXPECT_THAT(first_failure_.reason(), HasSubstr("(error 1205)"));
  ASSERT_TRUE(holder->execute("UNLOCK TABLES").ok());
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 100);
}

TEST_F(MysqlBadLuck, OnlyARowThatNoPacketCanHoldIsRejected) {
  start({"--max-allowed-packet=64K"});
  const auto writer = open();
  std::vector<Change> load;
  std::vector<Row> images(300);
  std::vector<Write> batch;
  for (Ordinal i = 0; i < images.size(); ++i) {
    load.push_back(insert(kProduct, i));
    rows_.row(kProduct, i, 1, images[i]);
    images[i].cells[2] = images[i].add_text(std::string(i == 7 ? 100'000 : 1'000, 'x'));
    batch.push_back({load.back(), &images[i]});
  }
  writer->write(batch);
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.of(insert(kProduct, 7)).outcome, Outcome::Rejected);
  // ER_NET_PACKET_TOO_LARGE, if the server's word arrives before it closes the connection.
  EXPECT_THAT(outcomes_.of(insert(kProduct, 7)).code, AnyOf(1153U, 2006U, 2013U));
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 299);
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(MysqlBadLuck, AServerThatBecomesReadOnlyRejectsUntilItIsNot) {
  start();
  execute("CREATE USER shopkeeper@localhost");
  execute("GRANT ALL ON shop.* TO shopkeeper@localhost");
  const mysql::Address root = address_;
  address_.user = "shopkeeper";
  const std::vector<Change> load = product_load(1'500);
  const auto writer = open();
  address_ = root;
  run(writer, load, [&] {
    execute("SET GLOBAL read_only = 1");
    pass(50);
    execute("SET GLOBAL read_only = 0");
  });
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_THAT(codes(), Not(IsEmpty()));
  EXPECT_THAT(codes(), Each(1290U));
  EXPECT_EQ(outcomes_.of(insert(kProduct, 1'499)).outcome, Outcome::Committed);
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(MysqlBadLuck, ADiskThatIsFullRejectsUntilThereIsRoom) {
  start({"--innodb-log-file-size=8M", "--aria-log-file-size=8M"}, 160'000'000);
  std::vector<Change> load;
  for (Ordinal i = 0; i < 3'000; ++i) load.push_back(insert(kProduct, i));
  const auto writer = open();
  const auto write = [&](Ordinal from, Ordinal to) {
    std::vector<Row> images(to - from);
    std::vector<Write> batch;
    for (Ordinal i = from; i < to; ++i) {
      rows_.row(kProduct, i, 1, images[i - from]);
      images[i - from].cells[2] = images[i - from].add_text(std::string(20'000, 'x'));
      batch.push_back({load[i], &images[i - from]});
    }
    writer->write(batch);
  };
  write(0, 100);
  server_->fill_disk(4'000'000);
  for (Ordinal i = 100; i < 2'900; i += 100) write(i, i + 100);
  server_->let_go();
  write(2'900, 3'000);
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_GT(outcomes_.count(Outcome::Rejected), 0);
  EXPECT_THAT(codes(), Each(1114U)) << "ER_RECORD_FILE_FULL";
  EXPECT_EQ(outcomes_.of(load.back()).outcome, Outcome::Committed);
}

/// Negative control: whoever claims a commit that did not happen is found out by the same account.
TEST_F(MysqlBadLuck, AWriterThatReportsCommittedWithoutWritingIsCaught) {
  start();
  const std::vector<Change> load = product_load(200);
  run(std::make_shared<NullWriter>(lane_, clock_), load, [] {});
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
  EXPECT_THAT(differences(load), Contains("P-000199: version 1 was reported, 0 is there"));
}

TEST_F(MysqlBadLuck, AnOutcomeThatIsMissingOrReportedTwiceIsCaught) {
  const std::vector<Change> load = {insert(kProduct, 1), insert(kProduct, 2)};
  const Settled settled{load[0], Outcome::Rejected, 1, Instant{}, {}};
  const std::vector<Settled> twice = {settled, settled};
  EXPECT_THAT(fixture::differences(load, twice, {}), SizeIs(2));
}

}  // namespace
}  // namespace freshet
