// What a transaction holds: single changes, batches of a declared size, business events, and messages that follow their
// commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "generator/write/kafka/kafka_writer.h"
#include "generator/write/mysql/shop_tables.h"
#include "generator/write/targets.h"
#include "generator/write/writer_pool.h"
#include "servers/kafka_broker.h"

namespace freshet {
namespace {

using namespace fixture;

/// Baskets and their payments in tables; a trigger notes the transaction of each insert.
class Transactions : public ShopTables {
 protected:
  Transactions() : ShopTables({kProduct, kBasket, kPayment}) {
    // Versioned by transactions, so that each row says which one made it.
    execute(
        "CREATE TABLE seen (n INT PRIMARY KEY AUTO_INCREMENT, id VARCHAR(40), "
        "made_by BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, ended_by BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, "
        "PERIOD FOR SYSTEM_TIME(made_by, ended_by)) WITH SYSTEM VERSIONING");
    for (const char* table : {"product", "basket", "payment"}) {
      execute(std::string("CREATE TRIGGER see_") + table + " AFTER INSERT ON " + table +
              " FOR EACH ROW INSERT INTO seen (id) VALUES (NEW.id)");
    }
  }

  void open(Commit commit) {
    options_.commit = commit;
    writer_ = MysqlWriter::open(address_, tables_, lane_, clock_, first_failure_, options_).value();
  }
  /// Runs the changes through a lane, all of them due at once.
  void run(std::vector<Change> changes) {
    ListedSchedule schedule(std::move(changes));
    LaneWriters writers{{writer_, writer_, writer_}, lane_};
    run_lane(scenario_, rows_, schedule, writers, clock_, {clock_.now() - kNanosPerSecond, 10, {}}, {});
    writer_->flush(clock_.now() + 10 * kNanosPerSecond);
  }

  MysqlWriter::Options options_;
  std::shared_ptr<MysqlWriter> writer_;
};

TEST_F(Transactions, OfOneChangeCommitOneByOneInOrder) {
  address_.options["bulk"] = "0";
  open({Commit::Unit::Changes, 1});
  run({insert(kBasket, 1, Micros{10}), insert(kPayment, 1, Micros{10}), insert(kBasket, 2, Micros{20}),
       update(kBasket, 2, 2, Micros{20})});
  EXPECT_EQ(writer_->counts().transactions, 4);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4);
  const Settled first = outcomes_.of(insert(kBasket, 1));
  const Settled second = outcomes_.of(insert(kPayment, 1));
  EXPECT_EQ(second.released, first.released) << "one message";
  EXPECT_GE(second.acknowledged, first.acknowledged);
  // A message contains one change per instance: the next one is sent when the table can show the first.
  EXPECT_GE(outcomes_.of(update(kBasket, 2, 2)).released, outcomes_.of(insert(kBasket, 2)).acknowledged);
  EXPECT_EQ(writer_->counts().messages, 2);
}

/// There the server continues after an error, so instances owned by an insert wait for its answer.
TEST_F(Transactions, OfOneChangeThatAreSentAheadNeedNothingOfTheSameMessage) {
  execute("INSERT INTO basket (id, version) VALUES ('B-000002', 99)");
  open({Commit::Unit::Changes, 1});
  run({insert(kBasket, 1, Micros{10}), insert(kBasket, 2, Micros{10}), insert(kBasket, 3, Micros{10}),
       insert(kPayment, 1, Micros{10}), insert(kPayment, 2, Micros{10}), update(kBasket, 1, 2, Micros{20})});
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1)).released, outcomes_.of(insert(kBasket, 3)).released) << "one message";
  EXPECT_GE(outcomes_.of(insert(kPayment, 1)).released, outcomes_.of(insert(kBasket, 1)).acknowledged);
  EXPECT_EQ(outcomes_.of(insert(kBasket, 2)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 2)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 4);
  EXPECT_THAT(rows("SELECT id FROM payment"), ElementsAre("Y-000001"));
}

TEST_F(Transactions, OfADeclaredSizeHoldNoMore) {
  open({Commit::Unit::Changes, 3});
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 10; ++i) changes.push_back(insert(kProduct, i, static_cast<Micros>(i)));
  run(changes);
  EXPECT_EQ(writer_->counts().transactions, 4);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 10);
}

