// The MySQL writer on a real server: what it says is committed is there, once, and what is not, it names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "generator/write/mysql/relay.h"
#include "generator/write/mysql/shop_tables.h"
#include "generator/write/targets.h"

namespace freshet {
namespace {

using namespace fixture;

class MysqlWriting : public ShopTables {
 protected:
  explicit MysqlWriting(MariadbServer& server = shared_server()) : ShopTables({kProduct, kPayment}, server) {}

  std::unique_ptr<MysqlWriter> open(const MysqlWriter::Options& options = {}) {
    return MysqlWriter::open(address_, tables_, lane_, clock_, first_failure_, options).value();
  }

  void write(Writer& writer, const std::vector<Change>& changes) { write_batch(writer, rows_, changes); }

  /// A change that gives the row another key: "new-" and the key that shop_key() gives it.
  void rekey(Writer& writer, const std::vector<Change>& changes, std::size_t which) {
    std::vector<Row> images(changes.size());
    std::vector<Write> batch;
    Row before;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      rows_.row(changes[i].entity, changes[i].ordinal, changes[i].version, images[i]);
      const std::string key(images[i].text_of(images[i].cells[0]));
      if (i >= which) images[i].cells[0] = images[i].add_text("new-" + key);
      batch.push_back({changes[i], &images[i]});
    }
    rows_.row(changes[which].entity, changes[which].ordinal, changes[which].version - 1, before);
    batch[which].before = &before;
    batch[which].rekeyed = true;
    writer.write(batch);
  }

  /// key:version of every row of a table.
  [[nodiscard]] std::vector<std::string> held(const std::string& table) {
    return rows("SELECT CONCAT(id, ':', version) FROM " + table + " ORDER BY id");
  }
  /// The server's id of the writer's session: the only one that is neither ours nor a thread of the server.
  [[nodiscard]] std::vector<std::string> writer_sessions() const {
    auto session = connect();
    std::vector<std::string> ids;
    const Status status =
        session.query("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
                      [&](auto values) { ids.emplace_back(*values[0]); });
    EXPECT_TRUE(status.ok());
    return ids;
  }

  /// Returns when a transaction waits for a lock. The server's tables of locks would not do: they say for ever what
  /// they first said to one who asks again within 100 ms.
  static void await_lock_wait(mysql::Connection& session) {
    bool waits = false;
    while (!waits) {
      const auto count = session.scalar(
          "SELECT variable_value FROM information_schema.global_status "
          "WHERE variable_name = 'Innodb_row_lock_current_waits'");
      ASSERT_TRUE(count.ok());
      waits = count.value() != "0";
    }
  }
  /// Does it as soon as the writer is seen to wait for a lock.
  template <typename Deed>
  std::jthread once_a_lock_is_waited_for(const Deed& deed) {
    return std::jthread([this, deed] {
      auto session = connect();
      await_lock_wait(session);
      deed();
    });
  }
};

TEST_F(MysqlWriting, EveryKindOfColumnArrivesAsItWasRendered) {
  const auto writer = open();
  write(*writer, {insert(kProduct, 12), insert(kProduct, 13, Micros{}, 2)});
  EXPECT_EQ(rows("SELECT * FROM product ORDER BY id"), rendered_products());
}

TEST_F(MysqlWriting, InsertsUpdatesAndDeletesOfSeveralTablesAreOneTransaction) {
  const auto writer = open();
  write(*writer, {insert(kProduct, 1), insert(kProduct, 2), insert(kPayment, 1)});
  write(*writer, {update(kProduct, 1, 2), insert(kPayment, 2), erase(kPayment, 1, 2), insert(kProduct, 3),
                  update(kProduct, 3, 2)});
  EXPECT_THAT(held("product"), ElementsAre("P-000001:2", "P-000002:1", "P-000003:2"));
  EXPECT_THAT(held("payment"), ElementsAre("Y-000002:1"));
  EXPECT_EQ(writer->counts().transactions, 2);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 8);
  const Settled settled = outcomes_.of(update(kProduct, 3, 2));
  EXPECT_GT(settled.released, Instant{});
  EXPECT_GT(settled.acknowledged, settled.released);
}

