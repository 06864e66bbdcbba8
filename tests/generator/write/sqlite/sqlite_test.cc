// SQLite files as a target: what is said to be committed is there, once; what is not ours stays; and the account holds
// when the file is locked, full, read-only or gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "generator/write/account.h"
#include "generator/write/backends.h"
#include "generator/write/fixture.h"
#include "generator/write/sqlite/sqlite_marks.h"
#include "generator/write/sqlite/sqlite_writer.h"
#include "generator/write/targets.h"
#include "generator/write/writer_pool.h"

namespace freshet {
namespace {

using namespace fixture;

/// Another program's connection to the file.
class Other {
 public:
  explicit Other(const std::string& path) { EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK); }
  ~Other() { sqlite3_close(database_); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;
  int execute(const std::string& sql) { return sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr); }
  /// The values of each row, joined by |.
  std::vector<std::string> rows(const std::string& sql) {
    std::vector<std::string> out;
    const auto add = [](void* list, int count, char** values, char** /*names*/) {
      std::string row;
      for (int i = 0; i < count; ++i) row += std::string(i == 0 ? "" : "|") + (values[i] != nullptr ? values[i] : "∅");
      static_cast<std::vector<std::string>*>(list)->push_back(row);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), add, &out, nullptr), SQLITE_OK) << sqlite3_errmsg(database_);
    return out;
  }

 private:
  sqlite3* database_ = nullptr;
};