TEST_F(Transactions, OfAnEventHoldTheRootAndItsChildrenEvenIfTheScheduleInterleavesThem) {
  open({Commit::Unit::Events, 1});
  run({insert(kBasket, 1, Micros{10}), insert(kBasket, 2, Micros{10}), insert(kPayment, 1, Micros{10}),
       insert(kPayment, 2, Micros{10}), insert(kBasket, 3, Micros{20}), insert(kPayment, 3, Micros{25})});
  EXPECT_EQ(writer_->counts().transactions, 4) << "a payment that comes later is an event of its own";
  EXPECT_THAT(rows("SELECT GROUP_CONCAT(id ORDER BY n) FROM seen GROUP BY made_by ORDER BY MIN(n)"),
              ElementsAre("B-000001,Y-000001", "B-000002,Y-000002", "B-000003", "Y-000003"));
}

TEST_F(Transactions, AnEventIsNotTornByTheEndOfABatch) {
  open({Commit::Unit::Events, 100});
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 7; ++i) {
    changes.push_back(insert(kBasket, i, static_cast<Micros>(i)));
    if (i != 0) changes.push_back(insert(kPayment, i, static_cast<Micros>(i)));  // batches of ten end in the middle
  }
  run(changes);
  EXPECT_EQ(scalar("SELECT COUNT(*) FROM seen b JOIN seen p ON p.id = REPLACE(b.id, 'B', 'Y') AND p.made_by = "
                   "b.made_by WHERE b.id LIKE 'B%'"),
            "6");
}

TEST_F(Transactions, AnEventCommitsAsAWholeOrNotAtAll) {
  execute("INSERT INTO payment (id, version) VALUES ('Y-000002', 99)");
  open({Commit::Unit::Events, 10});
  run({insert(kBasket, 1, Micros{10}), insert(kPayment, 1, Micros{10}), insert(kBasket, 2, Micros{20}),
       insert(kPayment, 2, Micros{20}), insert(kBasket, 3, Micros{30}), insert(kPayment, 3, Micros{30}),
       update(kBasket, 2, 2, Micros{40}), update(kBasket, 3, 2, Micros{40})});
  EXPECT_EQ(outcomes_.of(insert(kBasket, 2)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 2)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 2)).code, 1062U);
  EXPECT_EQ(outcomes_.of(update(kBasket, 2, 2)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 5);
  EXPECT_THAT(rows("SELECT CONCAT(id, ':', version) FROM basket ORDER BY id"), ElementsAre("B-000001:1", "B-000003:2"));
}

TEST_F(Transactions, AChangeOfARefusedBatchIsRefusedAloneAndWhatItOwnsWithheld) {
  execute("INSERT INTO basket (id, version) VALUES ('B-000002', 99)");
  open({});
  run({insert(kBasket, 1, Micros{10}), insert(kPayment, 1, Micros{10}), insert(kBasket, 2, Micros{10}),
       insert(kPayment, 2, Micros{10})});
  EXPECT_EQ(outcomes_.of(insert(kBasket, 2)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(insert(kPayment, 2)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 2);
}

TEST_F(Transactions, ReferenceRowsAreNoEvents) {
  open({Commit::Unit::Changes, 1});
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 300; ++i) {
    changes.push_back(insert(kProduct, i));
    changes.back().phase = Phase::Reference;
  }
  LaneWriters writers{{writer_, writer_, writer_}, lane_};
  write_now(scenario_, rows_, changes, writers, clock_);
  EXPECT_EQ(writer_->counts().transactions, 1);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 300);
}

