// A small shop, built by hand: baskets with lines, payments, stores, and views over them.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/column_types.h"
#include "scenarios/model/scenario.h"

namespace freshet::shop {

inline constexpr EntityId kStore{0};
inline constexpr EntityId kBasket{1};
inline constexpr EntityId kPayment{2};

/// Which column of a payment names the basket, and what the key of view "sales" is.
enum class Shape {
  PaymentKeyIsInvoice,  ///< one payment per basket by its key
  ViewKeyIsInvoice,     ///< payments have keys of their own; several may claim one basket's row
  ViewKeyIsPayment,     ///< one row per payment
};

using columns::list_of;
using columns::of;

inline Entity entity(std::string name, std::vector<Column> columns, bool stamp) {
  Entity made;
  made.name = std::move(name);
  made.key_field = columns.front().name;
  made.record.columns = std::move(columns);
  if (stamp) {
    made.version_column = ColumnIndex{made.record.width()};
    made.record.columns.push_back({"version", of(Kind::Integer)});
    made.updated_at_column = ColumnIndex{made.record.width()};
    made.record.columns.push_back({"updated_at", of(Kind::Time)});
  }
  return made;
}

// Columns: store 0 id, 1 name. Basket 0 id, 1 store.id, 2 total, 3 items. Payment 0 id, 1 invoice, 2 paid, 3 status.
inline std::vector<Entity> entities(bool stamp) {
  return {entity("store", {{"id", of(Kind::Text, 0, 40)}, {"name", of(Kind::Text, 0, 20)}}, stamp),
          entity("basket",
                 {{"id", of(Kind::Text, 0, 40)},
                  {"store.id", of(Kind::Text, 0, 40)},
                  {"total", of(Kind::Decimal, 2)},
                  {"items", list_of({{"product.name", of(Kind::Text, 0, 20)},
                                     {"quantity", of(Kind::Integer)},
                                     {"price", of(Kind::Decimal, 2)}})}},
                 stamp),
          entity("payment",
                 {{"id", of(Kind::Text, 0, 40)},
                  {"invoice", of(Kind::Text, 0, 40)},
                  {"paid", of(Kind::Decimal, 2)},
                  {"status", of(Kind::Text, 0, 20)}},
                 stamp)};
}

inline ViewColumn input_column(const std::string& name, const RecordType& record, std::size_t input, const char* from) {
  const ColumnIndex column = record.find(from).value();
  return {name, record[column].type, ViewColumn::Source::Input, input, column, {}};
}

inline void add_view(Scenario& scenario, View view) {
  for (const ViewColumn& column : view.columns) view.record.columns.push_back({column.name, column.type});
  scenario.views.push_back(std::move(view));
}

/// View 0 "sales" = basket ⋈ payment; view 1 "lines" = sales unnested, sale columns only; view 2 "branded" = sales ⋈
/// store on the store's id, a join that reads a view.
inline Scenario scenario(Shape shape = Shape::PaymentKeyIsInvoice, bool stamp = true) {
  Scenario made;
  made.name = "shop";
  made.stamp = stamp;
  made.entities = entities(stamp);
  const RecordType& basket = made.entities[1].record;
  const RecordType& payment = made.entities[2].record;
  const bool by_payment = shape == Shape::ViewKeyIsPayment;

  View sales;
  sales.name = "sales";
  sales.inputs = {{kBasket, std::nullopt, ColumnIndex{0}},
                  {kPayment, std::nullopt, ColumnIndex{shape == Shape::PaymentKeyIsInvoice ? 0U : 1U}}};
  sales.columns = {by_payment ? input_column("id", payment, 1, "id") : input_column("id", basket, 0, "id"),
                   input_column("store.id", basket, 0, "store.id"),
                   input_column("total", basket, 0, "total"),
                   input_column("items", basket, 0, "items"),
                   input_column("paid", payment, 1, "paid"),
                   input_column("status", payment, 1, "status")};
  sales.key = {ColumnIndex{0}};
  sales.versions_of = {kBasket, kPayment};
  add_view(made, sales);

  View lines;
  lines.name = "lines";
  lines.inputs = {{std::nullopt, ViewId{0}}};
  lines.unnest_column = ColumnIndex{3};
  const RecordType& item = *basket.columns[3].type.item;
  lines.columns = {{"id", of(Kind::Text, 0, 40), ViewColumn::Source::Input, 0, ColumnIndex{0}, {}},
                   {"line", of(Kind::Integer), ViewColumn::Source::Line, 0, {}, {}},
                   {"store_id", of(Kind::Text, 0, 40), ViewColumn::Source::Input, 0, ColumnIndex{1}, {}},
                   {"product", item.columns[0].type, ViewColumn::Source::Item, 0, ColumnIndex{0}, {}},
                   {"quantity", item.columns[1].type, ViewColumn::Source::Item, 0, ColumnIndex{1}, {}},
                   {"price", item.columns[2].type, ViewColumn::Source::Item, 0, ColumnIndex{2}, {}}};
  lines.key = {ColumnIndex{0}, ColumnIndex{1}};
  lines.versions_of = {kBasket, kPayment};
  add_view(made, lines);

  View branded;
  branded.name = "branded";
  branded.inputs = {{std::nullopt, ViewId{0}, ColumnIndex{1}}, {kStore, std::nullopt, ColumnIndex{0}}};
  branded.columns = {{"id", of(Kind::Text, 0, 40), ViewColumn::Source::Input, 0, ColumnIndex{0}, {}},
                     {"name", of(Kind::Text, 0, 20), ViewColumn::Source::Input, 1, ColumnIndex{1}, {}},
                     {"status", of(Kind::Text, 0, 20), ViewColumn::Source::Input, 0, ColumnIndex{5}, {}}};
  branded.key = {ColumnIndex{0}};
  branded.versions_of = {kBasket, kPayment, kStore};
  add_view(made, branded);
  return made;
}

struct Item {
  std::string product;
  int quantity = 1;
  int cents = 100;
  auto operator<=>(const Item&) const = default;
};
struct Store {
  std::string id, name;
  Version version = 1;
};
struct Basket {
  std::string id, store;
  int cents = 0;
  std::vector<Item> items;
  Version version = 1;
};
struct Payment {
  std::string id, invoice;
  int cents = 0;
  std::string status;
  Version version = 1;
};

/// Null but for the stamps.
inline Row stamped_row(const Scenario& scenario, EntityId entity, Version version) {
  const Entity& declared = scenario.entity(entity);
  Row row;
  row.reset(declared.record.width());
  if (!declared.version_column) return row;
  row[*declared.version_column] = integer_cell(version);
  row[*declared.updated_at_column] = time_cell(1'700'000'000'000'000 + version);
  return row;
}

inline Row row_of(const Scenario& scenario, const Store& store) {
  Row row = stamped_row(scenario, kStore, store.version);
  row.cells[0] = row.add_text(store.id);
  row.cells[1] = row.add_text(store.name);
  return row;
}

inline Row row_of(const Scenario& scenario, const Basket& basket) {
  Row row = stamped_row(scenario, kBasket, basket.version);
  row.cells[0] = row.add_text(basket.id);
  row.cells[1] = row.add_text(basket.store);
  row.cells[2] = decimal_cell(basket.cents);
  const Cell list = row.add_list(basket.items.size(), 3);
  row.cells[3] = list;
  for (std::size_t i = 0; i < basket.items.size(); ++i) {
    row.cells[list.begin + 3 * i] = row.add_text(basket.items[i].product);
    row.cells[list.begin + 3 * i + 1] = integer_cell(basket.items[i].quantity);
    row.cells[list.begin + 3 * i + 2] = decimal_cell(basket.items[i].cents);
  }
  return row;
}

inline Row row_of(const Scenario& scenario, const Payment& payment) {
  Row row = stamped_row(scenario, kPayment, payment.version);
  row.cells[0] = row.add_text(payment.id);
  row.cells[1] = payment.invoice.empty() ? null_cell() : row.add_text(payment.invoice);
  row.cells[2] = decimal_cell(payment.cents);
  row.cells[3] = row.add_text(payment.status);
  return row;
}

/// JSON of the first columns of a row: comparable, and readable in a failure.
inline std::string json_of(const Row& row, const RecordType& record) {
  std::string text;
  append_json_object(row, 0, record, text);
  return text;
}

}  // namespace freshet::shop