TEST_F(MysqlWriting, ALifeWithDeleteAndReInsertInOneBatchEndsAtItsLastVersion) {
  const auto writer = open();
  write(*writer, {insert(kProduct, 1), update(kProduct, 1, 2), erase(kProduct, 1, 3), insert(kProduct, 2),
                  insert(kProduct, 1, Micros{}, 4), update(kProduct, 1, 5), erase(kProduct, 2, 2),
                  insert(kProduct, 2, Micros{}, 3), erase(kProduct, 2, 4)});
  EXPECT_THAT(held("product"), ElementsAre("P-000001:5"));
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 9);
  EXPECT_EQ(writer->counts().transactions, 1);
}

TEST_F(MysqlWriting, AChangeOfTheKeyIsOneUpdateAmongTheChangesOfItsRow) {
  for (const int padding : {0, 30}) {  // as text, and through the bulk API
    SCOPED_TRACE(padding);
    execute("DELETE FROM product");
    execute("DELETE FROM payment");
    const auto writer = open();
    std::vector<Change> others;
    for (int i = 0; i <= padding; ++i) others.push_back(insert(kPayment, static_cast<Ordinal>(i)));
    write(*writer, {insert(kProduct, 1), insert(kProduct, 2)});
    std::vector<Change> changes{update(kProduct, 1, 2), update(kProduct, 1, 3), update(kProduct, 1, 4)};
    changes.insert(changes.end(), others.begin(), others.end());
    rekey(*writer, changes, 1);
    EXPECT_THAT(held("product"), ElementsAre("P-000002:1", "new-P-000001:4"));
    write(*writer, {erase(kProduct, 2, 2)});
    EXPECT_THAT(held("product"), ElementsAre("new-P-000001:4"));
    EXPECT_EQ(outcomes_.count(Outcome::Rejected), 0);
  }
}

TEST_F(MysqlWriting, AnInsertUnderTheKeyThatARowHasLeftComesAfterIt) {
  const auto writer = open();
  write(*writer, {insert(kProduct, 1)});
  rekey(*writer, {update(kProduct, 1, 2)}, 0);
  write(*writer, {insert(kProduct, 1, Micros{}, 3)});
  EXPECT_THAT(held("product"), ElementsAre("P-000001:3", "new-P-000001:2"));
}

TEST_F(MysqlWriting, ADuplicateKeyRejectsExactlyThatChange) {
  execute("INSERT INTO product (id, version) VALUES ('P-000003', 99)");
  const auto writer = open();
  write(*writer, {insert(kProduct, 1), insert(kProduct, 2), insert(kProduct, 3), insert(kProduct, 4),
                  update(kProduct, 3, 2), update(kProduct, 4, 2)});
  const Settled offender = outcomes_.of(insert(kProduct, 3));
  EXPECT_EQ(offender.outcome, Outcome::Rejected);
  EXPECT_EQ(offender.code, 1062U);
  EXPECT_EQ(outcomes_.of(update(kProduct, 3, 2)).outcome, Outcome::Withheld) << "its next version needs it";
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4);
  EXPECT_THAT(outcomes_.all(), SizeIs(6));
  EXPECT_THAT(held("product"), ElementsAre("P-000001:1", "P-000002:1", "P-000003:99", "P-000004:2"));
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(MysqlWriting, ALockThatIsHeldForAWhileOnlyDelays) {
  const auto writer = open();
  write(*writer, {insert(kProduct, 1)});
  auto holder = connect();
  ASSERT_TRUE(holder.execute("BEGIN").ok());
  ASSERT_TRUE(holder.execute("SELECT * FROM product WHERE id = 'P-000001' FOR UPDATE").ok());
  const std::jthread release = once_a_lock_is_waited_for([&] { EXPECT_TRUE(holder.execute("COMMIT").ok()); });
  write(*writer, {update(kProduct, 1, 2), insert(kProduct, 2)});
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 3);
  EXPECT_THAT(held("product"), ElementsAre("P-000001:2", "P-000002:1"));
}

