// The Kafka writer on the in-process broker: keys, values and tombstones as consumers read them, and one outcome per
// change, also when the broker goes away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <thread>

#include "generator/write/kafka/load.h"

namespace freshet {
namespace {

using namespace fixture;

class KafkaWriting : public ::testing::Test {
 protected:
  KafkaWriting() { address_.bootstrap = broker_->bootstrap(); }

  void open() {
    shared_producer_ = SharedProducer::open(address_, first_failure_).value();
    writer_ = lane(outcomes_);
  }
  std::unique_ptr<KafkaWriter> lane(Outcomes& outcomes) {
    auto known = std::make_shared<LaneOutcomes>(scenario_, outcomes.sink());
    const std::map<EntityId, KafkaWriter::Topic> topics{{kBasket, {"baskets", ColumnIndex{0}, shop_record()}}};
    return std::make_unique<KafkaWriter>(shared_producer_, topics, known, clock_);
  }
  void write(Writer& writer, const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      Row row;
      rows_.row(change.entity, change.ordinal, change.version, row);
      const Write one{change, &row};
      writer.write({&one, 1});
    }
  }
  [[nodiscard]] Instant in(std::int64_t ms) const { return clock_.now() + ms * kNanosPerMilli; }

  /// "key=value" ("key=∅" for a tombstone) of `count` messages of the topic, per partition in order.
  std::vector<std::string> consumed(int count) {
    auto consumer = kafka::Consumer::open(address_);
    FRESHET_CHECK(consumer.ok() && (*consumer)->assign({"baskets"}, kafka::Consumer::From::Beginning, 5'000).ok(), "");
    std::vector<std::string> found;
    const Instant deadline = in(10'000);
    while (found.size() < static_cast<std::size_t>(count) && clock_.now() < deadline) {
      const auto polled = (*consumer)->poll(100, 1'000, [&](const kafka::Consumer::Message& message) {
        found.push_back(std::string(message.key) + "=" + (message.null_value ? "∅" : std::string(message.value)));
        for (const kafka::Header& header : message.headers) {
          headers_[std::string(message.key)][std::string(header.name)] = header.value;
        }
      });
      EXPECT_TRUE(polled.ok());
    }
    return found;
  }

  const Scenario scenario_ = shop();
  const ShopRows rows_;
  const SystemClock clock_;
  std::map<std::string, std::map<std::string, std::string>> headers_;  ///< of the last message consumed of each key
  const std::unique_ptr<kafka::EmbeddedBroker> broker_ = broker_of_baskets();
  kafka::Address address_;
  Outcomes outcomes_;
  FirstFailure first_failure_;
  std::shared_ptr<SharedProducer> shared_producer_;
  std::unique_ptr<KafkaWriter> writer_;
};

TEST_F(KafkaWriting, AMessageIsTheRowAsJsonAndADeleteIsATombstone) {
  open();
  write(*writer_, {insert(kBasket, 1), update(kBasket, 1, 2), erase(kBasket, 1, 3)});
  writer_->flush(in(10'000));
  const std::string items = R"("items":[{"name":"tea","quantity":1},{"name":"rusks","quantity":2}])";
  EXPECT_THAT(consumed(3),
              ElementsAre(R"(B-000001={"id":"B-000001","paid":{"amount":1.01},"note":"it's \\ version 1","rate":0.25,)"
                          R"("open":true,)" +
                              items + R"(,"version":1,"updated_at":"2023-11-14T22:13:20.000001Z"})",
                          R"(B-000001={"id":"B-000001","paid":{"amount":1.02},"note":null,"rate":0.5,"open":false,)" +
                              items + R"(,"version":2,"updated_at":"2023-11-14T22:13:20.000002Z"})",
                          "B-000001=∅"));
}

TEST_F(KafkaWriting, InEnvelopesARowTellsWhatItWasAndADeleteIsFollowedByItsTombstone) {
  open();
  KafkaWriter::Topic topic{"baskets", ColumnIndex{0}, shop_record()};
  topic.envelopes = DebeziumWriter::Source{"shop", "baskets", WallTime{Micros{1'700'000'000'000'000}}};
  KafkaWriter writer(shared_producer_, {{kBasket, topic}}, std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink()),
                     clock_);
  Row first, second, other;
  rows_.row(kBasket, 1, 1, first);
  rows_.row(kBasket, 1, 2, second);
  rows_.row(kBasket, 2, 3, other);
  const Write writes[] = {{insert(kBasket, 1), &first},
                          {update(kBasket, 1, 2), &second, &first},
                          {update(kBasket, 1, 3), &other, &second, true},
                          {erase(kBasket, 2, 4), &other}};
  writer.write(writes);
  writer.flush(in(10'000));
  EXPECT_THAT(outcomes_.all(), SizeIs(4)) << "seven messages, four changes";
  const auto image = [&](const Row& row) {
    std::string text;
    append_json_object(row, 0, shop_record(), text);
    return text;
  };
  const auto envelope = [&](const std::string& before, const std::string& after, const char* op) {
    return "{\"before\":" + before + ",\"after\":" + after + ",\"source\":{…},\"transaction\":null,\"op\":\"" + op +
           "\"}";
  };
  std::vector<std::string> found = consumed(7);
  for (std::string& message : found) {  // instants apart
    message = std::regex_replace(message, std::regex(R"("source":\{[^}]*\})"), "\"source\":{…}");
    message = std::regex_replace(message, std::regex(R"(,"ts_[mun]s":\d+)"), "");
  }
  EXPECT_THAT(found, UnorderedElementsAre("B-000001=" + envelope("null", image(first), "c"),
                                          "B-000001=" + envelope(image(first), image(second), "u"),
                                          "B-000001=" + envelope(image(second), "null", "d"), "B-000001=∅",
                                          "B-000002=" + envelope("null", image(other), "c"),
                                          "B-000002=" + envelope(image(other), "null", "d"), "B-000002=∅"));
}

TEST_F(KafkaWriting, AChangeOfTheKeyIsTheTombstoneOfTheOldOneAndTheRowUnderTheNewOne) {
  open();
  KafkaWriter::Topic topic{"baskets", ColumnIndex{0}, shop_record()};
  topic.named = "basket";
  KafkaWriter writer(shared_producer_, {{kBasket, topic}}, std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink()),
                     clock_);
  Row before, row;
  rows_.row(kBasket, 1, 1, before);
  rows_.row(kBasket, 2, 2, row);  // the key of another, for a new one
  const Write one{update(kBasket, 1, 2), &row, &before, true};
  writer.write({&one, 1});
  writer.flush(in(10'000));
  ASSERT_THAT(outcomes_.all(), SizeIs(1)) << "two messages, one change";
  EXPECT_EQ(outcomes_.of(update(kBasket, 1, 2)).outcome, Outcome::Committed);
  const std::vector<std::string> found = consumed(2);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_THAT(found, Contains(shop_key(kBasket, 1) + "=∅"));
  EXPECT_THAT(found, Contains(::testing::StartsWith(shop_key(kBasket, 2) + "={")));
  using Headers = std::map<std::string, std::string>;
  EXPECT_EQ(headers_[shop_key(kBasket, 1)], (Headers{{"entity", "basket"},
                                                     {"operation", "delete"},
                                                     {"version", "2"},
                                                     {"intended", "0"},
                                                     {"__debezium.newkey", R"({"id":"B-000002"})"}}));
  EXPECT_EQ(headers_[shop_key(kBasket, 2)], (Headers{{"entity", "basket"},
                                                     {"operation", "insert"},
                                                     {"version", "2"},
                                                     {"intended", "0"},
                                                     {"__debezium.oldkey", R"({"id":"B-000001"})"}}));
}

TEST_F(KafkaWriting, EveryChangeIsSettledOnceWithItsInstants) {
  open();
  std::vector<Change> changes;
  for (Ordinal i = 0; i < 2'000; ++i) changes.push_back(insert(kBasket, i));
  const Instant before = clock_.now();
  write(*writer_, changes);
  writer_->flush(in(10'000));
  const Instant after = clock_.now();
  const std::vector<Settled> all = outcomes_.all();
  ASSERT_THAT(all, SizeIs(2'000));
  std::set<Ordinal> seen;
  for (const Settled& settled : all) {
    EXPECT_EQ(settled.outcome, Outcome::Committed);
    EXPECT_GE(settled.released, before);
    EXPECT_GE(settled.acknowledged, settled.released);
    EXPECT_LE(settled.acknowledged, after);
    seen.insert(settled.change.ordinal);
  }
  EXPECT_THAT(seen, SizeIs(2'000));
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(KafkaWriting, LanesThatShareAProducerHearOfTheirOwnMessagesOnly) {
  open();
  Outcomes others;
  const auto other = lane(others);
  std::jthread second([&] {
    for (Ordinal i = 1'001; i < 2'000; i += 2) write(*other, {insert(kBasket, i)});
  });
  for (Ordinal i = 1'000; i < 2'000; i += 2) write(*writer_, {insert(kBasket, i)});
  second.join();
  writer_->flush(in(10'000));
  other->flush(in(10'000));
  for (const auto& [outcomes, parity] : {std::pair(&outcomes_, 0U), std::pair(&others, 1U)}) {
    const std::vector<Settled> all = outcomes->all();
    EXPECT_THAT(all, SizeIs(500));
    for (const Settled& settled : all) EXPECT_EQ(settled.change.ordinal % 2, parity);
  }
}

TEST_F(KafkaWriting, AMessageThatIsTooLargeIsRejectedAloneAndItsNextVersionWithheld) {
  address_.properties["message.max.bytes"] = "1000";
  open();
  Row large;
  rows_.row(kBasket, 1, 1, large);
  large.cells[2] = large.add_text(std::string(5'000, 'x'));
  const Write one{insert(kBasket, 1), &large};
  writer_->write({&one, 1});
  write(*writer_, {update(kBasket, 1, 2), insert(kBasket, 2)});
  writer_->flush(in(10'000));
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1)).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(update(kBasket, 1, 2)).outcome, Outcome::Withheld);
  EXPECT_EQ(outcomes_.of(insert(kBasket, 2)).outcome, Outcome::Committed);
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(KafkaWriting, WhatHasNoReportByTheDeadlineIsUnknownAndALateReportChangesNothing) {
  open();
  write(*writer_, {insert(kBasket, 1)});
  writer_->flush(in(10'000));
  broker_->set_down(true);
  write(*writer_, {insert(kBasket, 2), insert(kBasket, 3)});
  writer_->flush(in(50));
  EXPECT_EQ(outcomes_.of(insert(kBasket, 2)).outcome, Outcome::Unknown);
  EXPECT_EQ(outcomes_.of(insert(kBasket, 3)).outcome, Outcome::Unknown);
  broker_->set_down(false);
  write(*writer_, {insert(kBasket, 4)});  // uses a slot again for which a report is still to come
  writer_->flush(in(20'000));
  EXPECT_EQ(outcomes_.of(insert(kBasket, 4)).outcome, Outcome::Committed);
  EXPECT_THAT(consumed(4), SizeIs(4)) << "the unknown ones did arrive in the end";
  EXPECT_THAT(outcomes_.all(), SizeIs(4));
}

TEST_F(KafkaWriting, ABrokerThatStaysAwayEndsTheWriterAndIsNamed) {
  address_.properties["message.timeout.ms"] = "1000";
  open();
  write(*writer_, {insert(kBasket, 1)});
  writer_->flush(in(10'000));
  broker_->set_down(true);
  write(*writer_, {insert(kBasket, 2)});
  writer_->flush(in(30'000));
  EXPECT_NE(outcomes_.of(insert(kBasket, 2)).outcome, Outcome::Committed);
  EXPECT_THAT(first_failure_.reason(), HasSubstr(address_.bootstrap));
  write(*writer_, {insert(kBasket, 3)});
  EXPECT_EQ(outcomes_.of(insert(kBasket, 3)).outcome, Outcome::Withheld);
}

}  // namespace
}  // namespace freshet