/// Tables with topics beside them.
class Mirrors : public Transactions {
 protected:
  Mirrors() {
    auto started = kafka::EmbeddedBroker::start();
    FRESHET_CHECK(started.ok() && (*started)->create_topic("baskets", 1).ok(), "broker");
    broker_ = std::move(*started);
    kafka_.bootstrap = broker_->bootstrap();
    auto shared_producer = SharedProducer::open(kafka_, first_failure_);
    FRESHET_CHECK(shared_producer.ok(), "shared producer");
    shared_producer_ = std::move(*shared_producer);
    const auto lane = std::make_shared<LaneOutcomes>(scenario_, mirrored_.sink());
    KafkaWriter::Topic topic{"baskets", ColumnIndex{0}, shop_record()};
    topic.named = "basket";
    FRESHET_CHECK(shared_producer_->configure_topic("baskets", {{"compression.codec", "gzip"}}).ok(), "compression");
    const std::map<EntityId, KafkaWriter::Topic> topics{{kBasket, topic}};
    options_.mirrors[kBasket] = std::make_shared<KafkaWriter>(shared_producer_, topics, lane, clock_);
  }
  std::vector<std::string> consumed(std::size_t count) {
    auto consumer = kafka::Consumer::open(kafka_);
    FRESHET_CHECK(consumer.ok() && (*consumer)->assign({"baskets"}, kafka::Consumer::From::Beginning, 5'000).ok(), "");
    std::vector<std::string> found;
    const Instant deadline = clock_.now() + 10 * kNanosPerSecond;
    while (found.size() < count && clock_.now() < deadline) {
      const auto polled = (*consumer)->poll(100, 1'000, [&](const kafka::Consumer::Message& message) {
        std::string text(message.key);
        for (const kafka::Header& header : message.headers) {
          text += " " + std::string(header.name) + "=" + std::string(header.value);
        }
        found.push_back(text);
      });
      EXPECT_TRUE(polled.ok());
    }
    return found;
  }

  std::unique_ptr<kafka::EmbeddedBroker> broker_;
  kafka::Address kafka_;
  std::shared_ptr<SharedProducer> shared_producer_;
  Outcomes mirrored_;
};

TEST_F(Mirrors, GetWhatCommittedAfterTheCommitAndNothingElse) {
  execute("INSERT INTO payment (id, version) VALUES ('Y-000002', 99)");
  open({Commit::Unit::Events, 1});
  run({insert(kBasket, 1, Micros{10}), insert(kPayment, 1, Micros{10}), insert(kBasket, 2, Micros{20}),
       insert(kPayment, 2, Micros{20}), insert(kBasket, 3, Micros{30}), update(kBasket, 1, 2, Micros{40}),
       erase(kBasket, 3, 2, Micros{50})});
  EXPECT_THAT(consumed(4), ElementsAre("B-000001 entity=basket operation=insert version=1 intended=10",
                                       "B-000003 entity=basket operation=insert version=1 intended=30",
                                       "B-000001 entity=basket operation=update version=2 intended=40",
                                       "B-000003 entity=basket operation=delete version=2 intended=50"));
  ASSERT_THAT(mirrored_.all(), SizeIs(4));
  for (const Settled& message : mirrored_.all()) {
    EXPECT_GE(message.released, outcomes_.of(message.change).acknowledged) << "only after the commit";
  }
}

TEST_F(Transactions, APoolWithAMirrorThatDoesNotGetThroughEndsTheRunByName) {
  auto broker = kafka::EmbeddedBroker::start();
  ASSERT_TRUE(broker.ok() && (*broker)->create_topic("baskets", 1).ok());
  Scenario scenario = scenario_;
  scenario.connections.resize(2);
  WriteTarget write{kBasket, MysqlTarget{"basket", 0}, {}};
  write.mirror = KafkaTarget{};
  write.mirror->topic = "baskets";
  write.mirror->key_column = ColumnIndex{0};
  write.mirror->connection = 1;
  scenario.write = {write};
  Addresses addresses;
  addresses.servers = {address_, kafka::Address{(*broker)->bootstrap(), {{"message.timeout.ms", "500"}}, {}}};
  auto pool = WriterPool::open(scenario, WallTime{}, addresses, 1, clock_, outcomes_.sink());
  ASSERT_TRUE(pool.ok()) << pool.error().message;
  const std::vector<Change> first = {insert(kBasket, 1)};
  write_now(scenario, rows_, first, (*pool)->lane(0), clock_);
  EXPECT_THAT((*pool)->broken(), IsEmpty());
  (*broker)->set_down(true);
  const std::vector<Change> second = {insert(kBasket, 2)};
  write_now(scenario, rows_, second, (*pool)->lane(0), clock_);
  EXPECT_EQ(outcomes_.count(Outcome::Committed), 2) << "the table has both, and is what views are judged by";
  EXPECT_THAT((*pool)->broken(), StartsWith("Kafka at "));
}

}  // namespace
}  // namespace freshet
