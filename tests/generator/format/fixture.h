// One record type with every kind of column, and rows of it, for the tests of the formats.
#pragma once

#include <limits>
#include <memory>
#include <string>

#include "base/row.h"
#include "base/text/buffer.h"
#include "generator/stamped_entity.h"
#include "scenarios/model/scenario.h"

namespace freshet::formats {

inline RecordType record() {
  RecordType item;
  item.columns = {{"product.name", {Kind::Text, 0, 20, nullptr}},
                  {"quantity", {Kind::Integer, 0, 0, nullptr}},
                  {"product.price", {Kind::Decimal, 2, 0, nullptr}}};
  ColumnType day{Kind::Text, 0, 10, nullptr};
  day.date = true;
  RecordType record;
  record.columns = {{"id", {Kind::Text, 0, 40, nullptr}},
                    {"store.id", {Kind::Integer, 0, 0, nullptr}},
                    {"amount", {Kind::Decimal, 3, 0, nullptr}},
                    {"store.name", {Kind::Text, 0, 0, nullptr}},
                    {"rate", {Kind::Double, 0, 0, nullptr}},
                    {"open", {Kind::Boolean, 0, 0, nullptr}},
                    {"due", day},
                    {"items", {Kind::List, 0, 0, std::make_shared<const RecordType>(item)}},
                    {"version", {Kind::Integer, 0, 0, nullptr}},
                    {"updated_at", {Kind::Time, 0, 0, nullptr}}};
  return record;
}

inline Entity entity() { return stamped_entity("order", record()); }

inline Scenario scenario() {
  Scenario scenario;
  scenario.name = "shop";
  scenario.entities = {entity()};
  scenario.write.push_back(WriteTarget{EntityId{0}, MysqlTarget{"orders", 0}, {}});
  return scenario;
}

/// 2023-11-14T22:13:20Z
inline constexpr std::int64_t kInstant = 1'700'000'000'000'000;

inline void fill_items(Row& row, std::initializer_list<std::tuple<const char*, std::int64_t, std::int64_t>> items) {
  const Cell list = row.add_list(items.size(), 3);
  std::size_t at = list.begin;
  for (const auto& [name, quantity, cents] : items) {
    const Cell text = row.add_text(name);
    row.cells[at++] = text;
    row.cells[at++] = integer_cell(quantity);
    row.cells[at++] = decimal_cell(cents);
  }
  row.cells[7] = list;
}

/// Every column has a value.
inline Row full_row() {
  Row row;
  row.reset(10);
  row.cells[0] = row.add_text("O-1");
  row.cells[1] = integer_cell(-3);
  row.cells[2] = decimal_cell(1234500);
  row.cells[3] = row.add_text("M\u00fcller, \"K\u00f6ln\"");
  row.cells[4] = double_cell(0.25);
  row.cells[5] = boolean_cell(true);
  row.cells[6] = row.add_text("2023-11-14");
  fill_items(row, {{"tea", 2, 799}, {"it's", 1, -5}});
  row.cells[8] = integer_cell(1);
  row.cells[9] = time_cell(kInstant + 42);
  return row;
}

/// Only what must have a value has one.
inline Row bare_row() {
  Row row;
  row.reset(10);
  row.cells[0] = row.add_text("O-2");
  row.cells[8] = integer_cell(2);
  row.cells[9] = time_cell(-1);
  return row;
}

/// Limits, and what texts may hold.
inline Row edge_row() {
  Row row;
  row.reset(10);
  row.cells[0] = row.add_text("O-3");
  row.cells[1] = integer_cell(std::numeric_limits<std::int64_t>::min());
  row.cells[2] = decimal_cell(std::numeric_limits<std::int64_t>::max());
  row.cells[3] = row.add_text("\\ ' \" \r\n\t\x1a;--%_ \U0001F600");
  row.cells[4] = double_cell(-1.5e-300);
  row.cells[5] = boolean_cell(false);
  row.cells[6] = row.add_text("1969-12-31");
  fill_items(row, {});
  row.cells[8] = integer_cell(3);
  row.cells[9] = time_cell(253'402'300'799'999'999);  // the last microsecond of the year 9999
  return row;
}

inline std::string text(const Buffer& buffer) { return std::string(buffer.view()); }

}  // namespace freshet::formats
