// A load of baskets to a topic, and what became of it: for tests of the Kafka writer on brokers of all kinds.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "generator/write/account.h"
#include "generator/write/kafka/kafka_writer.h"
#include "servers/kafka_broker.h"

namespace freshet::fixture {

inline std::vector<Change> basket_load(Ordinal baskets) { return interleaved(kBasket, baskets, Micros{300}); }

inline std::unique_ptr<kafka::EmbeddedBroker> broker_of_baskets() {
  auto broker = kafka::EmbeddedBroker::start().value();
  FRESHET_CHECK(broker->create_topic("baskets", 4).ok(), "topic");
  return broker;
}

/// Who derives from it sets address_ and makes the topic "baskets".
class KafkaLoad : public ::testing::Test {
 protected:
  std::shared_ptr<Writer> open(int transaction = 0) {
    shared_producer_ = SharedProducer::open(address_, first_failure_).value();
    const std::map<EntityId, KafkaWriter::Topic> topics{{kBasket, topic_}};
    return std::make_shared<KafkaWriter>(shared_producer_, topics, lane_, clock_, transaction);
  }
  /// Sends the load on its schedule, does `mischief` once a third of it is settled, and waits for all outcomes.
  void run(const std::shared_ptr<Writer>& writer, const std::vector<Change>& load,
           const std::function<void()>& mischief) {
    LaneWriters writers{std::vector<std::shared_ptr<Writer>>(scenario_.entities.size()), lane_};
    writers.by_entity[index_of(kBasket)] = writer;
    {
      std::jthread lane([&] {
        ListedSchedule schedule(load);
        run_lane(scenario_, rows_, schedule, writers, clock_, {clock_.now(), 100, {}}, {});
      });
      while (outcomes_.size() < load.size() / 3) clock_.sleep_until(clock_.now() + kNanosPerMilli, {});
      mischief();
    }
    writer->flush(clock_.now() + 30 * kNanosPerSecond);
  }
  void pass(std::int64_t ms) const { clock_.sleep_until(clock_.now() + ms * kNanosPerMilli, {}); }

  /// The topic, folded to its last message by key, and in `messages_` how many there are.
  [[nodiscard]] Held held() {
    Held out;
    auto consumer = kafka::Consumer::open(address_);
    FRESHET_CHECK(consumer.ok() && (*consumer)->assign({"baskets"}, kafka::Consumer::From::Beginning, 5'000).ok(), "");
    messages_ = 0;
    const auto fold = [&](const kafka::Consumer::Message& message) {
      ++messages_;
      constexpr std::string_view kName = "\"version\":";
      const std::size_t at = message.value.find(kName);
      if (message.null_value) {
        out.erase(std::string(message.key));
      } else {
        out[std::string(message.key)] =
            static_cast<Version>(std::stoul(std::string(message.value.substr(at + kName.size(), 10))));
      }
    };
    for (int quiet = 0; quiet < 3;) {
      const auto polled = (*consumer)->poll(300, 1'000, fold);
      FRESHET_CHECK(polled.ok(), "poll");
      quiet = polled.value() == 0 ? quiet + 1 : 0;
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> differences(const std::vector<Change>& load) {
    return fixture::differences(load, outcomes_.all(), held());
  }

  kafka::Address address_;
  KafkaWriter::Topic topic_{"baskets", ColumnIndex{0}, shop_record()};
  const Scenario scenario_ = shop();
  const ShopRows rows_{};
  const SystemClock clock_{};
  Outcomes outcomes_;
  FirstFailure first_failure_;
  std::shared_ptr<LaneOutcomes> lane_ = std::make_shared<LaneOutcomes>(scenario_, outcomes_.sink());
  std::shared_ptr<SharedProducer> shared_producer_;
  std::int64_t messages_ = 0;
};

}  // namespace freshet::fixture