class Sqlite : public ::testing::Test {
 protected:
  Sqlite() {
    std::string folder = "/tmp/freshet-sqlite-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    path_ = folder_ + "/shop.db";
    scenario_.connections = {{path_, "sqlite", path_, {}, true, false}};
    for (const EntityId entity : {kProduct, kBasket, kPayment}) {
      scenario_.write.push_back({entity, OtherTarget{"sqlite", "table", scenario_.entity(entity).name, 0}, {}});
    }
    address();
  }
  ~Sqlite() override {
    pool_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void address() {
    auto resolved = resolve_addresses(scenario_, [](const std::string&) -> const char* { return nullptr; });
    FRESHET_CHECK(resolved.ok(), "addresses");
    addresses_ = until(std::move(*resolved), stop_.get_token());
  }
  Status prepare(bool drop_existing = false, const std::string& run_id = "run-1") {
    created_ = {};
    return prepare_targets(scenario_, addresses_, {drop_existing, false, run_id}, created_);
  }
  /// Tables of this run, and a pool of one lane or more.
  LaneWriters& open(int lanes = 1) {
    const Status prepared = prepare();
    FRESHET_CHECK(prepared.ok(), prepared.ok() ? "" : prepared.error().message.c_str());
    auto pool = WriterPool::open(scenario_, WallTime{}, addresses_, lanes, clock_, outcomes_.sink());
    FRESHET_CHECK(pool.ok(), pool.ok() ? "" : pool.error().message.c_str());
    pool_ = std::move(*pool);
    return pool_->lane(0);
  }
  /// A writer that is less patient than those of a pool.
  std::shared_ptr<Writer> impatient() {
    open();
    auto database = sqlite::Database::open({path_, stop_.get_token()}, sqlite::Database::Missing::Refuse);
    FRESHET_CHECK(database.ok(), "database");
    const auto file =
        std::make_shared<SqliteFile>(std::move(*database), std::map<EntityId, std::string>{{kProduct, "product"}});
    return std::make_shared<SqliteWriter>(file, scenario_, lane_, clock_, first_failure_,
                                          SqliteWriter::Options{100 * kNanosPerMilli});
  }
  /// A write has no outcome while the transaction of `other` lasts, and commits when it has ended.
  void expect_held_up(LaneWriters& lane, Other& other, Nanos wait) {
    std::jthread writing([&] { write_now(scenario_, rows_, std::vector{insert(kBasket, 1)}, lane, clock_); });
    clock_.sleep_until(clock_.now() + wait, {});
    EXPECT_EQ(outcomes_.size(), 0U);
    EXPECT_EQ(other.execute("COMMIT"), SQLITE_OK);
    writing.join();
    EXPECT_EQ(outcomes_.count(Outcome::Committed), 1);
  }
  [[nodiscard]] Held held() {
    Held out;
    Other other(path_);
    for (const char* table : {"product", "basket", "payment"}) {
      for (const std::string& row : other.rows(std::string("SELECT id, version FROM ") + table)) {
        const std::size_t bar = row.find('|');
        out[row.substr(0, bar)] = static_cast<Version>(std::stoul(row.substr(bar + 1)));
      }
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> tables() {
    return Other(path_).rows("SELECT name FROM sqlite_master ORDER BY name");
  }
  [[nodiscard]] Orphans::Found orphans() {
    auto found = backend_named("sqlite").orphans(addresses_.servers[0])->find({});
    FRESHET_CHECK(found.ok(), "orphans");
    return found.value();
  }

  std::string folder_;
  std::string path_;
  Scenario scenario_ = shop();
  const ShopRows rows_{};
  const SystemClock clock_{};
  std::stop_source stop_;
  Addresses addresses_;
  CreatedTargets created_;
  Outcomes outcomes_;
  FirstFailure first_failure_;
  std::shared_ptr<LaneOutcomes> lane_ = std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink());
  std::unique_ptr<WriterPool> pool_;
};

TEST_F(Sqlite, EveryKindOfColumnArrivesAsItWasRendered) {
  LaneWriters& lane = open();
  write_batch(*lane.by_entity[0], rows_, {insert(kProduct, 12), insert(kProduct, 13, {}, 2)});
  Other other(path_);
  EXPECT_EQ(other.rows("SELECT * FROM product ORDER BY id"), rendered_products());
  EXPECT_THAT(other.rows("SELECT SUM(paid_amount) > 25 FROM product WHERE paid_amount > 9"), ElementsAre("1"))
      << "decimals count as numbers";
}

TEST_F(Sqlite, ADecimalThatADoubleWouldRoundKeepsItsDigits) {
  open();
  auto database = sqlite::Database::open({path_, {}}, sqlite::Database::Missing::Refuse);
  ASSERT_TRUE(database.ok());
  sqlite::Failure failure;
  auto product = sqlite::TableStatements::prepare(*database, scenario_.entity(kProduct), "product", failure);
  ASSERT_TRUE(product.has_value()) << failure.text;
  Row row;
  for (const std::int64_t units : {999'999'999'999'999, 123'456'789'012'345'678, -123'456'789'012'345'678}) {
    rows_.row(kProduct, static_cast<Ordinal>(std::abs(units) % 1000), 1, row);
    if (units < 0) row.cells[0] = row.add_text("negative");
    row.cells[1] = decimal_cell(units);
    EXPECT_TRUE(product->run(insert(kProduct, 1), row, nullptr).none());
  }
  EXPECT_THAT(Other(path_).rows("SELECT paid_amount FROM product ORDER BY rowid"),
              ElementsAre("9999999999999.99", "1234567890123456.78", "-1234567890123456.78"));
}

TEST_F(Sqlite, UpdatesDeletesAndChangesOfTheKeyReachTheirRows) {
  LaneWriters& lane = open();
  Writer& writer = *lane.by_entity[0];
  write_batch(writer, rows_, {insert(kProduct, 1), insert(kProduct, 2), insert(kProduct, 3)});
  write_batch(writer, rows_, {update(kProduct, 1, 2), erase(kProduct, 2, 2)});
  Row before, after;
  rows_.row(kProduct, 3, 1, before);
  rows_.row(kProduct, 3, 2, after);
  after.cells[0] = after.add_text("new");
  const Write rekeyed{update(kProduct, 3, 2), &after, &before, true};
  writer.write({&rekeyed, 1});
  EXPECT_THAT(Other(path_).rows("SELECT id, version FROM product ORDER BY id"), ElementsAre("P-000001|2", "new|2"));
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 6);
}

TEST_F(Sqlite, ARefusedRowIsRejectedAloneAndWhatNeedsItIsWithheld) {
  LaneWriters& lane = open();
  ASSERT_EQ(Other(path_).execute("CREATE UNIQUE INDEX theirs ON basket (paid_amount)"), SQLITE_OK);
  ASSERT_EQ(Other(path_).execute("INSERT INTO basket (id, paid_amount) VALUES ('theirs', 2.01)"), SQLITE_OK);
  const std::vector<Change> changes = {insert(kBasket, 1), insert(kBasket, 2), insert(kPayment, 2),
                                       update(kBasket, 2, 2), insert(kBasket, 3)};
  write_now(scenario_, rows_, changes, lane, clock_);
  EXPECT_EQ(outcomes_.of(changes[1]).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(changes[1]).code, static_cast<std::uint32_t>(SQLITE_CONSTRAINT));
  EXPECT_EQ(outcomes_.count(Outcome::Withheld), 2);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 2);
  ASSERT_EQ(Other(path_).execute("DELETE FROM basket WHERE id = 'theirs'"), SQLITE_OK);
  EXPECT_THAT(differences(changes, outcomes_.all(), held()), IsEmpty());
  ASSERT_THAT(pool_->refusals(), SizeIs(1));
  EXPECT_EQ(text_of(pool_->refusals()[0]),
            "table basket refused 1 change: UNIQUE constraint failed: basket.paid_amount (error 19)");
  EXPECT_THAT(pool_->broken(), IsEmpty());
}

