// A small shop for the judge's tests: baskets with lines, a payment each, two views over them; and Rows whose lives and
// contents a test writes by hand.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/rows.h"
#include "scenarios/model/scenario.h"

namespace freshet::test {

inline constexpr EntityId kBasket{0}, kPayment{1};
inline constexpr ViewId kCompleted{0}, kLines{1};

/// Columns of the entities' records.
enum BasketColumn { kBasketInvoice, kBasketStore, kBasketNote, kBasketItems };
enum PaymentColumn { kPaymentInvoice, kPaymentStatus, kPaymentClerk };
/// Columns of view "completed" and of view "lines".
enum CompletedColumn { kCompletedInvoice, kCompletedStore, kCompletedItems, kCompletedStatus };
enum LinesColumn { kLinesInvoice, kLinesLine, kLinesStore, kLinesQuantity };

inline ExpressionPtr make(Expression::Construct construct) {
  return std::make_shared<Expression>(Expression{std::move(construct), {}, {}});
}

inline ViewColumn input_column(const std::string& name, ColumnType type, std::size_t input, std::size_t column) {
  return {name, std::move(type), ViewColumn::Source::Input, input, ColumnIndex{column}, {}};
}

/// basket(invoice, store, note, items[product, quantity]) · payment(invoice, status, clerk), per basket, with a life
/// completed = basket ⋈ payment: invoice, store, items, status        (no note, no clerk)
/// lines = completed unnested: invoice, line, store, quantity         (nothing of the payment, no product)
inline Scenario shop() {
  const ColumnType text{Kind::Text, 0, 40, nullptr};
  const ColumnType integer{Kind::Integer, 0, 0, nullptr};
  const auto item =
      std::make_shared<const RecordType>(RecordType{{Column{"product", text}, Column{"quantity", integer}}});
  const ColumnType items{Kind::List, 0, 0, item};

  Scenario scenario;
  scenario.name = "shop";
  scenario.warm_up = 1 * kMicrosPerSecond;

  constructs::List list;
  list.fields = {Field{"product", make(constructs::Draw{}), {}}, Field{"quantity", make(constructs::Draw{}), {}}};
  Entity basket;
  basket.name = "basket";
  basket.key_field = "invoice";
  basket.key = make(constructs::Uuid{});
  basket.fields = {Field{"store", make(constructs::Choice{}), {}}, Field{"note", make(constructs::Draw{}), {}},
                   Field{"items", make(list), {}}};
  basket.record = {{Column{"invoice", text}, Column{"store", text}, Column{"note", text}, Column{"items", items}}};

  Entity payment;
  payment.name = "payment";
  payment.per = kBasket;
  payment.key_field = "invoice";
  payment.key = make(constructs::Path{"invoice", ColumnIndex{kPaymentInvoice}, constructs::Path::Record::Parent});
  payment.fields = {Field{"status", make(constructs::State{}), {}}, Field{"clerk", make(constructs::Draw{}), {}}};
  payment.life = {LifeState{"authorised", {}, {std::size_t{1}}, {1}, {}, false},
                  LifeState{"captured", {}, {std::nullopt}, {1}, {}, false}};
  payment.record = {{Column{"invoice", text}, Column{"status", text}, Column{"clerk", text}}};
  scenario.entities = {basket, payment};

  Load arrivals;
  arrivals.entity = kBasket;
  arrivals.stages = {Stage{100, 100, 10 * kMicrosPerSecond}};
  scenario.load = {arrivals};

  View completed;
  completed.name = "completed";
  completed.inputs = {{kBasket, std::nullopt, ColumnIndex{kBasketInvoice}},
                      {kPayment, std::nullopt, ColumnIndex{kPaymentInvoice}}};
  completed.columns = {input_column("invoice", text, 0, kBasketInvoice), input_column("store", text, 0, kBasketStore),
                       input_column("items", items, 0, kBasketItems), input_column("status", text, 1, kPaymentStatus)};
  completed.key = {ColumnIndex{kCompletedInvoice}};
  completed.versions_of = {kBasket, kPayment};

  View lines;
  lines.name = "lines";
  lines.inputs = {{std::nullopt, kCompleted}};
  lines.unnest_column = ColumnIndex{kCompletedItems};
  lines.columns = {input_column("invoice", text, 0, kCompletedInvoice),
                   {"line", integer, ViewColumn::Source::Line, 0, {}, {}},
                   input_column("store", text, 0, kCompletedStore),
                   {"quantity", integer, ViewColumn::Source::Item, 0, ColumnIndex{1}, {}}};
  lines.key = {ColumnIndex{kLinesInvoice}, ColumnIndex{kLinesLine}};
  lines.versions_of = {kBasket, kPayment};

  scenario.views = {completed, lines};
  for (View& view : scenario.views) {
    for (const ViewColumn& column : view.columns) view.record.columns.push_back({column.name, column.type});
  }
  scenario.observe = {{kCompleted, "completed", 0, {}}, {kLines, "lines", 0, {}}};
  return scenario;
}

/// As shop(), with background updates of the basket's named field.
inline Scenario shop_that_updates(const std::string& field) {
  Scenario scenario = shop();
  Load updates;
  updates.entity = kBasket;
  updates.changes = loads::Updates{{}, {Field{field, make(constructs::Draw{}), {}}}};
  scenario.load.push_back(updates);
  return scenario;
}

/// Makes the updates of shop_that_updates() set one more field.
inline void also_update(Scenario& scenario, const std::string& field) {
  std::get<loads::Updates>(scenario.load.back().changes).set.push_back(Field{field, make(constructs::Draw{}), {}});
}

struct BasketImage {
  std::string invoice;
  std::string store = "S1";
  std::string note = "n";
  std::vector<int> quantities = {1, 2};
  std::string product = "P";
};
struct PaymentImage {
  std::string invoice;  ///< empty: null
  std::string status = "authorised";
  std::string clerk = "C";
};

inline std::string invoice_of(Ordinal ordinal) { return "I" + std::to_string(ordinal); }

inline BasketImage basket_of(Ordinal ordinal, std::vector<int> quantities = {1, 2}, std::string store = "S1") {
  BasketImage image;
  image.invoice = invoice_of(ordinal);
  image.quantities = std::move(quantities);
  image.store = std::move(store);
  return image;
}

inline constexpr Ordinal kCanary = 1'000'000'000;

/// Rows by hand. Without further words every basket lives from version 1 on, is paid once and has two lines.
class FakeRows : public Rows {
 public:
  explicit FakeRows(const Scenario& scenario, Ordinal count = 10) : scenario_(scenario), count_(count) {}

