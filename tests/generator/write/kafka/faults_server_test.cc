// The faults that a scenario wants in its messages strike as often as it says, always the same messages, and are
// reported.
#include "generator/write/kafka/stream_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "generator/write/kafka/load.h"

namespace freshet {
namespace {

using namespace fixture;

KafkaFaults declared(double duplicate, double drop, double poison) {
  KafkaFaults faults;
  faults.duplicate = duplicate;
  faults.duplicate_after.shape = distributions::Uniform{1'000, 3'000};
  faults.drop = drop;
  faults.poison = poison;
  return faults;
}

Change measured(Ordinal ordinal, Version version = 1) {
  Change change = insert(kBasket, ordinal);
  change.version = version;
  change.phase = Phase::Measured;
  return change;
}

TEST(FaultsOfAStream, StrikeTheDeclaredSharesIndependently) {
  const StreamFaults faults(declared(0.05, 0.02, 0.01), 7, "basket", 1);
  constexpr int kChanges = 200'000;
  std::map<std::string, double> fault_counts;
  for (Ordinal i = 0; i < kChanges; ++i) {
    const Change change = measured(i);
    fault_counts["drop"] += faults.drops(change);
    fault_counts["duplicate"] += faults.repeats(change).has_value();
    fault_counts["poison"] += faults.poisons(change);
    fault_counts["both"] += faults.drops(change) && faults.poisons(change);
  }
  const auto near = [&](const char* fault, double share) {
    EXPECT_NEAR(fault_counts[fault] / kChanges, share, 4.5 * std::sqrt(share / kChanges)) << fault;
  };
  near("drop", 0.02);
  near("duplicate", 0.05);
  near("poison", 0.01);
  near("both", 0.0002);
}

TEST(FaultsOfAStream, HoldBackTheDeclaredSharesForTheDeclaredTime) {
  KafkaFaults wanted;
  wanted.late = 0.03;
  wanted.late_by = declared(0, 0, 0).duplicate_after;
  wanted.out_of_order = 0.02;
  wanted.overtaken_within.shape = distributions::Constant{5'000};
  const StreamFaults faults(wanted, 7, "basket", 10);
  constexpr int kChanges = 200'000;
  int late = 0, overtaken = 0, both = 0;
  for (Ordinal i = 0; i < kChanges; ++i) {
    const auto by = faults.late(measured(i));
    const auto within = faults.overtaken(measured(i));
    late += by.has_value();
    overtaken += within.has_value();
    both += by && within;
    EXPECT_TRUE(!by || (*by >= Micros{100} && *by <= Micros{300})) << by->count();
    EXPECT_EQ(within.value_or(Micros{500}), Micros{500});
  }
  EXPECT_NEAR(late / double{kChanges}, 0.03, 4.5 * std::sqrt(0.03 / kChanges));
  EXPECT_NEAR(overtaken / double{kChanges}, 0.02, 4.5 * std::sqrt(0.02 / kChanges));
  EXPECT_NEAR(both / double{kChanges}, 0.0006, 4.5 * std::sqrt(0.0006 / kChanges));
}

TEST(FaultsOfAStream, AreAFunctionOfSeedAndVersion) {
  const StreamFaults once(declared(0.5, 0.5, 0.5), 7, "basket", 1);
  const StreamFaults again(declared(0.5, 0.5, 0.5), 7, "basket", 1);
  const StreamFaults other(declared(0.5, 0.5, 0.5), 8, "basket", 1);
  int differs = 0;
  int by_version = 0;
  for (Ordinal i = 0; i < 200; ++i) {
    EXPECT_EQ(once.drops(measured(i)), again.drops(measured(i)));
    EXPECT_EQ(once.repeats(measured(i)), again.repeats(measured(i)));
    differs += once.drops(measured(i)) != other.drops(measured(i));
    by_version += once.drops(measured(i, 1)) != once.drops(measured(i, 2));
  }
  EXPECT_GT(differs, 50);
  EXPECT_GT(by_version, 50);
}

TEST(FaultsOfAStream, SpareWhatIsWrittenBeforeTheLoad) {
  const StreamFaults faults(declared(1, 1, 1), 7, "basket", 1);
  KafkaFaults held;
  held.late = held.out_of_order = 1;
  const StreamFaults holding(held, 7, "basket", 1);
  for (const Phase phase : {Phase::Reference, Phase::Canary}) {
    Change change = measured(1);
    change.phase = phase;
    EXPECT_FALSE(faults.drops(change) || faults.repeats(change) || faults.poisons(change));
    EXPECT_FALSE(holding.late(change) || holding.overtaken(change));
  }
  EXPECT_TRUE(faults.drops(measured(1)));
}

TEST(FaultsOfAStream, ScaleTheirDelay) {
  const StreamFaults faults(declared(1, 0, 0), 7, "basket", 10);
  for (Ordinal i = 0; i < 100; ++i) {
    EXPECT_GE(*faults.repeats(measured(i)), Micros{100});
    EXPECT_LE(*faults.repeats(measured(i)), Micros{300});
  }
}

TEST(MessagesThatAreRepeated, ComeInTheOrderOfTheirTimesAndNotBefore) {
  RepeatedMessages waiting;
  for (const Instant due : {Instant{Nanos{50}}, Instant{Nanos{10}}, Instant{Nanos{30}}}) {
    RepeatedMessages::Message message;
    message.due = due;
    waiting.add(message);
  }
  RepeatedMessages::Message message;
  EXPECT_FALSE(waiting.take_due(Instant{Nanos{9}}, message));
  std::vector<Instant> taken;
  while (waiting.take_due(Instant{Nanos{30}}, message)) taken.push_back(message.due);
  EXPECT_EQ(taken, (std::vector<Instant>{Instant{Nanos{10}}, Instant{Nanos{30}}}));
  EXPECT_TRUE(waiting.take_due(Instant{Nanos{50}}, message));
}

HeldMessages::Message held(Ordinal ordinal, Version version, Micros due, HeldMessages::Why why) {
  HeldMessages::Message message;
  message.due = due;
  message.why = why;
  message.messages.change = measured(ordinal, version);
  return message;
}

TEST(MessagesThatAreHeld, GoOutInTheOrderOfTheirTimesAndThoseOfOneRowInTheirOwn) {
  using enum HeldMessages::Why;
  HeldMessages waiting;
  waiting.add(held(1, 1, Micros{300}, Late));
  waiting.add(held(2, 1, Micros{200}, Late));
  waiting.add(held(1, 2, Micros{300}, Behind));
  waiting.add(held(3, 1, Micros{300}, Late));
  EXPECT_EQ(waiting.last_of(measured(1))->messages.change.version, 2u);
  EXPECT_EQ(waiting.last_of(measured(4)), nullptr);
  HeldMessages::Message message;
  EXPECT_FALSE(waiting.take_due(Micros{199}, message));
  std::vector<std::pair<Ordinal, Version>> taken;
  while (waiting.take_due(Micros{300}, message))
    taken.emplace_back(message.messages.change.ordinal, message.messages.change.version);
  EXPECT_EQ(taken, (std::vector<std::pair<Ordinal, Version>>{{2, 1}, {1, 1}, {1, 2}, {3, 1}}));
  EXPECT_EQ(waiting.last_of(measured(1)), nullptr);
  EXPECT_EQ(waiting.size(), 0u);
}

TEST(MessagesThatAreHeld, AreOvertakenByTheNextOfTheirRowOnlyWhereTheyWaitForIt) {
  using enum HeldMessages::Why;
  HeldMessages waiting;
  waiting.add(held(1, 1, Micros{300}, OutOfOrder));
  waiting.add(held(2, 1, Micros{300}, Late));
  HeldMessages::Message message;
  EXPECT_FALSE(waiting.take_overtaken(measured(2, 2), message)) << "what is late keeps the order of its row";
  EXPECT_FALSE(waiting.take_overtaken(measured(3, 2), message));
  ASSERT_TRUE(waiting.take_overtaken(measured(1, 2), message));
  EXPECT_EQ(message.messages.change.ordinal, 1u);
  EXPECT_FALSE(waiting.take_overtaken(measured(1, 3), message));
  EXPECT_EQ(waiting.size(), 1u);
}

class ATopicWithFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    address_.bootstrap = broker_->bootstrap();
    shared_producer_ = SharedProducer::open(address_, first_failure_).value();
  }