TEST_F(Sqlite, LanesShareAFileAndNothingIsLostOrDoubled) {
  open(3);
  std::vector<Change> all;
  std::vector<std::vector<Change>> loads(3);
  for (Ordinal i = 0; i < 900; ++i) {
    std::vector<Change>& load = loads[i % 3];
    const Micros at{static_cast<std::int64_t>(i) * 100};
    load.push_back(insert(kBasket, i, at));
    load.push_back(insert(kPayment, i, at));
    if (i % 2 == 0) load.push_back(update(kPayment, i, 2, at + Micros{50}));
    if (i % 4 == 0) load.push_back(erase(kPayment, i, 3, at + Micros{60}));
  }
  {
    std::vector<std::jthread> threads;
    for (int lane = 0; lane < 3; ++lane) {
      threads.emplace_back([&, lane] {
        ListedSchedule schedule(loads[static_cast<std::size_t>(lane)]);
        run_lane(scenario_, rows_, schedule, pool_->lane(lane), clock_, {clock_.now(), 100, {}}, {});
      });
    }
  }
  for (const auto& load : loads) all.insert(all.end(), load.begin(), load.end());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(all.size()));
  EXPECT_THAT(differences(all, outcomes_.all(), held()), IsEmpty());
}

TEST_F(Sqlite, ALockThatIsGivenBackIsWaitedFor) {
  LaneWriters& lane = open();
  Other other(path_);
  ASSERT_EQ(other.execute("BEGIN IMMEDIATE"), SQLITE_OK);
  expect_held_up(lane, other, 100 * kNanosPerMilli);
}

TEST_F(Sqlite, ALockThatIsKeptBreaksTheWriters) {
  const auto writer = impatient();
  Other other(path_);
  ASSERT_EQ(other.execute("BEGIN IMMEDIATE"), SQLITE_OK);
  const std::vector<Change> load = {insert(kProduct, 1), insert(kProduct, 2)};
  write_batch(*writer, rows_, {load[0]});
  write_batch(*writer, rows_, {load[1]});
  EXPECT_EQ(outcomes_.of(load[0]).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(load[0]).code, static_cast<std::uint32_t>(SQLITE_BUSY));
  EXPECT_EQ(outcomes_.of(load[1]).outcome, Outcome::Withheld);
  EXPECT_EQ(first_failure_.reason(), path_ + ": database is locked (error 5)");
  ASSERT_EQ(other.execute("COMMIT"), SQLITE_OK);
  EXPECT_THAT(differences(load, outcomes_.all(), held()), IsEmpty());
}

TEST_F(Sqlite, AStopEndsTheWaitForALock) {
  LaneWriters& lane = open();
  Other other(path_);
  ASSERT_EQ(other.execute("BEGIN IMMEDIATE"), SQLITE_OK);
  stop_.request_stop();
  const Instant began = clock_.now();
  write_now(scenario_, rows_, std::vector{insert(kBasket, 1)}, lane, clock_);
  EXPECT_LT(clock_.now() - began, 5 * kNanosPerSecond);
  EXPECT_EQ(outcomes_.count(Outcome::Rejected), 1);
}

TEST_F(Sqlite, AReaderHoldsUpTheCommitAndNothingElse) {
  LaneWriters& lane = open();
  Other reader(path_);
  ASSERT_EQ(reader.execute("BEGIN"), SQLITE_OK);
  EXPECT_THAT(reader.rows("SELECT * FROM basket"), IsEmpty());
  expect_held_up(lane, reader, 50 * kNanosPerMilli);
}