TEST_F(MysqlWriting, ADeadlockIsTriedAgain) {
  const auto writer = open();
  write(*writer, {insert(kProduct, 1), insert(kProduct, 2)});
  auto other = connect();
  // The other transaction has changed more rows, so that the server sacrifices the writer's.
  ASSERT_TRUE(other.execute("CREATE TABLE heavy (n INT PRIMARY KEY)").ok());
  ASSERT_TRUE(other.execute("BEGIN").ok());
  ASSERT_TRUE(other.execute("INSERT INTO heavy SELECT seq FROM seq_1_to_1000").ok());
  ASSERT_TRUE(other.execute("UPDATE product SET note = 'other' WHERE id = 'P-000002'").ok());
  std::jthread crossing = once_a_lock_is_waited_for([&] {
    EXPECT_TRUE(other.execute("UPDATE product SET note = 'other' WHERE id = 'P-000001'").ok());
    EXPECT_TRUE(other.execute("COMMIT").ok());
  });
  write(*writer, {update(kProduct, 1, 2), update(kProduct, 2, 2)});
  crossing.join();
  EXPECT_EQ(writer->counts().lock_repeats, 1);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4);
  EXPECT_THAT(held("product"), ElementsAre("P-000001:2", "P-000002:2"));
}

TEST_F(MysqlWriting, AKilledIdleSessionIsOpenedAgain) {
  const auto writer = open();
  for (const std::string& id : writer_sessions()) execute("KILL " + id);
  write(*writer, {insert(kProduct, 1)});
  EXPECT_THAT(held("product"), ElementsAre("P-000001:1"));
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 1);
  EXPECT_EQ(writer->counts().reconnects, 1);
}

/// How changes reach the server: most in a transaction, and the address's option "bulk".
struct Way {
  const char* name;
  int most;
  const char* bulk;
};
class MysqlKilled : public MysqlWriting, public ::testing::WithParamInterface<Way> {};
INSTANTIATE_TEST_SUITE_P(Ways, MysqlKilled,
                         ::testing::Values(Way{"Ahead", 1, "1"}, Way{"Texts", 1, "0"}, Way{"Arrays", 200, "1"},
                                           Way{"PreparedRows", 200, "0"}),
                         [](const auto& way) { return way.param.name; });

TEST_P(MysqlKilled, SessionsKilledAllTheTimeLoseAndDoubleNothing) {
  // A trigger counts every insert that took effect, inside its transaction: a double would show.
  execute("CREATE TABLE effects (id VARCHAR(40) PRIMARY KEY, times INT NOT NULL)");
  execute(
      "CREATE TRIGGER effect AFTER INSERT ON product FOR EACH ROW "
      "INSERT INTO effects VALUES (NEW.id, 1) ON DUPLICATE KEY UPDATE times = times + 1");
  address_.options["bulk"] = GetParam().bulk;
  const auto writer = open({.commit = {Commit::Unit::Changes, GetParam().most}});
  std::atomic<int> kills = 0;
  std::atomic<int> written = 0;
  {
    // The writer gives a change up after five losses: no more than three for each batch, however slow the machine is.
    constexpr int kMostKills = 3;
    std::jthread killer([&](const std::stop_token& stop) {
      auto session = connect();
      const std::string find =
          "SELECT id FROM information_schema.processlist WHERE user = 'root' AND db = DATABASE() AND id <> "
          "CONNECTION_ID()";
      int batch = 0;
      int kills_in_batch = 0;
      while (!stop.stop_requested()) {
        if (const int now = written; now != batch) {
          batch = now;
          kills_in_batch = 0;
        }
        std::vector<std::string> ids;
        EXPECT_TRUE(session.query(find, [&](auto values) { ids.emplace_back(*values[0]); }).ok());
        for (const std::string& id : ids) {
          if (kills_in_batch == kMostKills || !session.execute("KILL " + id).ok()) continue;
          ++kills_in_batch;
          ++kills;
        }
        clock_.sleep_until(clock_.now() + 3 * kNanosPerMilli, stop);
      }
    });
    for (Ordinal i = 0; i < 4'000; i += 20) {
      std::vector<Change> changes;
      for (Ordinal k = i; k < i + 20; ++k) changes.push_back(insert(kProduct, k));
      for (Ordinal k = i; k < i + 20; k += 2) changes.push_back(update(kProduct, k, 2));
      write(*writer, changes);
      ++written;
    }
  }
  EXPECT_GT(kills.load(), 10) << "the killer must have struck";
  EXPECT_THAT(outcomes_.all(), SizeIs(6'000));
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 6'000);
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM product"), "4000");
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM product WHERE version = 2"), "2000");
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), ' ', SUM(times)) FROM effects"), "4000 4000");
}

