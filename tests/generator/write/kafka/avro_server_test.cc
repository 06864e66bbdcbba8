// Avro on Kafka: what a consumer gets is the registry's frame and the datum; a delete is a tombstone as ever.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generator/write/fixture.h"
#include "generator/write/kafka/kafka_writer.h"
#include "servers/kafka_broker.h"

namespace freshet {
namespace {

using namespace fixture;

TEST(FormatKafka, AnAvroMessageIsTheFrameAndTheDatum) {
  auto started = kafka::EmbeddedBroker::start();
  ASSERT_TRUE(started.ok());
  const auto broker = std::move(started).value();
  ASSERT_TRUE(broker->create_topic("baskets", 1).ok());
  kafka::Address address;
  address.bootstrap = broker->bootstrap();
  FirstFailure first_failure;
  auto shared_producer = SharedProducer::open(address, first_failure);
  ASSERT_TRUE(shared_producer.ok());
  const Scenario scenario = shop();
  const SystemClock clock;
  Outcomes outcomes;
  const auto avro = std::make_shared<const AvroWriter>(scenario.entity(kBasket));
  KafkaWriter::Topic topic{"baskets", ColumnIndex{0}, shop_record(), avro, 0x01020304};
  KafkaWriter writer(*shared_producer, {{kBasket, topic}}, std::make_shared<LaneOutcomes>(scenario, outcomes.sink()),
                     clock);

  const ShopRows rows;
  std::vector<std::string> expected;
  for (const Change& change : {insert(kBasket, 1), update(kBasket, 1, 2), erase(kBasket, 1, 3)}) {
    Row row;
    rows.row(kBasket, change.ordinal, change.version, row);
    const Write write{change, &row};
    writer.write({&write, 1});
    Buffer datum;
    avro->append(row, datum);
    expected.push_back(
        change.operation == Operation::Delete ? "∅" : std::string("\0\1\2\3\4", 5) + std::string(datum.view()));
  }
  writer.flush(clock.now() + 10 * kNanosPerSecond);
  EXPECT_EQ(outcomes.of(erase(kBasket, 1, 3)).outcome, Outcome::Committed);

  auto consumer = kafka::Consumer::open(address);
  ASSERT_TRUE(consumer.ok() && (*consumer)->assign({"baskets"}, kafka::Consumer::From::Beginning, 5'000).ok());
  std::vector<std::string> found;
  for (const Instant deadline = clock.now() + 10 * kNanosPerSecond; found.size() < 3 && clock.now() < deadline;) {
    const auto polled = (*consumer)->poll(100, 10, [&](const kafka::Consumer::Message& message) {
      EXPECT_EQ(message.key, "B-000001");
      found.push_back(message.null_value ? "∅" : std::string(message.value));
    });
    ASSERT_TRUE(polled.ok());
  }
  EXPECT_EQ(found, expected);
  EXPECT_NE(found[0], found[1]) << "versions differ";
}

}  // namespace
}  // namespace freshet
