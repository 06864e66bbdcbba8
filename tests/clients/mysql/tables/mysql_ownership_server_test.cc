// Who owns a table, and when it is dropped, even while another session moves its tables in and out under the same name.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "clients/mysql/tables/mysql_lease.h"
#include "clients/mysql/tables/mysql_ownership.h"
#include "scenarios/tables/sql_names.h"
#include "servers/shared_server.h"

namespace freshet::mysql {
namespace {

using testing::HasSubstr;

class Ownership : public fixture::ServerTest {
 protected:
  Ownership() {
    execute("CREATE OR REPLACE DATABASE shop");
    address_.database = "shop";
    connection_ = std::make_unique<Connection>(connect());
  }
  void make(const std::string& table, const std::string& comment) {
    execute("CREATE TABLE " + identifier(table) + " (id INT) COMMENT=" + connection_->quote(comment));
  }
  Fate drop(const std::string& table) {
    const auto fate = drop_own(*connection_, table, "r1");
    EXPECT_TRUE(fate.ok()) << fate.error().message;
    return fate.ok() ? fate.value() : Fate::Absent;
  }
  std::unique_ptr<Lease> lease(const std::string& run_id, Holder holder = Holder::Run) {
    std::set<std::string> servers;
    auto taken = Lease::take(address_, holder, run_id, servers);
    EXPECT_TRUE(taken.ok()) << taken.error().message;
    return std::move(*taken);
  }
  /// The server gives locks back when it has seen that their sessions are over.
  void await_end_of_r1() {
    while (is_leased(*connection_, "r1").value()) std::this_thread::yield();
  }
  bool lives(const std::string& run_id) { return Leases().lives(*connection_, run_id).value(); }

  /// A stranger's tables that are left of `swaps`, each of which he puts under our name for a moment, while we make
  /// ours there and drop it with `drop`.
  template <typename Drop>
  int left_of(int swaps, const Drop& drop) {
    std::atomic<bool> done = false;
    std::jthread stranger([&] {
      Connection theirs = connect();
      for (int i = 0; i < swaps; ++i) {
        const std::string number = std::to_string(i);
        EXPECT_TRUE(theirs.execute("CREATE TABLE theirs_" + number + " (id INT) COMMENT='theirs'").ok());
        if (!theirs.execute("RENAME TABLE mine TO ours_" + number + ", theirs_" + number + " TO mine").ok()) {
          // It was not there at that moment; it may be there again.
          [[maybe_unused]] const Status put = theirs.execute("RENAME TABLE theirs_" + number + " TO mine");
        }
        [[maybe_unused]] const Status taken = theirs.execute("RENAME TABLE mine TO kept_" + number);
      }
      done = true;
    });
    while (!done) {
      [[maybe_unused]] const Status made =
          connection_->execute("CREATE TABLE mine (id INT) COMMENT='" + mark_of("shop", "mine", "r1") + "'");
      drop();
    }
    return std::stoi(scalar("SELECT COUNT(*) FROM information_schema.tables WHERE table_comment = 'theirs'"));
  }