TEST_F(MysqlWriting, ARejectionDoesNotEndTheWriter) {
  execute("INSERT INTO product (id, version) VALUES ('P-000001', 99)");
  const auto writer = open();
  write(*writer, {insert(kProduct, 1)});
  write(*writer, {insert(kProduct, 2)});
  EXPECT_EQ(outcomes_.of(insert(kProduct, 1)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 2)).outcome, Outcome::Committed);
}

/// Through a relay that breaks the connection at a COMMIT: the outcome of the transaction is in doubt.
class MysqlCommitInDoubt : public MysqlWriting, public ::testing::WithParamInterface<CommitRelay::Break> {
 protected:
  MysqlCommitInDoubt() {
    FRESHET_CHECK(relay_.listening(), "the relay must listen");
    through_relay_.socket = relay_path_;
    writer_ = MysqlWriter::open(through_relay_, tables_, lane_, clock_, first_failure_, {}).value();
    write(*writer_, {insert(kProduct, 1), insert(kProduct, 2), insert(kProduct, 3), insert(kPayment, 1)});
    // Each effect leaves a trace in its transaction, so that a second one shows.
    execute("CREATE TABLE effects (what VARCHAR(60))");
    for (const char* event : {"INSERT", "UPDATE", "DELETE"}) {
      execute(std::string("CREATE TRIGGER effect_") + event + " AFTER " + event + " ON product FOR EACH ROW " +
              "INSERT INTO effects VALUES (CONCAT('" + event + " ', " + (event[0] == 'D' ? "OLD" : "NEW") + ".id))");
    }
  }
  /// Writes the batch over a connection that breaks in its commit.
  void write_in_doubt(const std::vector<Change>& changes, bool rekeys = false) {
    relay_.arm(GetParam());
    if (rekeys) {
      rekey(*writer_, changes, 0);
    } else {
      write(*writer_, changes);
    }
    ASSERT_EQ(relay_.breaks(), 1);
    EXPECT_EQ(writer_->counts().looked_up, 1);
    for (const Change& change : changes) EXPECT_EQ(outcomes_.of(change).outcome, Outcome::Committed);
  }
  [[nodiscard]] std::vector<std::string> effects() { return rows("SELECT what FROM effects ORDER BY what"); }

  const std::string relay_path_ = shared_server().directory() + "/relay.sock";
  CommitRelay relay_{relay_path_, shared_server().socket()};
  mysql::Address through_relay_ = address_;
  std::unique_ptr<MysqlWriter> writer_;
};

