// How a scenario says what a transaction holds and what goes with a message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scenarios/loader/problem_case.h"

namespace freshet {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string shop_with(const std::string& from, const std::string& to) {
  std::string text = kShop;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}
Loaded load(const std::string& from, const std::string& to) { return parse_scenario(shop_with(from, to), "shop.json"); }
std::vector<std::string> problems(const std::string& from, const std::string& to) {
  std::vector<std::string> texts;
  for (const Problem& problem : load(from, to).problems) texts.push_back(problem.text());
  return texts;
}
const WriteTarget& target_of(const Scenario& scenario, const std::string& entity) {
  return *std::find_if(scenario.write.begin(), scenario.write.end(),
                       [&](const WriteTarget& write) { return scenario.entity(write.entity).name == entity; });
}

constexpr const char* kProducts = R"({"mysql": {"table": "products"}})";
constexpr const char* kOrders = R"("format": "json", "partitions": 4)";

TEST(Delivery, ATransactionHoldsTwoHundredChangesUnlessSaidOtherwise) {
  const Loaded plain = parse_scenario(kShop, "shop.json");
  EXPECT_EQ(std::get<MysqlTarget>(target_of(*plain.scenario, "product").target).commit,
            (Commit{Commit::Unit::Changes, 200}));
  const Loaded single = load(kProducts, R"({"mysql": {"table": "products", "commit": {"changes": 1}}})");
  ASSERT_TRUE(single.scenario.has_value());
  EXPECT_EQ(std::get<MysqlTarget>(target_of(*single.scenario, "product").target).commit,
            (Commit{Commit::Unit::Changes, 1}));
}

TEST(Delivery, TablesOfOneConnectionShareTheirTransactions) {
  const Loaded loaded = load(kProducts, R"({"mysql": {"table": "products", "commit": {"events": 3}}})");
  ASSERT_TRUE(loaded.scenario.has_value());
  EXPECT_EQ(std::get<MysqlTarget>(target_of(*loaded.scenario, "payment").target).commit,
            (Commit{Commit::Unit::Events, 3}));

  std::string text = shop_with(kProducts, R"({"mysql": {"table": "products", "commit": {"events": 3}}})");
  const std::string payments = R"("table": "payments", "connection": "mysql")";
  text.replace(text.find(payments), payments.size(), payments + R"(, "commit": {"changes": 3})");
  const Loaded refused = parse_scenario(text, "shop.json");
  EXPECT_FALSE(refused.scenario.has_value());
  EXPECT_THAT(refused.problems.front().text(), HasSubstr("/write/payment/mysql/commit"));
}

TEST(Delivery, WrongCommitsAreNamed) {
  EXPECT_THAT(problems(kProducts, R"({"mysql": {"table": "products", "commit": {"changes": 0}}})"),
              Contains(HasSubstr("/write/product/mysql/commit/changes")));
  EXPECT_THAT(problems(kProducts, R"({"mysql": {"table": "products", "commit": {}}})"),
              Contains(HasSubstr(R"(one of {"changes": 200} and {"events": 1})")));
  EXPECT_THAT(problems(kProducts, R"({"mysql": {"table": "products", "commit": {"event": 1}}})"),
              Contains(HasSubstr("events")));
}

TEST(Delivery, AMessageHasHeadersCompressionAndTransactionsWhereDeclared) {
  const Loaded loaded = load(kOrders, R"("partitions": 4, "headers": true, "compression": "lz4", "transaction": 100)");
  ASSERT_TRUE(loaded.scenario.has_value());
  const auto& topic = std::get<KafkaTarget>(target_of(*loaded.scenario, "order").target);
  EXPECT_TRUE(topic.headers);
  EXPECT_EQ(topic.compression, "lz4");
  EXPECT_EQ(topic.transaction, 100);
  EXPECT_THAT(problems(kOrders, R"("compression": "zip")"), Contains(HasSubstr("\"snappy\"")));
}

TEST(Delivery, ATopicBesideATableIsItsMirror) {
  const Loaded loaded = load(kProducts, R"({"mysql": {"table": "products"}, "kafka": {"topic": "products"}})");
  ASSERT_TRUE(loaded.scenario.has_value());
  const WriteTarget& product = target_of(*loaded.scenario, "product");
  EXPECT_EQ(std::get<MysqlTarget>(product.target).table, "products");
  ASSERT_TRUE(product.mirror.has_value());
  EXPECT_EQ(product.topic()->topic, "products");
  EXPECT_EQ(target_of(*loaded.scenario, "payment").topic(), nullptr);
  EXPECT_THAT(problems(kProducts, R"({"mysql": {"table": "products"}, "kafka": {"topic": "orders"}})"),
              Contains(HasSubstr("the topic \"orders\" is already used by")));
  EXPECT_THAT(
      problems(kProducts, R"({"mysql": {"table": "products"}, "kafka": {"topic": "products", "transaction": 9}})"),
      Contains(HasSubstr("no transactions of their own")));
}

TEST(Delivery, ATopicMayHaveFaults) {
  const Loaded loaded = load(kOrders, std::string(kOrders) + R"(, "faults": {"duplicate": "1%", "duplicate_after": "2s",
      "drop": 0.005, "poison": "0.1%"})");
  ASSERT_TRUE(loaded.scenario.has_value());
  const auto& faults = std::get<KafkaTarget>(target_of(*loaded.scenario, "order").target).faults;
  ASSERT_TRUE(faults.has_value());
  EXPECT_DOUBLE_EQ(faults->duplicate, 0.01);
  EXPECT_DOUBLE_EQ(faults->drop, 0.005);
  EXPECT_DOUBLE_EQ(faults->poison, 0.001);
  EXPECT_DOUBLE_EQ(std::get<distributions::Constant>(faults->duplicate_after.shape).value, 2e6);
}

