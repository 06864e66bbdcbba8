// Kafka on the embedded broker: every message arrives once with what it carried, losses are errors that name their
// place, and every message taken gets exactly one delivery report.
#include "clients/kafka/kafka.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "servers/kafka_broker.h"

namespace freshet::kafka {
namespace {

using testing::HasSubstr;

constexpr int kTimeoutMs = 10'000;

// Delivery reports by id, and the threads they came on.
class Reports {
 private:
  template <typename F>
  auto with_lock(F f) const {
    const std::scoped_lock lock(mutex_);
    return f();
  }

 public:
  Producer::OnDelivery sink() {
    return [this](const Producer::Delivery& delivery) {
      const std::scoped_lock lock(mutex_);
      ++times_[delivery.id];
      if (delivery.code == 0) ++delivered_;
      if (delivery.unknown) ++unknown_;
      if (delivery.at <= Instant{}) ++without_instant_;
      threads_.insert({std::this_thread::get_id(), 0});
    };
  }
  std::size_t ids() const {
    return with_lock([&] { return times_.size(); });
  }
  int most_per_id() const {
    return with_lock([&] {
      int most = 0;
      for (const auto& [id, times] : times_) most = std::max(most, times);
      return most;
    });
  }
  int delivered() const {
    return with_lock([&] { return delivered_; });
  }
  int unknown() const {
    return with_lock([&] { return unknown_; });
  }
  int without_instant() const {
    return with_lock([&] { return without_instant_; });
  }
  std::size_t threads() const {
    return with_lock([&] { return threads_.size(); });
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, int> times_;
  std::map<std::thread::id, int> threads_;
  int delivered_ = 0;
  int unknown_ = 0;
  int without_instant_ = 0;
};

class OnEmbeddedBroker : public testing::Test {
 protected:
  void SetUp() override {
    broker_ = EmbeddedBroker::start().value();
    address_.bootstrap = broker_->bootstrap();
  }

  std::unique_ptr<Producer> producer(const std::map<std::string, std::string>& properties = {}) {
    auto opened = Producer::open({address_.bootstrap, properties}, reports_.sink());
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }

  std::unique_ptr<Consumer> consumer(const std::string& topic, Consumer::From from) {
    auto opened = Consumer::open(address_);
    EXPECT_TRUE(opened.ok());
    const Status assigned = (*opened)->assign({topic}, from, kTimeoutMs);
    EXPECT_TRUE(assigned.ok()) << assigned.error().message;
    return std::move(*opened);
  }