TEST_P(MysqlCommitInDoubt, InsertsAreThereOnce) {
  write_in_doubt({insert(kProduct, 5), insert(kProduct, 6)});
  EXPECT_THAT(effects(), ElementsAre("INSERT P-000005", "INSERT P-000006"));
}
TEST_P(MysqlCommitInDoubt, UpdatesHappenOnce) {
  write_in_doubt({update(kProduct, 1, 2), update(kProduct, 2, 2)});
  EXPECT_THAT(effects(), ElementsAre("UPDATE P-000001", "UPDATE P-000002"));
  EXPECT_THAT(held("product"), ElementsAre("P-000001:2", "P-000002:2", "P-000003:1"));
}
TEST_P(MysqlCommitInDoubt, DeletesHappenOnce) {
  write_in_doubt({erase(kProduct, 1, 2), erase(kProduct, 3, 2)});
  EXPECT_THAT(effects(), ElementsAre("DELETE P-000001", "DELETE P-000003"));
}
TEST_P(MysqlCommitInDoubt, ChangesOfKeysHappenOnce) {
  write_in_doubt({update(kProduct, 1, 2)}, true);
  EXPECT_THAT(effects(), ElementsAre("UPDATE new-P-000001"));
  EXPECT_THAT(held("product"), ElementsAre("P-000002:1", "P-000003:1", "new-P-000001:2"));
}
TEST_P(MysqlCommitInDoubt, ABatchWithWholeLivesIsDecidedByOneDecisiveRow) {
  write_in_doubt({insert(kProduct, 8), erase(kProduct, 8, 2), update(kProduct, 1, 2)});
  EXPECT_THAT(effects(), ElementsAre("DELETE P-000008", "INSERT P-000008", "UPDATE P-000001"));
}

INSTANTIATE_TEST_SUITE_P(Breaks, MysqlCommitInDoubt,
                         ::testing::Values(CommitRelay::Break::BeforeCommit, CommitRelay::Break::AfterCommit),
                         [](const auto& how) {
                           return how.param == CommitRelay::Break::BeforeCommit ? "BeforeCommit" : "AfterCommit";
                         });

/// Changes that commit by themselves, over a relay that breaks the connection among them.
class MysqlAhead : public MysqlWriting, public ::testing::WithParamInterface<CommitRelay::Break> {
 protected:
  void open_through_relay() {
    FRESHET_CHECK(relay_.listening(), "the relay must listen");
    mysql::Address address = address_;
    address.socket = relay_path_;
    auto opened =
        MysqlWriter::open(address, tables_, lane_, clock_, first_failure_, {.commit = {Commit::Unit::Changes, 1}});
    FRESHET_CHECK(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
    writer_ = std::move(*opened);
    // Four of them in the first message.
    for (Ordinal i = 100; i < 132; ++i) write(*writer_, {insert(kPayment, i)});
  }

  const std::string relay_path_ = shared_server().directory() + "/ahead.sock";
  CommitRelay relay_{relay_path_, shared_server().socket()};
  std::unique_ptr<MysqlWriter> writer_;
};
INSTANTIATE_TEST_SUITE_P(Breaks, MysqlAhead,
                         ::testing::Values(CommitRelay::Break::BeforeCommit, CommitRelay::Break::AfterCommit),
                         [](const auto& how) {
                           return how.param == CommitRelay::Break::BeforeCommit ? "BeforeIt" : "AfterIt";
                         });

TEST_P(MysqlAhead, AfterALossEachIsLookedUpWhateverBecameOfThoseBefore) {
  execute("CREATE TABLE effects (what VARCHAR(60))");
  for (const char* event : {"INSERT", "UPDATE", "DELETE"}) {
    execute(std::string("CREATE TRIGGER effect_") + event + " AFTER " + event + " ON product FOR EACH ROW " +
            "INSERT INTO effects VALUES (CONCAT('" + event + " ', " + (event[0] == 'D' ? "OLD" : "NEW") + ".id))");
  }
  execute("INSERT INTO product (id, version) VALUES ('P-000001', 0), ('P-000002', 0), ('P-000004', 0)");
  execute("DELETE FROM effects");
  open_through_relay();
  // The refusal of the second is not heard: the others are not to be judged by it.
  relay_.arm(GetParam(), "P-000005");
  write(*writer_, {update(kProduct, 1, 2), insert(kProduct, 2), insert(kProduct, 3), erase(kProduct, 4, 2),
                   insert(kProduct, 5), insert(kProduct, 6)});
  EXPECT_EQ(relay_.breaks(), 1);
  EXPECT_GT(writer_->counts().reconnects, 0);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 2)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 2)).code, 1062U);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 32 + 5);
  EXPECT_THAT(held("product"), ElementsAre("P-000001:2", "P-000002:0", "P-000003:1", "P-000005:1", "P-000006:1"));
  EXPECT_THAT(
      rows("SELECT what FROM effects ORDER BY what"),
      ElementsAre("DELETE P-000004", "INSERT P-000003", "INSERT P-000005", "INSERT P-000006", "UPDATE P-000001"));
}