/// As on a full disk, a file grows no further.
class NoMoreThan {
 public:
  explicit NoMoreThan(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    signal_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~NoMoreThan() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    [[maybe_unused]] const auto old = std::signal(SIGXFSZ, signal_);
  }
  NoMoreThan(const NoMoreThan&) = delete;
  NoMoreThan& operator=(const NoMoreThan&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int) = nullptr;
};

TEST_F(Sqlite, AFullDiskEndsTheRunWithEveryChangeAccountedFor) {
  LaneWriters& lane = open();
  std::vector<Change> load;
  for (Ordinal i = 0; i < 5'000; ++i) load.push_back(insert(kBasket, i));
  {
    const NoMoreThan full(200'000);
    write_now(scenario_, rows_, load, lane, clock_);
  }
  EXPECT_THAT(pool_->broken(), AllOf(StartsWith(path_), HasSubstr("error 1")));
  EXPECT_GT(outcomes_.count(Outcome::Committed), 0);
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 0);
  EXPECT_THAT(differences(load, outcomes_.all(), held()), IsEmpty());
}

TEST_F(Sqlite, ATableThatIsDroppedInMidLoadRefusesItsChanges) {
  LaneWriters& lane = open();
  const std::vector<Change> first = {insert(kProduct, 1)};
  write_now(scenario_, rows_, first, lane, clock_);
  ASSERT_EQ(Other(path_).execute("DROP TABLE product"), SQLITE_OK);
  const std::vector<Change> second = {insert(kProduct, 2), insert(kBasket, 2)};
  write_now(scenario_, rows_, second, lane, clock_);
  EXPECT_EQ(outcomes_.of(second[0]).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(second[1]).outcome, Outcome::Committed);
  EXPECT_THAT(pool_->refusals()[0].text, HasSubstr("no such table"));
}

TEST_F(Sqlite, TargetsAreMadeAndTakenDown) {
  ASSERT_TRUE(prepare().ok());
  EXPECT_THAT(tables(), AllOf(::testing::Contains("basket"), ::testing::Contains("payment")));
  EXPECT_EQ(describe(created_), "table product, table basket, table payment");
  std::vector<std::string> not_ours;
  ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
  EXPECT_THAT(not_ours, IsEmpty());
  EXPECT_THAT(tables(), IsEmpty());
}

TEST_F(Sqlite, AForeignTableIsNeverTouched) {
  Other other(path_);
  ASSERT_EQ(other.execute("CREATE TABLE Basket (x); INSERT INTO basket VALUES (7)"), SQLITE_OK);
  for (const bool drop_existing : {false, true}) {
    const Status refused = prepare(drop_existing);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
    EXPECT_THAT(refused.error().message, HasSubstr("table basket exists and was not created by Freshet"));
  }
  EXPECT_THAT(orphans().all, IsEmpty());
  EXPECT_THAT(other.rows("SELECT * FROM basket"), ElementsAre("7"));
  EXPECT_THAT(tables(), ElementsAre("Basket")) << "nothing was made before all was looked at";
}

TEST_F(Sqlite, AMarkThatAPersonWroteIsNone) {
  Other other(path_);
  const std::string place = "made by freshet as shop.db.basket, run ";
  ASSERT_EQ(other.execute("CREATE TABLE basket (/* " + place + "by-hand */ x)"), SQLITE_OK);
  EXPECT_FALSE(prepare(true).ok());
  EXPECT_THAT(orphans().all, IsEmpty());
  ASSERT_EQ(other.execute("DROP TABLE basket; CREATE TABLE basket (/* " + place + "r1 */ x)"), SQLITE_OK);
  EXPECT_THAT(orphans().all, SizeIs(1)) << "the same with the id of a run is ours";
}

TEST_F(Sqlite, AnEarlierRunsTableNeedsTheFlag) {
  ASSERT_TRUE(prepare(false, "run-0").ok());
  const Status refused = prepare();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message,
              HasSubstr("table product exists (made by freshet as shop.db.product, run run-0)"));
  EXPECT_THAT(refused.error().hint, HasSubstr("--drop-existing"));
  EXPECT_TRUE(prepare(true).ok());
}

