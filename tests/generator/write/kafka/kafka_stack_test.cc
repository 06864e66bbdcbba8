// The Kafka writer on Apache Kafka: what brokers do that librdkafka's mock does not. script/test stack fetches it;
// elsewhere there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "generator/write/kafka/kafka_targets.h"
#include "generator/write/kafka/load.h"
#include "generator/write/null/null_writer.h"
#include "generator/write/targets.h"
#include "servers/real_kafka.h"

namespace freshet {
namespace {

using namespace fixture;

constexpr int kTimeoutMs = 30'000;
constexpr std::uint32_t kTooLarge = 10;

class OnKafka : public KafkaLoad {
 protected:
  void SetUp() override {
    if (RealKafka::tree().empty()) GTEST_SKIP() << "no Apache Kafka here: script/test stack fetches it";
    kafka_ = std::make_unique<RealKafka>(broker_properties_);
    address_ = kafka_->address();
    const Status made = kafka::create_topic(address_, "baskets", 4, kTimeoutMs);
    ASSERT_TRUE(made.ok()) << made.error().message;
  }
  void bounce() {
    kafka_->kill();
    kafka_->start();
  }
  /// Every change committed, the topic holds just that, and no message is there twice.
  void expect_all_once(const std::vector<Change>& load) {
    EXPECT_THAT(differences(load), IsEmpty());
    EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
    EXPECT_EQ(messages_, static_cast<std::int64_t>(load.size()));
    EXPECT_THAT(first_failure_.reason(), IsEmpty());
  }
  [[nodiscard]] std::set<std::string> topics() const {
    std::set<std::string> names;
    const auto found = kafka::topics(address_, kTimeoutMs);
    EXPECT_TRUE(found.ok());
    for (const auto& [name, partitions] : found.value()) names.insert(name);
    return names;
  }