  const Scenario scenario_ = shop();
  const ShopRows rows_{};
  const SystemClock clock_;
  const std::unique_ptr<kafka::EmbeddedBroker> broker_ = broker_of_baskets();
  kafka::Address address_;
  FirstFailure first_failure_;
  std::shared_ptr<SharedProducer> shared_producer_;
};

TEST_F(ATopicWithFaults, ContainsWhatIsReportedAndNothingElse) {
  Outcomes outcomes;
  KafkaWriter::Topic topic{"baskets", ColumnIndex{0}, shop_record()};
  KafkaFaults wanted = declared(0.2, 0.1, 0.1);
  wanted.duplicate_after = {};
  topic.faults = std::make_shared<const StreamFaults>(wanted, 7, "basket", 1);
  topic.fault_counts = std::make_shared<StreamFaultCounts>();
  KafkaWriter writer(shared_producer_, {{kBasket, topic}}, std::make_shared<LaneOutcomes>(scenario_, outcomes.sink()),
                     clock_);

  constexpr Ordinal kBaskets = 500;
  std::map<std::string, int> expected;
  int dropped = 0;
  for (const Version version : {Version{1}, Version{2}}) {
    for (Ordinal i = 0; i < kBaskets; ++i) {
      Change change = version == 1 ? insert(kBasket, i) : update(kBasket, i, 2);
      change.phase = Phase::Measured;
      Row row;
      rows_.row(kBasket, i, version, row);
      const Write one{change, &row};
      writer.write({&one, 1});
      const std::string name = shop_key(kBasket, i) + " " + std::to_string(version);
      dropped += topic.faults->drops(change);
      if (!topic.faults->drops(change)) expected[name] += topic.faults->repeats(change) ? 2 : 1;
    }
  }
  // One that is spared, so that what is due again before it is sent.
  Row last;
  rows_.row(kBasket, kBaskets, 1, last);
  Change spared = insert(kBasket, kBaskets);
  spared.phase = Phase::Reference;
  const Write one{spared, &last};
  writer.write({&one, 1});
  expected[shop_key(kBasket, kBaskets) + " 1"] = 1;
  writer.flush(clock_.now() + 10 * kNanosPerSecond);

  EXPECT_EQ(outcomes.count(Outcome::Withheld), dropped);
  EXPECT_EQ(outcomes.count(Outcome::Committed), 2 * static_cast<int>(kBaskets) - dropped + 1) << "later versions go on";
  EXPECT_EQ(topic.fault_counts->dropped, dropped);
  EXPECT_GT(dropped, 50);
  EXPECT_GT(topic.fault_counts->duplicated, 100);
  EXPECT_GT(topic.fault_counts->poisoned, 50);

  std::size_t total = static_cast<std::size_t>(topic.fault_counts->poisoned);
  for (const auto& [name, times] : expected) total += static_cast<std::size_t>(times);
  auto consumer = kafka::Consumer::open(address_);
  ASSERT_TRUE(consumer.ok() && (*consumer)->assign({"baskets"}, kafka::Consumer::From::Beginning, 5'000).ok());
  std::map<std::string, int> found;
  std::set<std::string> poison;
  std::int64_t poisoned = 0;
  const Instant deadline = clock_.now() + 10 * kNanosPerSecond;
  for (std::size_t read = 0; read < total && clock_.now() < deadline;) {
    const auto polled = (*consumer)->poll(100, 1'000, [&](const kafka::Consumer::Message& message) {
      ++read;
      const std::string key(message.key);
      const std::string value(message.value);
      if (key.starts_with("poison-")) {
        ++poisoned;
        poison.insert(value.substr(0, 4));
        return;
      }
      ++found[key + (value.find(R"("version":1,)") != std::string::npos ? " 1" : " 2")];
    });
    ASSERT_TRUE(polled.ok());
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(poisoned, topic.fault_counts->poisoned);
  EXPECT_THAT(poison, SizeIs(4)) << "cut off, no text, empty, of another shape";
}

TEST_F(ATopicWithFaults, KeepsTheDeletesAfterWhichARowMayComeBackUnderAnotherKey) {
  for (const bool keeps : {false, true}) {
    Outcomes outcomes;
    KafkaWriter::Topic topic{"baskets", ColumnIndex{0}, shop_record()};
    topic.faults = std::make_shared<const StreamFaults>(declared(0, 1, 0), 7, "basket", 1);
    topic.fault_counts = std::make_shared<StreamFaultCounts>();
    topic.keeps_deletes = keeps;
    KafkaWriter writer(shared_producer_, {{kBasket, topic}}, std::make_shared<LaneOutcomes>(scenario_, outcomes.sink()),
                       clock_);
    for (const Operation operation : {Operation::Insert, Operation::Delete}) {
      Change change = measured(1, operation == Operation::Insert ? 1 : 2);
      change.operation = operation;
      Row row;
      rows_.row(kBasket, 1, 1, row);
      const Write one{change, &row};
      writer.write({&one, 1});
    }
    writer.flush(clock_.now() + 10 * kNanosPerSecond);
    EXPECT_EQ(outcomes.count(Outcome::Withheld), keeps ? 1 : 2);
    EXPECT_EQ(outcomes.count(Outcome::Committed), keeps ? 1 : 0);
    EXPECT_EQ(topic.fault_counts->dropped, keeps ? 1 : 2);
  }
}

}  // namespace
}  // namespace freshet