  std::function<BasketImage(Ordinal, Version)> basket = [](Ordinal ordinal, Version) { return basket_of(ordinal); };
  std::function<PaymentImage(Ordinal, Version)> payment = [](Ordinal ordinal, Version version) {
    PaymentImage image;
    image.invoice = invoice_of(ordinal);
    image.status = "status" + std::to_string(version);
    return image;
  };
  std::function<std::vector<LifeEvent>(EntityId, Ordinal)> life = [](EntityId, Ordinal ordinal) {
    return std::vector<LifeEvent>{{1, Operation::Insert, ordinal >= kCanary ? Phase::Canary : Phase::Measured, {}}};
  };
  std::vector<Ordinal> canary_ordinals;

  [[nodiscard]] const RecordType& type_of(EntityId entity) const override { return scenario_.entity(entity).record; }

  void row(EntityId entity, Ordinal ordinal, Version version, Row& out) const override {
    out.reset(type_of(entity).width());
    const auto set = [&](int column, const std::string& text) {
      const Cell cell = text.empty() ? null_cell() : out.add_text(text);
      out.cells[static_cast<std::size_t>(column)] = cell;
    };
    if (entity == kPayment) {
      const PaymentImage image = payment(ordinal, version);
      set(kPaymentInvoice, image.invoice);
      set(kPaymentStatus, image.status);
      set(kPaymentClerk, image.clerk);
      return;
    }
    const BasketImage image = basket(ordinal, version);
    set(kBasketInvoice, image.invoice);
    set(kBasketStore, image.store);
    set(kBasketNote, image.note);
    const Cell list = out.add_list(image.quantities.size(), 2);
    out.cells[kBasketItems] = list;
    for (std::size_t i = 0; i < image.quantities.size(); ++i) {
      const Cell product = out.add_text(image.product);
      out.cells[list.begin + 2 * i] = product;
      out.cells[list.begin + 2 * i + 1] = integer_cell(image.quantities[i]);
    }
  }

  [[nodiscard]] std::optional<Ordinal> ordinal_of(EntityId, std::string_view key) const override {
    if (key.size() < 2 || key[0] != 'I' || key.find_first_not_of("0123456789", 1) != key.npos) return std::nullopt;
    return std::stoull(std::string(key.substr(1)));
  }
  void life_of(EntityId entity, Ordinal ordinal, std::vector<LifeEvent>& out) const override {
    const std::vector<LifeEvent> events = life(entity, ordinal);
    out.insert(out.end(), events.begin(), events.end());
  }
  [[nodiscard]] Ordinal count(EntityId) const override { return count_; }
  [[nodiscard]] std::vector<Ordinal> canaries(EntityId) const override { return canary_ordinals; }

 private:
  const Scenario& scenario_;
  Ordinal count_;
};

/// A life of these operations, versions 1, 2, 3…
inline std::vector<LifeEvent> life_with(const std::vector<Operation>& operations) {
  std::vector<LifeEvent> life;
  for (const Operation operation : operations) {
    life.push_back({static_cast<Version>(life.size() + 1), operation, Phase::Measured, {}});
  }
  return life;
}

/// A settled change. Instants in milliseconds; released 1 ms before it was acknowledged.
inline Settled settle(EntityId entity, Ordinal ordinal, Version version, Operation operation, std::int64_t at_ms,
                      Outcome outcome = Outcome::Committed) {
  Settled settled;
  settled.change = {entity,
                    operation,
                    ordinal >= kCanary ? Phase::Canary : Phase::Measured,
                    version,
                    ordinal,
                    ordinal,
                    Micros{(at_ms - 2) * 1000}};
  settled.outcome = outcome;
  settled.released = Instant{(at_ms - 1) * kNanosPerMilli};
  settled.acknowledged = Instant{at_ms * kNanosPerMilli};
  return settled;
}

inline std::string line_key(Ordinal ordinal, int line) {
  return invoice_of(ordinal) + kKeySeparator + std::to_string(line);
}

}  // namespace freshet::test
