// Whole runs on Apache Kafka as a user's broker: topics that the run creates and deletes, a broker that is killed, a
// topic that is deleted, messages that are refused; and what `freshet clean` may drop. script/test stack fetches the
// broker; elsewhere the tests are skipped.
#include <gmock/gmock.h>
#include <unistd.h>

#include "app/run_account.h"
#include "clients/mysql/mysql.h"
#include "servers/mariadb_server.h"
#include "servers/real_kafka.h"

namespace freshet {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int kTimeoutMs = 30'000;

class RunOnKafka : public testing::Test {
 protected:
  void SetUp() override {
    if (fixture::RealKafka::tree().empty()) GTEST_SKIP() << "no Apache Kafka here: script/test stack fetches it";
    kafka_ = std::make_unique<fixture::RealKafka>(broker_properties_);
    ASSERT_TRUE(kafka::create_topic(kafka_->address(), "theirs", 1, kTimeoutMs).ok());
    mariadb_ = MariadbServer::start({}).value();
    mysql::Address root;
    root.socket = mariadb_->socket();
    root.user = "root";
    ASSERT_TRUE(mysql::Connection::open(root)->execute("CREATE DATABASE shop").ok());
  }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"FRESHET_MYSQL", "mysql://root@localhost/shop?socket=" + mariadb_->socket()},
            {"FRESHET_KAFKA", "kafka://" + kafka_->address().bootstrap + client_properties_}};
  }
  Said say(const std::string& arguments) {
    std::string before;
    for (const auto& [name, value] : environment()) before += name + "='" + value + "' ";
    return freshet(folder_, arguments, before);
  }
  [[nodiscard]] std::string arguments(const std::string& more = "") const {
    return "run " + scenario("split-sales") + " --out " + folder_.path() + "/out --drain 20s " + small_load() + more;
  }
  /// Does it some way into the load, and waits for the end.
  Said run(const std::function<void()>& mischief) {
    Running running(folder_, arguments(), "measured", environment());
    ::sleep(1);
    mischief();
    return running.ended();
  }
  [[nodiscard]] std::vector<std::string> topics() const {
    std::vector<std::string> names;
    const auto found = kafka::topics(kafka_->address(), kTimeoutMs);
    EXPECT_TRUE(found.ok());
    for (const auto& [name, partitions] : found.value()) {
      if (!name.starts_with("__")) names.push_back(name);  // the broker's own
    }
    return names;
  }
  void expect_all_committed() const {
    const nlohmann::json result = result_of(folder_);
    expect_equal_audit(result);
    EXPECT_GT(sum_of(result, "scheduled"), 500);
    EXPECT_EQ(sum_of(result, "committed"), sum_of(result, "scheduled"));
  }

  std::map<std::string, std::string> broker_properties_;
  std::string client_properties_;
  Folder folder_;
  std::unique_ptr<fixture::RealKafka> kafka_;
  std::unique_ptr<MariadbServer> mariadb_;
};

TEST_F(RunOnKafka, MakesItsTopicsAndTakesThemDown) {
  const Said said = say(arguments("--set /write/basket/kafka/compression='\"zstd\"' "));
  EXPECT_THAT(said.exit_code, AnyOf(0, 6)) << said.out << said.err;  // a busy machine may be late
  expect_all_committed();
  EXPECT_THAT(topics(), ElementsAre("theirs"));
}

TEST_F(RunOnKafka, InTransactionsIsTheSame) {
  const Said said = say(arguments("--set /write/basket/kafka/transaction=100 "));
  EXPECT_THAT(said.exit_code, AnyOf(0, 6)) << said.out << said.err;
  expect_all_committed();
}

TEST_F(RunOnKafka, ABrokerThatIsKilledAndStartedAgainLosesNothing) {
  const Said said = run([&] {
    kafka_->kill();
    kafka_->start();
  });
  EXPECT_THAT(said.exit_code, AnyOf(0, 6)) << said.out;
  expect_all_committed();
}

TEST_F(RunOnKafka, ATopicThatIsDeletedEndsTheRunAndIsNamed) {
  const Said said = run([&] { ASSERT_TRUE(kafka::delete_topic(kafka_->address(), "salesbaskets", kTimeoutMs).ok()); });
  EXPECT_EQ(said.exit_code, 8) << said.out;
  EXPECT_THAT(said.out, HasSubstr("topic"));
  const nlohmann::json result = result_of(folder_);
  EXPECT_EQ(result["verdict"], "unreachable");
  EXPECT_EQ(sum_of(result, "scheduled"), sum_of(result, "committed") + sum_of(result, "rejected") +
                                             sum_of(result, "unknown") + sum_of(result, "withheld"));
  EXPECT_GT(sum_of(result, "rejected") + sum_of(result, "withheld"), 0);
}

class RunOnKafkaOfSmallMessages : public RunOnKafka {
 protected:
  RunOnKafkaOfSmallMessages() {
    broker_properties_["message.max.bytes"] = "1400";  // of a batch: the largest baskets do not fit
    client_properties_ = "?batch.size=1000";
  }
};

TEST_F(RunOnKafkaOfSmallMessages, WhatIsTooLargeIsRejectedAndTheAuditKnows) {
  const Said said = say(arguments());
  EXPECT_EQ(said.exit_code, 6) << said.out << said.err;
  const nlohmann::json result = result_of(folder_);
  expect_equal_audit(result);
  EXPECT_GT(result["load"]["changes"]["basket"]["insert"]["rejected"], 0);
  EXPECT_GT(result["load"]["changes"]["basket"]["insert"]["committed"], 0);
  EXPECT_GT(result["load"]["changes"]["payment"]["insert"]["withheld"], 0) << "their baskets are not there";
}

TEST_F(RunOnKafka, WhatIsKeptIsDroppedByCleanAndNothingElse) {
  ASSERT_THAT(say(arguments("--keep")).exit_code, AnyOf(0, 6));
  EXPECT_THAT(topics(), ElementsAre("salesbaskets", "theirs"));
  const std::string clean = "clean " + scenario("split-sales");
  const Said only_said = say(clean + " --dry-run");
  EXPECT_EQ(only_said.exit_code, 0) << only_said.err;
  EXPECT_THAT(only_said.out, HasSubstr("would drop " + kafka_->address().bootstrap + ": topic salesbaskets"));
  EXPECT_THAT(only_said.out, Not(HasSubstr("theirs")));
  EXPECT_THAT(topics(), ElementsAre("salesbaskets", "theirs"));
  const Said cleaned = say(clean);
  EXPECT_EQ(cleaned.exit_code, 0) << cleaned.err;
  EXPECT_THAT(cleaned.out, HasSubstr("dropped " + kafka_->address().bootstrap + ": topic salesbaskets"));
  EXPECT_THAT(topics(), ElementsAre("theirs"));
  EXPECT_THAT(say(clean).out, HasSubstr("nothing was left"));
}

}  // namespace
}  // namespace freshet