  std::unique_ptr<Connection> connection_;
};

TEST_F(Ownership, OnlyWhatThisRunMadeUnderThisNameIsDropped) {
  make("own", mark_of("shop", "own", "r1"));
  make("another_run", mark_of("shop", "another_run", "r2"));
  make("renamed", mark_of("shop", "before", "r1"));
  make("theirs", "the ledger");
  make("altered", mark_of("shop", "altered", "r1"));
  execute("ALTER TABLE altered COMMENT = 'kept for the auditor'");
  execute("CREATE TABLE own_copy LIKE own");
  execute("CREATE VIEW a_view AS SELECT 1");
  EXPECT_EQ(drop("own"), Fate::Dropped);
  EXPECT_EQ(drop("own"), Fate::Absent);
  for (const char* table : {"another_run", "renamed", "theirs", "altered", "own_copy", "a_view"}) {
    EXPECT_EQ(drop(table), Fate::NotOurs) << table;
  }
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'"), "6");
}

TEST_F(Ownership, ACopyInAnotherDatabaseAndASequenceStay) {
  make("orders", mark_of("shop", "orders", "r1"));
  execute("CREATE DATABASE archive");
  execute("CREATE TABLE archive.orders LIKE shop.orders");
  execute("CREATE SEQUENCE numbers COMMENT = '" + mark_of("shop", "numbers", "r1") + "'");
  EXPECT_EQ(drop("numbers"), Fate::NotOurs);
  Address elsewhere = address_;
  elsewhere.database = "archive";
  auto connection = Connection::open(elsewhere);
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(drop_own(*connection, "orders", "r1").value(), Fate::NotOurs);
  execute("DROP DATABASE archive");
  execute("DROP SEQUENCE numbers");
}

TEST_F(Ownership, AMarkNamesTheTableThatItWasMadeFor) {
  EXPECT_EQ(owner_of("shop", "orders", mark_of("shop", "orders", "r1")), "r1");
  EXPECT_EQ(owner_of("shop", "orders", mark_of("shop", "Orders", "r1")), "r1") << "lower_case_table_names";
  EXPECT_EQ(owner_of("shop", "Orders", mark_of("shop", "orders", "r1")), std::nullopt) << "somebody renamed it";
  EXPECT_EQ(owner_of("shop", "orders", mark_of("shop", "orders", "r1") + "; KEEP"), std::nullopt)
      << "somebody made it his own";
  EXPECT_EQ(owner_of("shop", "orders", mark_of("shop", "orders", "by hand for the 3rd quarter")), std::nullopt);
  EXPECT_EQ(owner_of("shop", "orders", mark_of("shop", "orders", "by-hand")), std::nullopt);
  EXPECT_EQ(owner_of("shop", "order", mark_of("shop", "orders", "r1")), std::nullopt);
  EXPECT_EQ(owner_of("shop", "orders", mark_of("shop", "order", "r1")), std::nullopt);
  EXPECT_EQ(owner_of("archive", "orders", mark_of("shop", "orders", "r1")), std::nullopt) << "a copy elsewhere";
  EXPECT_EQ(owner_of("shop", "orders", mark_of("Shop", "orders", "r1")), "r1") << "lower_case_table_names";
  EXPECT_EQ(owner_of("shop", "orders", "made by freshet, run r0"), std::nullopt);
  EXPECT_EQ(owner_of("shop", "orders", "not made by freshet, run r0"), std::nullopt);
}

TEST_F(Ownership, AStrangerWhoPutsTablesThereMeanwhileLosesNone) {
  constexpr int kSwaps = 40;
  EXPECT_EQ(left_of(kSwaps, [&] { drop("mine"); }), kSwaps);
}

TEST_F(Ownership, DroppingByNameWouldLoseThem) {
  constexpr int kSwaps = 40;
  EXPECT_LT(left_of(kSwaps, [&] { [[maybe_unused]] const Status gone = connection_->execute("DROP TABLE mine"); }),
            kSwaps);
}

TEST_F(Ownership, ALeaseLastsAsLongAsItsHolderAndBelongsToOne) {
  EXPECT_FALSE(lives("r1"));
  {
    const auto held = lease("r1");
    EXPECT_TRUE(lives("r1"));
    std::set<std::string> servers;
    const auto second = Lease::take(address_, Holder::Run, "r1", servers);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::Usage);
    const auto pipeline = lease("r1", Holder::Pipeline);  // serves that very run
  }
  await_end_of_r1();
  EXPECT_FALSE(lives("r1"));
}

TEST_F(Ownership, ALeaseWhoseSessionIsKilledIsTakenAnewBeforeItIsTakenForDead) {
  const auto held = lease("r1");
  Connection unrenewed = connect();
  EXPECT_EQ(unrenewed.scalar("SELECT GET_LOCK('freshet run r2', 0)").value(), "1");
  for (const char* run_id : {"r1", "r2"}) {
    execute("KILL " + scalar(std::string("SELECT IS_USED_LOCK('freshet run ") + run_id + "')"));
  }
  EXPECT_TRUE(lives("r1"));
  EXPECT_FALSE(lives("r2")) << "nobody looks after that one";
}

TEST_F(Ownership, ATableOfALivingRunMakesRoomForNobody) {
  make("orders", mark_of("shop", "orders", "r1"));
  auto held = lease("r1");
  Leases leases;
  const Status refused = check_room(*connection_, leases, "orders", "r2", true, "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Usage);
  EXPECT_THAT(refused.error().message, HasSubstr("belongs to run r1, which is running"));
  EXPECT_FALSE(make_room(*connection_, leases, "orders", "r2").ok());
  EXPECT_EQ(drop("orders"), Fate::Dropped) << "but for that run itself";
  make("orders", mark_of("shop", "orders", "r1"));
  held.reset();
  await_end_of_r1();
  EXPECT_TRUE(check_room(*connection_, leases, "orders", "r2", true, "").ok());
  EXPECT_TRUE(make_room(*connection_, leases, "orders", "r2").ok());
}

TEST_F(Ownership, ALeaseFindsAnotherTableInThePlaceOfTheRuns) {
  make("orders", mark_of("shop", "orders", "r1"));
  const auto held = lease("r1");
  held->watch("orders");
  ASSERT_TRUE(held->look().ok());
  EXPECT_EQ(held->trouble(), "");
  execute("DROP TABLE orders");
  ASSERT_TRUE(held->look().ok());
  EXPECT_EQ(held->trouble(), "") << "that one is gone is told by those who need it";
  make("orders", "the ledger");
  ASSERT_TRUE(held->look().ok());
  EXPECT_THAT(held->trouble(), HasSubstr("table orders is no longer the one that this run created"));
}

}  // namespace
}  // namespace freshet::mysql
