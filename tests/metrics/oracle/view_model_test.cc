// The judge's model of a view: which rows it must hold, and which versions of its inputs it can tell apart.
#include "metrics/oracle/view_model.h"

#include <gtest/gtest.h>

#include "metrics/fake_shop.h"

namespace freshet {
namespace {

using test::FakeRows;
using test::kBasket;
using test::kCompleted;
using test::kLines;
using test::kPayment;

std::vector<std::string> json_of(const ViewModel& model, const View& view, Ordinal root,
                                 const std::vector<Version>& versions) {
  std::vector<ExpectedRow> rows;
  model.rows(root, versions, rows);
  std::vector<std::string> texts;
  for (const ExpectedRow& row : rows) {
    texts.emplace_back();
    append_json_object(row.image, 0, view.record, texts.back());
  }
  return texts;
}

TEST(ViewModel, JoinsTheLivingInputsOfARoot) {
  const Scenario scenario = test::shop();
  const FakeRows rows(scenario);
  const ViewModel model(scenario, rows, kCompleted);
  const View& view = scenario.view(kCompleted);
  const std::vector<std::string> expected = {
      R"({"invoice":"I4","store":"S1","items":[{"product":"P","quantity":1},{"product":"P","quantity":2}],)"
      R"("status":"status2"})"};
  EXPECT_EQ(json_of(model, view, 4, {1, 2}), expected);
  EXPECT_TRUE(json_of(model, view, 4, {1, 0}).empty());
  EXPECT_TRUE(json_of(model, view, 4, {0, 2}).empty());
}

TEST(ViewModel, JoinsOnEqualityAndNeverOnNull) {
  const Scenario scenario = test::shop();
  FakeRows rows(scenario);
  const ViewModel model(scenario, rows, kCompleted);
  rows.payment = [](Ordinal, Version version) {
    test::PaymentImage image;
    image.invoice = version == 1 ? "I9" : version == 2 ? "" : "I4";
    return image;
  };
  EXPECT_TRUE(json_of(model, scenario.view(kCompleted), 4, {1, 1}).empty());
  EXPECT_TRUE(json_of(model, scenario.view(kCompleted), 4, {1, 2}).empty());
  EXPECT_EQ(json_of(model, scenario.view(kCompleted), 4, {1, 3}).size(), 1u);
  rows.basket = [](Ordinal, Version) { return test::BasketImage{}; };  // null on both sides
  EXPECT_TRUE(json_of(model, scenario.view(kCompleted), 4, {1, 2}).empty());
}

TEST(ViewModel, UnnestsWithLineNumbersFromOne) {
  const Scenario scenario = test::shop();
  FakeRows rows(scenario);
  rows.basket = [](Ordinal ordinal, Version) { return test::basket_of(ordinal, {5, 6, 7}); };
  const ViewModel model(scenario, rows, kLines);
  std::vector<ExpectedRow> lines;
  model.rows(3, std::vector<Version>{1, 1}, lines);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].key, test::line_key(3, 1));
  EXPECT_EQ(lines[2].key, test::line_key(3, 3));
  EXPECT_EQ(lines[2].line, 3u);
  const std::vector<std::string> texts = json_of(model, scenario.view(kLines), 3, {1, 1});
  EXPECT_EQ(texts[1], R"({"invoice":"I3","line":2,"store":"S1","quantity":6})");
  model.rows(3, std::vector<Version>{1, 0}, lines);
  EXPECT_TRUE(lines.empty());
}

TEST(ViewModel, UnnestsAnEmptyListToNothing) {
  const Scenario scenario = test::shop();
  FakeRows rows(scenario);
  rows.basket = [](Ordinal ordinal, Version) { return test::basket_of(ordinal, {}); };
  EXPECT_TRUE(json_of(ViewModel(scenario, rows, kLines), scenario.view(kLines), 3, {1, 1}).empty());
  EXPECT_EQ(json_of(ViewModel(scenario, rows, kCompleted), scenario.view(kCompleted), 3, {1, 1}).size(), 1u);
}

TEST(ViewModel, LocatesARowByItsKey) {
  const Scenario scenario = test::shop();
  const FakeRows rows(scenario);
  const ViewModel model(scenario, rows, kLines);
  std::vector<ExpectedRow> lines;
  model.rows(7, std::vector<Version>{1, 1}, lines);
  Ordinal root = 0;
  std::uint32_t line = 0;
  ASSERT_TRUE(model.locate(lines[1].image, root, line));
  EXPECT_EQ(root, 7u);
  EXPECT_EQ(line, 2u);
}