  std::map<std::string, std::string> broker_properties_;
  std::unique_ptr<RealKafka> kafka_;
};

TEST_F(OnKafka, HoldsEveryChangeOnceAndInOrder) {
  const std::vector<Change> load = basket_load(6'000);
  run(open(), load, [] {});
  expect_all_once(load);
}

TEST_F(OnKafka, ABrokerThatIsKilledAndStartedAgainLosesAndDoublesNothing) {
  const std::vector<Change> load = basket_load(6'000);
  run(open(), load, [&] { bounce(); });
  expect_all_once(load);
}

TEST_F(OnKafka, TransactionsOfADeclaredSizeSurviveTheBroker) {
  address_.properties["transactional.id"] = "shop";
  const std::vector<Change> load = basket_load(1'500);
  run(open(50), load, [&] { bounce(); });
  expect_all_once(load);
  std::map<Instant, int> transactions;
  for (const Settled& one : outcomes_.all()) ++transactions[one.acknowledged];
  for (const auto& [at, size] : transactions) EXPECT_LE(size, 50) << "outcomes come with the commit";
  EXPECT_GE(transactions.size(), load.size() / 50);
}

TEST_F(OnKafka, HeadersAndTombstonesArriveAsTheyAre) {
  topic_.named = "basket";
  const auto writer = open();
  run(writer, {insert(kBasket, 1, Micros{10}), update(kBasket, 1, 2, Micros{20}), erase(kBasket, 1, 3, Micros{30})},
      [] {});
  auto consumer = kafka::Consumer::open(address_);
  ASSERT_TRUE(consumer.ok() && (*consumer)->assign({"baskets"}, kafka::Consumer::From::Beginning, kTimeoutMs).ok());
  std::vector<std::string> found;
  for (int i = 0; i < 100 && found.size() < 3; ++i) {
    ASSERT_TRUE((*consumer)
                    ->poll(300, 10,
                           [&](const kafka::Consumer::Message& message) {
                             std::string& text = found.emplace_back(message.null_value ? "null" : "row");
                             for (const kafka::Header& header : message.headers) {
                               text += " " + std::string(header.name) + "=" + std::string(header.value);
                             }
                           })
                    .ok());
  }
  EXPECT_THAT(found, ElementsAre("row entity=basket operation=insert version=1 intended=10",
                                 "row entity=basket operation=update version=2 intended=20",
                                 "null entity=basket operation=delete version=3 intended=30"));
}

class OnKafkaCompressed : public OnKafka, public ::testing::WithParamInterface<const char*> {};

TEST_P(OnKafkaCompressed, TopicsHoldTheSame) {
  const auto writer = open();
  ASSERT_TRUE(shared_producer_->configure_topic("baskets", {{"compression.codec", GetParam()}}).ok());
  const std::vector<Change> load = basket_load(2'000);
  run(writer, load, [] {});
  expect_all_once(load);
  pass(1'500);  // what was sent is up to a second old
  const kafka::Producer::Figures figures = shared_producer_->figures();
  EXPECT_EQ(figures.messages, static_cast<std::int64_t>(load.size()));
  EXPECT_GT(figures.sent_bytes, 0);
  if (std::string(GetParam()) != "none") {
    EXPECT_LT(figures.sent_bytes, figures.bytes);
  } else {
    EXPECT_GT(figures.sent_bytes, figures.bytes) << "the control: it is the codec that makes it less";
  }
}
INSTANTIATE_TEST_SUITE_P(Codecs, OnKafkaCompressed, ::testing::Values("none", "gzip", "snappy", "lz4", "zstd"),
                         [](const auto& codec) { return std::string(codec.param); });

class OnKafkaOfSmallMessages : public OnKafka {
 protected:
  OnKafkaOfSmallMessages() { broker_properties_["message.max.bytes"] = "20000"; }
};

/// The broker judges by batches: what goes with the message that is too large falls with it, and nothing else.
TEST_F(OnKafkaOfSmallMessages, WhatIsTooLargeIsRejectedAndTheRestContinues) {
  address_.properties["batch.size"] = "4000";
  const std::vector<Change> load = basket_load(2'000);
  const auto writer = open();
  run(writer, load, [] {});
  Row large;
  rows_.row(kBasket, 900'000, 1, large);
  large.cells[2] = large.add_text(std::string(50'000, 'x'));
  const Write one{insert(kBasket, 900'000), &large};
  writer->write({&one, 1});
  const std::vector<Change> after = {insert(kBasket, 900'001), update(kBasket, 900'000, 2)};
  writer->flush(clock_.now() + 30 * kNanosPerSecond);
  for (const Change& change : after) {
    Row row;
    rows_.row(change.entity, change.ordinal, change.version, row);
    const Write next{change, &row};
    writer->write({&next, 1});
  }
  writer->flush(clock_.now() + 30 * kNanosPerSecond);
  EXPECT_EQ(outcomes_.of(one.change).outcome, Outcome::Rejected);
  EXPECT_EQ(outcomes_.of(one.change).code, kTooLarge);
  EXPECT_EQ(outcomes_.of(after[0]).outcome, Outcome::Committed);
  EXPECT_EQ(outcomes_.of(after[1]).outcome, Outcome::Withheld);
  std::vector<Change> all = load;
  all.push_back(one.change);
  all.insert(all.end(), after.begin(), after.end());
  EXPECT_THAT(differences(all), IsEmpty());
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(OnKafka, ATopicThatIsDeletedEndsTheWriterAndIsNamed) {
  address_.properties = {{"topic.metadata.propagation.max.ms", "500"}, {"message.timeout.ms", "8000"}};
  const std::vector<Change> load = basket_load(3'000);
  run(open(), load, [&] { ASSERT_TRUE(kafka::delete_topic(address_, "baskets", kTimeoutMs).ok()); });
  EXPECT_EQ(outcomes_.size(), load.size()) << "each change has an outcome";
  EXPECT_GT(outcomes_.count(Outcome::Committed), 0);
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 0);
  EXPECT_THAT(first_failure_.reason(), HasSubstr("topic"));
}

/// Negative control, as on the other brokers.
TEST_F(OnKafka, AWriterThatReportsCommittedWithoutSendingIsCaught) {
  const std::vector<Change> load = basket_load(100);
  run(std::make_shared<NullWriter>(lane_, clock_), load, [] {});
  EXPECT_THAT(differences(load), Contains("B-000099: version 1 was reported, 0 is there"));
}

/// Topics of a run are created with its partitions and Freshet's mark; a topic without it is never deleted.
class TopicsOnKafka : public OnKafka {
 protected:
  void SetUp() override {
    OnKafka::SetUp();
    if (IsSkipped()) return;
    shop_.connections = {{"log", kKafkaBackend, "", {}}};
    write_to(kProduct, "products", 3);
    addresses_.servers = {address_};
  }
  void write_to(EntityId entity, const std::string& topic, int partitions) {
    KafkaTarget target;
    target.topic = topic;
    target.partitions = partitions;
    shop_.write.push_back({entity, target, {}});
  }
  Status prepare(bool drop_existing = false, bool use_existing = false) {
    created_ = {};
    return prepare_targets(shop_, addresses_, {drop_existing, use_existing, "run"}, created_);
  }
  [[nodiscard]] std::vector<std::string> orphans() const {
    const auto found = find_orphan_topics(address_);
    EXPECT_TRUE(found.ok() && found.value());
    std::vector<std::string> names;
    for (const auto& [name, mark] : *found.value()) names.push_back(name);
    return names;
  }

  Scenario shop_ = shop();
  Addresses addresses_;
  CreatedTargets created_;
};

TEST_F(TopicsOnKafka, AreMadeWithTheirPartitionsAndTakenDown) {
  ASSERT_TRUE(prepare().ok());
  EXPECT_EQ(kafka::topics(address_, kTimeoutMs).value().at("products"), 3);
  EXPECT_THAT(orphans(), ElementsAre("products")) << "the foreign one has no mark";
  std::vector<std::string> not_ours;
  ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
  EXPECT_THAT(topics(), ElementsAre("baskets"));
}

TEST_F(TopicsOnKafka, OfAnEarlierRunNeedTheFlag) {
  ASSERT_TRUE(prepare().ok());
  const Status refused = prepare();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("made by freshet"));
  EXPECT_THAT(refused.error().hint, HasSubstr("--drop-existing"));
  shop_.write.clear();
  write_to(kProduct, "products", 5);
  ASSERT_TRUE(prepare(true).ok());
  EXPECT_EQ(kafka::topics(address_, kTimeoutMs).value().at("products"), 5) << "it is a new one";
  EXPECT_EQ(created_.made.size(), 1U);
}

TEST_F(TopicsOnKafka, WhatTookTheirPlaceStaysAndIsNamed) {
  for (const char* mark : {"", "another run"}) {
    created_ = {};
    ASSERT_TRUE(prepare().ok());
    ASSERT_TRUE(kafka::delete_topic(address_, "products", kTimeoutMs).ok());
    ASSERT_TRUE(kafka::create_topic(address_, "products", 1, kTimeoutMs, mark).ok());
    std::vector<std::string> not_ours;
    ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
    EXPECT_THAT(not_ours, ElementsAre("topic products"));
    EXPECT_THAT(topics(), ElementsAre("baskets", "products"));
    ASSERT_TRUE(kafka::delete_topic(address_, "products", kTimeoutMs).ok());
  }
}

TEST_F(TopicsOnKafka, OfOthersAreNeverDropped) {
  write_to(kBasket, "baskets", 4);
  for (const bool drop_existing : {false, true}) {
    const Status refused = prepare(drop_existing);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("topic baskets exists"));
    EXPECT_THAT(refused.error().hint, HasSubstr("never drops a topic that it did not create"));
  }
  EXPECT_THAT(topics(), ElementsAre("baskets"));
  EXPECT_EQ(drop_own_topic(address_, "baskets", "run").value(), Dropped::NotOurs);
  EXPECT_THAT(topics(), ElementsAre("baskets")) << "who asks for it by name gets no further";
  ASSERT_TRUE(prepare(false, true).ok());
  std::vector<std::string> not_ours;
  ASSERT_TRUE(drop_targets(addresses_, created_, not_ours).ok());
  EXPECT_THAT(topics(), ElementsAre("baskets"));
}

}  // namespace
}  // namespace freshet