  // Polls until `enough` messages have come or nothing does for a long time.
  static int read(Consumer& consumer, int enough, const Consumer::Visit& visit) {
    int seen = 0;
    for (int quiet = 0; seen < enough && quiet < 100;) {
      Result<int> got = consumer.poll(100, 500, visit);
      if (!got.ok()) {
        ADD_FAILURE() << got.error().message;
        break;
      }
      quiet = *got == 0 ? quiet + 1 : 0;
      seen += *got;
    }
    return seen;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
  Address address_;
  Reports reports_;  // outlives every producer of a test
};

TEST_F(OnEmbeddedBroker, TenThousandMessagesArriveOnceWithKeyAndValue) {
  constexpr int kMessages = 10'000;
  ASSERT_TRUE(broker_->create_topic("baskets", 8).ok());
  const auto reader = consumer("baskets", Consumer::From::Beginning);
  const auto writer = producer();
  for (int i = 0; i < kMessages; ++i) {
    const std::string key = fmt::format("K{}", i);
    const std::string value = fmt::format("value of {}", key);
    ASSERT_TRUE(writer->produce({"baskets", key, value, false, static_cast<std::uint64_t>(i)}).ok());
  }
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(reports_.delivered(), kMessages);
  EXPECT_EQ(reports_.ids(), static_cast<std::size_t>(kMessages));
  EXPECT_EQ(reports_.most_per_id(), 1);
  EXPECT_EQ(reports_.threads(), 1U);
  EXPECT_EQ(reports_.without_instant(), 0);

  std::map<std::string, std::string> found;
  std::map<int, std::int64_t> next;
  EXPECT_EQ(read(*reader, kMessages,
                 [&](const Consumer::Message& message) {
                   EXPECT_EQ(message.topic, "baskets");
                   EXPECT_EQ(message.offset, next[message.partition]++);
                   found[std::string(message.key)] = std::string(message.value);
                 }),
            kMessages);
  EXPECT_EQ(found.size(), static_cast<std::size_t>(kMessages));
  EXPECT_EQ(found["K4711"], "value of K4711");
  EXPECT_GT(next.size(), 1U);
}

TEST_F(OnEmbeddedBroker, APartitionTellsHowFarItWasReadAndWhereItEnds) {
  ASSERT_TRUE(broker_->create_topic("t", 2).ok());
  address_.properties["enable.partition.eof"] = "true";
  const auto reader = consumer("t", Consumer::From::Beginning);
  const auto ends = [&] {
    std::vector<Consumer::Progress> all;
    reader->each_partition([&](const Consumer::Progress& progress) { all.push_back(progress); });
    return all;
  };
  ASSERT_EQ(ends().size(), 2U);
  EXPECT_FALSE(ends()[0].at_end) << "nothing was asked yet";
  std::optional<WallTime> latest;
  const auto until = [&](const auto& done) {
    for (int i = 0; i < 100 && !done(); ++i) {
      ASSERT_TRUE(reader->poll(100, 500, [&](const Consumer::Message& message) { latest = message.time; }).ok());
    }
    EXPECT_TRUE(done());
  };
  until([&] { return ends()[0].at_end && ends()[1].at_end; });
  EXPECT_FALSE(ends()[0].time) << "it is empty";

  const WallTime before = SystemClock().wall();
  const auto writer = producer();
  ASSERT_TRUE(writer->produce({"t", "k", "v"}).ok());
  until([&] { return latest.has_value(); });
  EXPECT_GE(*latest, before - Micros{1'000});
  EXPECT_LE(*latest, SystemClock().wall());
  EXPECT_EQ(std::max(ends()[0].time, ends()[1].time), latest);
  until([&] { return ends()[0].at_end && ends()[1].at_end; });
}

// The memory of values and headers is used again for messages that look otherwise.
TEST_F(OnEmbeddedBroker, EachMessageHasItsOwnValueAndHeadersWhateverWasSentBefore) {
  constexpr int kRounds = 40;
  constexpr int kAtOnce = 25;
  ASSERT_TRUE(broker_->create_topic("mixed", 4).ok());
  const auto reader = consumer("mixed", Consumer::From::Beginning);
  const auto writer = producer({{"message.max.bytes", "2000000"}});
  std::map<std::string, std::string> expected;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::string> texts;
    texts.reserve(6 * kAtOnce);
    const auto keep = [&](std::string text) { return std::string_view(texts.emplace_back(std::move(text))); };
    std::vector<std::vector<Header>> headers(kAtOnce);
    std::vector<Producer::Message> messages;
    for (int i = 0; i < kAtOnce; ++i) {
      const int number = round * kAtOnce + i;
      // Some have no headers, some the same name twice, some an empty value; their number and beginnings differ.
      const std::vector<Header> all = {{"entity", number % 7 == 0 ? "order" : "basket"},
                                       {"operation", number % 3 == 0 ? "update" : "insert"},
                                       {"same", keep(fmt::format("{}", number % 2))},
                                       {number % 5 == 0 ? "same" : "other", ""},
                                       {"intended", keep(fmt::format("{}", 999'990 + number))}};
      headers[static_cast<std::size_t>(i)].assign(all.begin(), all.begin() + number % 6);
      const int size = number % 11 == 0 ? 0 : number == 77 ? 300'000 : number * 37 % 3'000;
      const std::string_view key = keep(fmt::format("K{}", number));
      const std::string_view value = keep(std::string(static_cast<std::size_t>(size), static_cast<char>('a' + i)));
      const bool tombstone = number % 13 == 0;
      messages.push_back(
          {"mixed", key, value, tombstone, static_cast<std::uint64_t>(number), headers[static_cast<std::size_t>(i)]});
      std::string& told = expected[std::string(key)] = tombstone ? "null" : std::string(value);
      for (const Header& header : messages.back().headers) told += fmt::format(" {}={}", header.name, header.value);
    }
    std::size_t taken = 0;
    int code = 0;
    ASSERT_TRUE(writer->produce(messages, taken, code).ok());
    ASSERT_EQ(taken, messages.size());
    if (round % 3 == 0) {
      ASSERT_EQ(writer->flush(kTimeoutMs), 0);
    }
  }
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(reports_.delivered(), kRounds * kAtOnce);
  EXPECT_EQ(reports_.most_per_id(), 1);
  std::map<std::string, std::string> found;
  read(*reader, kRounds * kAtOnce, [&](const Consumer::Message& message) {
    std::string& told = found[std::string(message.key)] = message.null_value ? "null" : std::string(message.value);
    for (const Header& header : message.headers) told += fmt::format(" {}={}", header.name, header.value);
  });
  EXPECT_EQ(found, expected);
}

TEST_F(OnEmbeddedBroker, OfSeveralMessagesThoseBeforeTheRefusedOneAreTaken) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  const auto reader = consumer("t", Consumer::From::Beginning);
  const auto writer = producer({{"message.max.bytes", "1000"}});
  const std::string large(5'000, 'x');
  const std::vector<Header> headers = {{"n", "1"}};
  const std::vector<Producer::Message> messages = {
      {"t", "a", "1", false, 1, headers}, {"t", "b", large, false, 2, headers}, {"t", "c", "3", false, 3, headers}};
  std::size_t taken = 0;
  int code = 0;
  EXPECT_FALSE(writer->produce(messages, taken, code).ok());
  EXPECT_EQ(taken, 1U);
  EXPECT_EQ(code, 10);
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(reports_.ids(), 1U) << "of what was refused, and of what stood behind it, nothing is reported";
  ASSERT_TRUE(writer->produce(messages[2]).ok());
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  std::string keys;
  read(*reader, 2, [&](const Consumer::Message& message) { keys += message.key; });
  EXPECT_EQ(keys, "ac");
}

TEST_F(OnEmbeddedBroker, TombstonesAndEmptyValuesAreNotTheSame) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  const auto writer = producer();
  ASSERT_TRUE(writer->produce({"t", "a", "", true, 1}).ok());
  ASSERT_TRUE(writer->produce({"t", "a", "", false, 2}).ok());
  ASSERT_EQ(writer->flush(kTimeoutMs), 0);
  std::vector<bool> nulls;
  EXPECT_EQ(read(*consumer("t", Consumer::From::Beginning), 2,
                 [&](const Consumer::Message& message) {
                   EXPECT_EQ(message.key, "a");
                   EXPECT_EQ(message.value, "");
                   nulls.push_back(message.null_value);
                 }),
            2);
  EXPECT_EQ(nulls, (std::vector<bool>{true, false}));
}

TEST_F(OnEmbeddedBroker, FromTheEndGivesExactlyWhatIsProducedAfterAssign) {
  ASSERT_TRUE(broker_->create_topic("t", 4).ok());
  const auto writer = producer();
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(writer->produce({"t", std::to_string(i), "old", false, i}).ok());
  ASSERT_EQ(writer->flush(kTimeoutMs), 0);
  const auto reader = consumer("t", Consumer::From::End);
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(writer->produce({"t", std::to_string(i), "new", false, i}).ok());
  ASSERT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(read(*reader, 100, [](const Consumer::Message& message) { EXPECT_EQ(message.value, "new"); }), 100);
}

TEST_F(OnEmbeddedBroker, OneKeyStaysOnOnePartitionInOrder) {
  ASSERT_TRUE(broker_->create_topic("t", 8).ok());
  const auto writer = producer();
  for (std::uint64_t i = 0; i < 500; ++i) {
    ASSERT_TRUE(writer->produce({"t", fmt::format("K{}", i % 5), std::to_string(i), false, i}).ok());
  }
  ASSERT_EQ(writer->flush(kTimeoutMs), 0);
  std::map<std::string, int> partition;
  std::map<std::string, int> last;
  EXPECT_EQ(read(*consumer("t", Consumer::From::Beginning), 500,
                 [&](const Consumer::Message& message) {
                   const std::string key(message.key);
                   EXPECT_EQ(partition.try_emplace(key, message.partition).first->second, message.partition);
                   const int number = std::stoi(std::string(message.value));
                   EXPECT_TRUE(last.find(key) == last.end() || last[key] < number);
                   last[key] = number;
                 }),
            500);
}

TEST_F(OnEmbeddedBroker, PollGivesAtMostWhatWasAskedForAndNothingIsLostBetweenCalls) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  const auto writer = producer();
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(writer->produce({"t", "k", "v", false, i}).ok());
  ASSERT_EQ(writer->flush(kTimeoutMs), 0);
  const auto reader = consumer("t", Consumer::From::Beginning);
  int seen = 0;
  while (seen < 10) {
    Result<int> got = reader->poll(1'000, 3, [](const Consumer::Message&) {});
    ASSERT_TRUE(got.ok());
    ASSERT_LE(*got, 3);
    ASSERT_GT(*got, 0);
    seen += *got;
  }
}

// 5 MiB are kept per partition; this writes 8 MiB that do not compress away.
void overflow(Producer& writer, const std::string& topic) {
  const std::string value(8'192, 'x');
  for (std::uint64_t i = 0; i < 1'024; ++i) ASSERT_TRUE(writer.produce({topic, "k", value, false, i}).ok());
  ASSERT_EQ(writer.flush(kTimeoutMs), 0);
}

TEST_F(OnEmbeddedBroker, ReadingFromTheBeginningIsRefusedWhenTheBeginningIsGone) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  overflow(*producer({{"batch.size", "100000"}}), "t");
  auto reader = Consumer::open(address_);
  const Status assigned = (*reader)->assign({"t"}, Consumer::From::Beginning, kTimeoutMs);
  ASSERT_FALSE(assigned.ok());
  EXPECT_THAT(assigned.error().message, HasSubstr("topic t partition 0"));
  EXPECT_THAT(assigned.error().message, HasSubstr("messages are gone: offset 0 was expected"));
  EXPECT_TRUE((*reader)->assign({"t"}, Consumer::From::End, kTimeoutMs).ok()) << "the end is still there";
}

TEST_F(OnEmbeddedBroker, AReaderThatRetentionOverranGetsAnErrorAndNoJump) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  // It may hold 1 kB ahead, so that it stalls while the broker drops what it has not read.
  auto reader = Consumer::open({address_.bootstrap,
                                {{"queued.min.messages", "1"},
                                 {"queued.max.messages.kbytes", "1"},
                                 {"fetch.message.max.bytes", "20000"},
                                 {"fetch.max.bytes", "20000"},
                                 {"message.max.bytes", "20000"}}});
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  ASSERT_TRUE((*reader)->assign({"t"}, Consumer::From::Beginning, kTimeoutMs).ok());
  overflow(*producer({{"batch.size", "100000"}}), "t");
  std::int64_t next = 0;
  for (;;) {
    Result<int> got = (*reader)->poll(1'000, 100, [&](const Consumer::Message& message) {
      ASSERT_EQ(message.offset, next) << "a jump was given to the caller";
      ++next;
    });
    if (got.ok()) {
      ASSERT_LT(next, 1'024) << "nothing was lost: the test proves nothing";
      continue;
    }
    EXPECT_THAT(got.error().message, HasSubstr("topic t partition 0"));
    EXPECT_THAT(got.error().message, HasSubstr(fmt::format("offset {} was expected", next)));
    break;
  }
}

TEST_F(OnEmbeddedBroker, WhenTheBrokerIsDownEachMessageStillGetsOneReport) {
  ASSERT_TRUE(broker_->create_topic("t", 2).ok());
  const auto writer = producer({{"message.timeout.ms", "1500"}});
  ASSERT_TRUE(writer->produce({"t", "k", "v", false, 0}).ok());
  ASSERT_EQ(writer->flush(kTimeoutMs), 0);
  ASSERT_EQ(reports_.delivered(), 1);
  broker_->set_down(true);
  for (std::uint64_t i = 1; i <= 50; ++i) ASSERT_TRUE(writer->produce({"t", std::to_string(i), "v", false, i}).ok());
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(reports_.ids(), 51U);
  EXPECT_EQ(reports_.most_per_id(), 1);
  EXPECT_EQ(reports_.delivered(), 1);
}

TEST_F(OnEmbeddedBroker, AProducerThatIsDroppedReportsWhatItGivesUp) {
  ASSERT_TRUE(broker_->create_topic("t", 2).ok());
  broker_->set_down(true);
  {
    const auto writer = producer();
    for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(writer->produce({"t", "k", "v", false, i}).ok());
    EXPECT_EQ(writer->flush(0), 20);
  }
  EXPECT_EQ(reports_.ids(), 20U);
  EXPECT_EQ(reports_.delivered(), 0);
}

TEST_F(OnEmbeddedBroker, AShortAbsenceOfTheBrokerLosesAndDoublesNothing) {
  ASSERT_TRUE(broker_->create_topic("t", 4).ok());
  const auto reader = consumer("t", Consumer::From::Beginning);
  const auto writer = producer();
  for (std::uint64_t i = 0; i < 500; ++i) ASSERT_TRUE(writer->produce({"t", std::to_string(i), "v", false, i}).ok());
  broker_->set_down(true);
  for (std::uint64_t i = 500; i < 1'000; ++i) {
    ASSERT_TRUE(writer->produce({"t", std::to_string(i), "v", false, i}).ok());
  }
  broker_->set_down(false);
  EXPECT_EQ(writer->flush(30'000), 0);
  EXPECT_EQ(reports_.delivered(), 1'000);
  std::map<std::string, int> times;
  EXPECT_EQ(read(*reader, 1'000, [&](const Consumer::Message& message) { ++times[std::string(message.key)]; }), 1'000);
  EXPECT_EQ(times.size(), 1'000U);
}

TEST_F(OnEmbeddedBroker, AFullQueueMakesTheProducerWaitAndDropsNothing) {
  ASSERT_TRUE(broker_->create_topic("t", 4).ok());
  const auto writer = producer({{"queue.buffering.max.messages", "50"}});
  for (std::uint64_t i = 0; i < 2'000; ++i) ASSERT_TRUE(writer->produce({"t", "k", "v", false, i}).ok());
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(reports_.delivered(), 2'000);
}

TEST_F(OnEmbeddedBroker, AMessageThatIsTooLargeIsRefusedAtOnceAndNotReported) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  const auto writer = producer();
  const Status status = writer->produce({"t", "k", std::string(2'000'000, 'x'), false, 9});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("topic t refused a message of 2000000 bytes"));
  EXPECT_EQ(writer->flush(kTimeoutMs), 0);
  EXPECT_EQ(reports_.ids(), 0U);
}

TEST_F(OnEmbeddedBroker, ALostBrokerIsAnErrorOnlyAfterAWhile) {
  ASSERT_TRUE(broker_->create_topic("t", 1).ok());
  const auto reader = consumer("t", Consumer::From::Beginning);
  broker_->set_down(true);
  const auto ignore = [](const Consumer::Message&) {};
  const Instant began = SystemClock().now();
  Result<int> got = reader->poll(100, 10, ignore);
  while (got.ok() && SystemClock().now() - began < 60 * kNanosPerSecond) got = reader->poll(100, 10, ignore);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(got.error().message, HasSubstr("cannot reach Kafka at " + address_.bootstrap));
  EXPECT_GE(SystemClock().now() - began, 9 * kNanosPerSecond);
}

TEST_F(OnEmbeddedBroker, AskingForTopicsCreatesNone) {
  ASSERT_TRUE(broker_->create_topic("a", 3).ok());
  for (int i = 0; i < 2; ++i) {
    auto found = topics(address_, kTimeoutMs);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(*found, (std::map<std::string, int>{{"a", 3}}));
  }
  auto reader = Consumer::open(address_);
  const Status assigned = (*reader)->assign({"b"}, Consumer::From::End, kTimeoutMs);
  ASSERT_FALSE(assigned.ok());
  EXPECT_EQ(assigned.error().kind, ErrorKind::Usage);
  EXPECT_THAT(assigned.error().message, HasSubstr("has no topic b"));
  EXPECT_EQ(topics(address_, kTimeoutMs)->size(), 1U);
}

TEST_F(OnEmbeddedBroker, AnUnknownPropertyIsNamed) {
  const auto opened = Producer::open({address_.bootstrap, {{"no.such.thing", "1"}}}, reports_.sink());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::Usage);
  EXPECT_THAT(opened.error().message, HasSubstr("no.such.thing"));
}

TEST_F(OnEmbeddedBroker, PropertiesOverrideOurs) {
  const auto opened = Producer::open({address_.bootstrap, {{"acks", "1"}}}, reports_.sink());
  ASSERT_FALSE(opened.ok()) << "acks=1 contradicts idempotence and must reach the client library";
  EXPECT_TRUE(
      Producer::open({address_.bootstrap, {{"acks", "1"}, {"enable.idempotence", "false"}}}, reports_.sink()).ok());
}

TEST(Kafka, ABrokerThatIsNotThereIsNamed) {
  // Port 1 of loopback: nothing listens there.
  auto found = topics({"127.0.0.1:1", {}}, 1'000);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::Unreachable);
  EXPECT_THAT(found.error().message, HasSubstr("cannot reach Kafka at 127.0.0.1:1"));
}

}  // namespace
}  // namespace freshet::kafka
