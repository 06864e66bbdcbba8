// Bad luck with a broker in the middle of a run: each change ends with one outcome, and the topic holds what was
// reported committed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "generator/write/kafka/load.h"
#include "generator/write/null/null_writer.h"

namespace freshet {
namespace {

using namespace fixture;

constexpr unsigned kUnknownTopic = 3;
constexpr int kMessageTooLarge = 10;

class KafkaBadLuck : public KafkaLoad {
 protected:
  KafkaBadLuck() { address_.bootstrap = broker_->bootstrap(); }

  const std::unique_ptr<kafka::EmbeddedBroker> broker_ = broker_of_baskets();
};

TEST_F(KafkaBadLuck, ABrokerThatIsBouncedLosesAndDoublesNothing) {
  const std::vector<Change> load = basket_load(3'000);
  run(open(), load, [&] {
    for (int i = 0; i < 2; ++i) {
      broker_->set_down(true);
      pass(300);
      broker_->set_down(false);
      pass(300);
    }
  });
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

/// No message's own time limit is near: that all brokers are away is what ends it.
TEST_F(KafkaBadLuck, ABrokerThatStaysAwayIsGivenUpLongBeforeItsMessagesTimeOut) {
  address_.properties = {{"message.timeout.ms", "300000"}};
  const std::vector<Change> load = basket_load(3'000);
  run(open(), load, [&] { broker_->set_down(true); });
  EXPECT_THAT(first_failure_.reason(), HasSubstr("could be reached for too long"));
  EXPECT_GT(outcomes_.count(Outcome::Committed), 0);
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 0) << "never sent";
  broker_->set_down(false);
  EXPECT_THAT(differences(load), IsEmpty());
}

TEST_F(KafkaBadLuck, ABrokerThatAnswersLateDelaysOutcomesAndNothingElse) {
  const std::vector<Change> load = basket_load(1'500);
  run(open(), load, [&] { broker_->set_delay(400); });
  broker_->set_delay(0);
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
  EXPECT_EQ(messages_, static_cast<std::int64_t>(load.size()));
}

TEST_F(KafkaBadLuck, ATopicThatIsDeletedEndsTheWriterAndIsNamed) {
  address_.properties = {{"topic.metadata.propagation.max.ms", "200"}, {"message.timeout.ms", "5000"}};
  const std::vector<Change> load = basket_load(1'500);
  run(open(), load, [&] { broker_->set_deleted("baskets", true); });
  EXPECT_GT(outcomes_.count(Outcome::Rejected), 0);
  EXPECT_GT(outcomes_.count(Outcome::Withheld), 0);
  for (const Settled& one : outcomes_.all()) {
    if (one.outcome == Outcome::Rejected) {
      EXPECT_THAT(one.code, AnyOf(kUnknownTopic, 188U, 190U, 197U));
    }
  }
  EXPECT_THAT(first_failure_.reason(), HasSubstr("topic"));
  broker_->set_deleted("baskets", false);
  EXPECT_THAT(differences(load), IsEmpty());
}

TEST_F(KafkaBadLuck, MessagesThatTheBrokerFindsTooLargeAreRejectedAndTheirNextVersionsWithheld) {
  const std::vector<Change> load = basket_load(1'500);
  run(open(), load, [&] { broker_->refuse_messages(kMessageTooLarge, 3); });
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_GT(outcomes_.count(Outcome::Rejected), 0);
  for (const Settled& one : outcomes_.all()) {
    if (one.outcome == Outcome::Rejected) {
      EXPECT_EQ(one.code, static_cast<std::uint32_t>(kMessageTooLarge));
    }
  }
  EXPECT_EQ(outcomes_.of(insert(kBasket, 1'499)).outcome, Outcome::Committed);
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(KafkaBadLuck, TransactionsOfADeclaredSizeCommitWhatTheySay) {
  address_.properties["transactional.id"] = "shop";
  const std::vector<Change> load = basket_load(300);
  run(open(7), load, [] {});
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
  std::map<Instant, int> transactions;
  for (const Settled& one : outcomes_.all()) ++transactions[one.acknowledged];
  for (const auto& [at, size] : transactions) EXPECT_LE(size, 7) << "outcomes come with the commit";
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(KafkaBadLuck, ATransactionCommitsAsAWholeOrNotAtAll) {
  address_.properties["transactional.id"] = "shop";
  const std::vector<Change> load = basket_load(600);
  run(open(50), load, [&] { broker_->refuse_messages(kMessageTooLarge, 1); });
  EXPECT_GT(outcomes_.count(Outcome::Rejected), 0);
  EXPECT_EQ(outcomes_.size(), load.size());
  EXPECT_EQ(outcomes_.of(insert(kBasket, 599)).outcome, Outcome::Committed) << "the next one goes through";
  EXPECT_THAT(first_failure_.reason(), IsEmpty());
}

TEST_F(KafkaBadLuck, ABrokerThatIsBouncedDoesNotHarmTransactions) {
  address_.properties["transactional.id"] = "shop";
  const std::vector<Change> load = basket_load(600);
  run(open(50), load, [&] {
    broker_->set_down(true);
    pass(300);
    broker_->set_down(false);
  });
  EXPECT_THAT(differences(load), IsEmpty());
  EXPECT_EQ(outcomes_.count(Outcome::Committed), static_cast<std::int64_t>(load.size()));
}

/// Negative control, as for tables.
TEST_F(KafkaBadLuck, AWriterThatReportsCommittedWithoutSendingIsCaught) {
  const std::vector<Change> load = basket_load(100);
  run(std::make_shared<NullWriter>(lane_, clock_), load, [] {});
  EXPECT_THAT(differences(load), Contains("B-000099: version 1 was reported, 0 is there"));
}

}  // namespace
}  // namespace freshet