TEST(Delivery, MessagesMayBeLateOrOutOfOrder) {
  const Loaded loaded = load(kOrders, std::string(kOrders) + R"(, "faults": {"late": {"share": "2%", "by":
      {"exponential": "5s"}}, "out_of_order": {"share": "1%", "within": "3s"}})");
  ASSERT_TRUE(loaded.scenario.has_value());
  const auto& faults = std::get<KafkaTarget>(target_of(*loaded.scenario, "order").target).faults;
  ASSERT_TRUE(faults.has_value());
  EXPECT_DOUBLE_EQ(faults->late, 0.02);
  EXPECT_DOUBLE_EQ(std::get<distributions::Exponential>(faults->late_by.shape).mean, 5e6);
  EXPECT_DOUBLE_EQ(faults->out_of_order, 0.01);
  EXPECT_DOUBLE_EQ(std::get<distributions::Constant>(faults->overtaken_within.shape).value, 3e6);

  const auto told = problems(kOrders, std::string(kOrders) + R"(, "faults": {"late": {"share": "2%"},
      "out_of_order": {"share": 2, "within": "3s", "by": "1s"}})");
  EXPECT_THAT(told, Contains(HasSubstr(R"(/write/order/kafka/faults/late: no "by")")));
  EXPECT_THAT(told, Contains(HasSubstr("/write/order/kafka/faults/out_of_order/share")));
  EXPECT_THAT(told, Contains(HasSubstr(R"(unknown key "by", expected share or within)")));
  EXPECT_THAT(problems(kOrders, std::string(kOrders) + R"(, "faults": {"late": "2%"})"),
              Contains(HasSubstr("/write/order/kafka/faults/late")));
}

TEST(Delivery, FaultsThatMakeNoSenseAreAllReported) {
  const auto told =
      problems(kOrders, std::string(kOrders) + R"(, "faults": {"duplicates": "1%", "duplicate_after": "soon",
      "drop": "120%"})");
  EXPECT_THAT(told, Contains(HasSubstr(R"(unknown key "duplicates")")));
  EXPECT_THAT(told, Contains(HasSubstr("/write/order/kafka/faults/drop")));
  EXPECT_THAT(told, Contains(HasSubstr("/write/order/kafka/faults/duplicate_after")));
  EXPECT_THAT(told, Contains(HasSubstr(R"("duplicate_after" without "duplicate")")));
}

TEST(Delivery, AMirrorOfATableHasNoFaults) {
  const auto told =
      problems(kProducts, R"({"mysql": {"table": "products"}, "kafka": {"topic": "p", "faults": {"drop": "1%"}}})");
  EXPECT_THAT(told, Contains(HasSubstr("faults of messages that mirror the commits of a table")));
}

TEST(AClosedLoop, HasNoGatesOfASchedule) {
  std::string text = shop_with(R"("seed": 7,)", R"("seed": 7, "closed_loop": {"in_flight": 8},)");
  const std::string gates = R"("lost == 0")";
  text.replace(text.find(gates), gates.size(),
               R"("p99 wait < 1s", "achieved_rate >= 99%", "p99 end_to_end < 1s", "p99 service < 1s")");
  const Loaded loaded = parse_scenario(text, "shop.json");
  ASSERT_EQ(loaded.problems.size(), 3u);
  for (const Problem& problem : loaded.problems) {
    EXPECT_THAT(problem.text(), HasSubstr("in a closed loop, which has no schedule to keep")) << problem.text();
  }
}

}  // namespace
}  // namespace freshet