TEST_F(MysqlWriting, OfChangesThatCommitByThemselvesOnlyTheOffenderIsRejected) {
  execute("INSERT INTO product (id, version) VALUES ('P-000002', 99)");
  const auto writer = open({.commit = {Commit::Unit::Changes, 1}});
  write(*writer, {insert(kProduct, 1), insert(kProduct, 2), insert(kProduct, 3), insert(kProduct, 4),
                  update(kProduct, 2, 2), update(kProduct, 3, 2)});
  EXPECT_EQ(outcomes_.of(insert(kProduct, 2)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 2)).code, 1062U);
  EXPECT_EQ(outcomes_.of(update(kProduct, 2, 2)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 4)).released, outcomes_.of(insert(kProduct, 1)).released)
      << "sent together, and not kept by the refusal";
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4);
  EXPECT_THAT(held("product"), ElementsAre("P-000001:1", "P-000002:99", "P-000003:2", "P-000004:1"));
}

TEST_F(MysqlWriting, AServerThatPreparesNoMoreIsWrittenToAsText) {
  const std::string most = scalar("SELECT @@GLOBAL.max_prepared_stmt_count");
  execute("SET GLOBAL max_prepared_stmt_count = 0");
  Ordinal next = 0;
  for (const int size : {1, 200}) {
    for (const char* bulk : {"0", "1"}) {
      address_.options["bulk"] = bulk;
      const auto writer = open({.commit = {Commit::Unit::Changes, size}});
      std::vector<Change> changes;
      for (int i = 0; i < 40; ++i) changes.push_back(insert(kProduct, next++));
      write(*writer, changes);
      write(*writer, {update(kProduct, next - 1, 2), erase(kProduct, next - 2, 2)});
    }
  }
  execute("SET GLOBAL max_prepared_stmt_count = " + most);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4 * 42);
  EXPECT_EQ(scalar("SELECT CONCAT(COUNT(*), ' ', SUM(version = 2)) FROM product"), "156 4");
}

/// With a server of its own, because it dies.
class MysqlWriterAlone : public MysqlWriting {
 protected:
  MysqlWriterAlone() : MysqlWriterAlone(start()) {}
  explicit MysqlWriterAlone(std::unique_ptr<MariadbServer> server)
      : MysqlWriting(*server), server_(std::move(server)) {}
  static std::unique_ptr<MariadbServer> start() { return MariadbServer::start({}).value(); }
  std::unique_ptr<MariadbServer> server_;
};

TEST_F(MysqlWriterAlone, AServerThatStaysAwayEndsTheWriterAndNamesIt) {
  const auto writer = open({.lock_attempts = 5, .reconnect_for = 200 * kNanosPerMilli, .connect_timeout_s = 1});
  write(*writer, {insert(kProduct, 1)});
  server_->kill_now();
  write(*writer, {insert(kProduct, 2)});
  write(*writer, {insert(kProduct, 3)});
  EXPECT_EQ(outcomes_.of(insert(kProduct, 2)).outcome, Outcome::Rejected) << "it was lost before its commit";
  EXPECT_NE(outcomes_.of(insert(kProduct, 2)).code, 0U);
  EXPECT_EQ(outcomes_.of(insert(kProduct, 3)).outcome, Outcome::Withheld);
  EXPECT_THAT(first_failure_.reason(), HasSubstr("is gone"));
}

}  // namespace
}  // namespace freshet