TEST(ViewModel, DoesNotLocateKeysThatThisRunNeverWrites) {
  const Scenario scenario = test::shop();
  const FakeRows rows(scenario);
  const ViewModel model(scenario, rows, kLines);
  Ordinal root = 0;
  std::uint32_t line = 0;
  Row row;
  const auto locates = [&](const std::string& invoice, Cell line_cell) {
    row.reset(4);
    const Cell cell = row.add_text(invoice);
    row.cells[0] = cell;
    row.cells[1] = line_cell;
    return model.locate(row, root, line);
  };
  EXPECT_TRUE(locates("I1", integer_cell(1)));
  EXPECT_FALSE(locates("somebody else's", integer_cell(1)));
  EXPECT_FALSE(locates("I1", null_cell()));
  EXPECT_FALSE(locates("I1", integer_cell(0)));
  EXPECT_FALSE(locates("I1", integer_cell(std::int64_t{1} << 40)));
}

TEST(ViewModel, IgnoresUpdatesThatTheDeclarationKeepsAwayFromTheView) {
  const Scenario scenario = test::shop();
  const FakeRows rows(scenario);
  EXPECT_TRUE(ViewModel(scenario, rows, kCompleted).ignores_updates(0));   // nothing updates a basket
  EXPECT_FALSE(ViewModel(scenario, rows, kCompleted).ignores_updates(1));  // status is the state
  EXPECT_TRUE(ViewModel(scenario, rows, kLines).ignores_updates(1));       // shows nothing of a payment

  const Scenario notes = test::shop_that_updates("note");
  EXPECT_TRUE(ViewModel(notes, rows, kCompleted).ignores_updates(0));
  const Scenario stores = test::shop_that_updates("store");
  EXPECT_FALSE(ViewModel(stores, rows, kLines).ignores_updates(0));
  const Scenario items = test::shop_that_updates("items");
  EXPECT_FALSE(ViewModel(items, rows, kLines).ignores_updates(0));
}

TEST(ViewModel, IgnoresNoUpdateOfAComputedColumnWhoseSourceChanges) {
  Scenario scenario = test::shop_that_updates("note");
  scenario.entities[0].fields[0].value = test::make(constructs::Path{"note", ColumnIndex{test::kBasketNote}});
  const FakeRows rows(scenario);
  EXPECT_FALSE(ViewModel(scenario, rows, kLines).ignores_updates(0));
}

TEST(ViewModel, TheEffectiveVersionIsTheLatestThatTheViewCanTellApart) {
  const Scenario scenario = test::shop_that_updates("items");
  FakeRows rows(scenario);
  rows.life = [](EntityId, Ordinal) {
    return test::life_with({Operation::Insert, Operation::Update, Operation::Update, Operation::Update,
                            Operation::Delete, Operation::Insert});
  };
  rows.basket = [](Ordinal ordinal, Version version) {
    test::BasketImage image;
    image.invoice = test::invoice_of(ordinal);
    image.note = std::to_string(version);          // shown nowhere
    image.product = version >= 2 ? "new" : "old";  // shown in completed
    if (version >= 4) image.quantities = {9, 9};   // shown in both
    return image;
  };
  const ViewModel completed(scenario, rows, kCompleted);
  const ViewModel lines(scenario, rows, kLines);
  EXPECT_EQ(completed.effective(0, 1, 1), 1u);
  EXPECT_EQ(completed.effective(0, 1, 3), 2u);
  EXPECT_EQ(completed.effective(0, 1, 4), 4u);
  EXPECT_EQ(lines.effective(0, 1, 3), 1u);
  EXPECT_EQ(lines.effective(0, 1, 4), 4u);
  EXPECT_EQ(lines.effective(0, 1, 5), 5u);  // a delete
  EXPECT_EQ(lines.effective(0, 1, 6), 6u);  // a re-insert shows, even of the same image
  EXPECT_EQ(lines.effective(0, 1, 0), 0u);
  EXPECT_EQ(lines.effective(1, 1, 4), 1u);  // a payment's updates are not in lines
}

}  // namespace
}  // namespace freshet