TEST_F(Sqlite, ALivingRunsTablesAreLeftAlone) {
  ASSERT_TRUE(prepare(false, "run-0").ok());
  std::set<std::string> servers;
  auto lease = backend_named("sqlite").lease(addresses_.servers[0], LeaseHolder::Run, "run-0", servers);
  ASSERT_TRUE(lease.ok()) << lease.error().message;
  const Status refused = prepare(true);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("belongs to run run-0, which is running"));
  servers.clear();
  const auto again = backend_named("sqlite").lease(addresses_.servers[0], LeaseHolder::Run, "run-0", servers);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::Usage);
  const auto found = orphans();
  ASSERT_THAT(found.all, SizeIs(3));
  EXPECT_TRUE(found.all[0].lives);
  auto of_file = backend_named("sqlite").orphans(addresses_.servers[0]);
  const auto dropped = of_file->drop(found.all[0]);
  ASSERT_TRUE(dropped.ok());
  EXPECT_EQ(dropped.value(), Dropped::NotOurs);

  *lease = nullptr;  // it ends
  EXPECT_FALSE(orphans().all[0].lives);
  EXPECT_TRUE(prepare(true).ok());
}

TEST_F(Sqlite, WhatWasRenamedOrReplacedIsNotOurs) {
  ASSERT_TRUE(prepare().ok());
  Other other(path_);
  ASSERT_EQ(other.execute("ALTER TABLE basket RENAME TO kept; "
                          "DROP TABLE payment; CREATE TABLE payment (theirs)"),
            SQLITE_OK);
  EXPECT_THAT(orphans().all, SizeIs(1)) << "the product";
  std::vector<std::string> not_ours;
  ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
  EXPECT_THAT(not_ours, ElementsAre("table payment"));
  EXPECT_THAT(other.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"),
              ElementsAre("kept", "payment"));
}

TEST_F(Sqlite, ACopyOfTheFileIsNotOurs) {
  ASSERT_TRUE(prepare().ok());
  const std::string copy = folder_ + "/copy.db";
  std::filesystem::copy_file(path_, copy);
  scenario_.connections[0].url = copy;
  address();
  EXPECT_THAT(orphans().all, IsEmpty());
}

TEST_F(Sqlite, ATableInThePlaceOfOursIsTroubleForTheLease) {
  ASSERT_TRUE(prepare().ok());
  std::set<std::string> servers;
  auto lease = backend_named("sqlite").lease(addresses_.servers[0], LeaseHolder::Run, "run-1", servers);
  ASSERT_TRUE(lease.ok());
  (*lease)->guard("basket");
  ASSERT_TRUE((*lease)->look().ok());
  EXPECT_THAT((*lease)->trouble(), IsEmpty());
  ASSERT_EQ(Other(path_).execute("DROP TABLE basket; CREATE TABLE basket (theirs)"), SQLITE_OK);
  ASSERT_TRUE((*lease)->look().ok());
  EXPECT_THAT((*lease)->trouble(), HasSubstr("another table has replaced table basket of this run"));
}

TEST_F(Sqlite, AFileThatIsNotADatabaseIsNamed) {
  const Backend& backend = backend_named("sqlite");
  const auto reach = [&](const std::string& path) {
    scenario_.connections[0].url = path;
    address();
    return backend.reach(addresses_.servers[0]);
  };
  EXPECT_TRUE(reach(path_).ok());
  const Status missing = reach(folder_ + "/none/shop.db");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(missing.error().message, HasSubstr("unable to open database file"));
  ASSERT_FALSE(reach(folder_).ok());
  std::string text(8192, 'x');
  FILE* file = std::fopen((folder_ + "/text").c_str(), "w");
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
  const Status other = reach(folder_ + "/text");
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("file is not a database"));
}

TEST_F(Sqlite, AReadOnlyFileIsUnreachable) {
  ASSERT_TRUE(prepare().ok());
  ::chmod(path_.c_str(), 0444);
  ::chmod(folder_.c_str(), 0755);
  const bool root = ::geteuid() == 0;
  constexpr uid_t kNobody = 65'534;
  ASSERT_EQ(::seteuid(root ? kNobody : ::geteuid()), 0);
  const Status reached = backend_named("sqlite").reach(addresses_.servers[0]);
  ASSERT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
  ASSERT_FALSE(reached.ok());
  EXPECT_THAT(reached.error().message, HasSubstr("readonly database"));
}

}  // namespace
}  // namespace freshet
