// Targets of backends that the loader knows by their form alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scenarios/loader/problem_case.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool is_short(std::string_view text) { return !text.empty() && text.size() < 10; }

/// One that says where it is, and one that needs a connection.
const TargetForms kForms = {
    {"paper",
     "page",
     "page",
     "book",
     {{"book", true, "a short name", R"("diary")", is_short}, {"page", false, "a short name", R"("one")", is_short}}},
    {"radio", "channel", "channel", "", {{"channel", true, "a short name", R"("news")", is_short}}},
};

Loaded load(const std::string& product, const std::string& payment, const TargetForms& forms = kForms) {
  std::string text = kShop;
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  replace(R"({"mysql": {"table": "products"}})", product);
  replace(R"({"mysql": {"table": "payments", "connection": "mysql"}})", payment);
  return parse_scenario(text, "shop.json", {}, forms);
}
/// The errors.
std::vector<std::string> problems(const std::string& product) {
  std::vector<std::string> texts;
  for (const Problem& problem : load(product, R"({"paper": {"book": "diary"}})").problems) {
    if (problem.severity == Problem::Severity::Error) texts.push_back(problem.text());
  }
  return texts;
}
const OtherTarget& target_of(const Scenario& scenario, const std::string& entity) {
  const auto found = std::ranges::find(scenario.write, *scenario.find_entity(entity), &WriteTarget::entity);
  return std::get<OtherTarget>(found->target);
}

TEST(ATargetByForm, HasItsOptionsAndAnUndeclaredConnection) {
  const Loaded loaded = load(R"({"paper": {"book": "diary", "page": "one"}})", R"({"paper": {"book": "diary"}})");
  ASSERT_TRUE(loaded.scenario.has_value()) << texts(loaded);
  const OtherTarget& product = target_of(*loaded.scenario, "product");
  const OtherTarget& payment = target_of(*loaded.scenario, "payment");
  EXPECT_EQ(product.name, "one");
  EXPECT_EQ(payment.name, "payment") << "the entity's";
  EXPECT_EQ(product.options.at("book"), "diary");
  EXPECT_EQ(product.connection, payment.connection);
  const Connection& connection = loaded.scenario->connections[product.connection];
  EXPECT_EQ(connection.backend, "paper");
  EXPECT_EQ(connection.url, "diary");
  EXPECT_FALSE(connection.declared);
}

TEST(ATargetByForm, IsAnUnknownKeyWithoutTheForm) {
  const Loaded loaded = load(R"({"paper": {"book": "diary"}})", R"({"paper": {"book": "diary"}})", {});
  ASSERT_FALSE(loaded.scenario.has_value());
  EXPECT_THAT(loaded.problems.front().text(), HasSubstr("unknown key \"paper\""));
}

TEST(ATargetByForm, ReportsItsMistakes) {
  EXPECT_THAT(problems(R"({"paper": {"book": "diary"}})"), IsEmpty()) << "the control";
  EXPECT_THAT(problems(R"({"papr": {"book": "diary"}})"), ElementsAre(HasSubstr("paper")));
  EXPECT_THAT(problems(R"({"paper": {"boook": "diary"}})"), ElementsAre(HasSubstr("unknown key \"boook\"")));
  EXPECT_THAT(problems(R"({"paper": {}})"), ElementsAre(HasSubstr("\"book\": \"diary\"")));
  EXPECT_THAT(problems(R"({"paper": {"book": 7}})"), ElementsAre(HasSubstr("a short name")));
  EXPECT_THAT(problems(R"({"paper": {"book": "a very long name"}})"), ElementsAre(HasSubstr("a short name")));
  EXPECT_EQ(problems(R"({"paper": "diary"})").size(), 1U);
}

TEST(ATargetByForm, StandsAloneAndFillsWhatNoOtherTargetFills) {
  EXPECT_THAT(problems(R"({"paper": {"book": "diary"}, "mysql": {"table": "products"}})"),
              ElementsAre(HasSubstr("\"mysql\" beside \"paper\"")));
  EXPECT_THAT(problems(R"({"paper": {"book": "diary", "page": "Payment"}})"),
              ElementsAre(HasSubstr("the page \"payment\" is already used by \"product\"")));
  EXPECT_THAT(problems(R"({"paper": {"book": "other", "page": "payment"}})"), IsEmpty()) << "another book";
}

TEST(ATargetByForm, WithoutAPlaceOfItsOwnNeedsAConnection) {
  EXPECT_THAT(problems(R"({"radio": {"channel": "news"}})"), ElementsAre(HasSubstr("no connection called \"radio\"")));
  EXPECT_THAT(problems(R"({"radio": {"channel": "news", "connection": "kafka"}})"),
              ElementsAre(HasSubstr("is used for radio and for Kafka")));
}

}  // namespace
}  // namespace freshet
