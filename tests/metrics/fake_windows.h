// The small shop with a view of windows over its lines: per store and second of the sale, in `note` as epoch_ms.
#pragma once

#include "fake_shop.h"

namespace freshet::test {

inline constexpr ViewId kPerStore{2};
inline constexpr Micros kWindow = kMicrosPerSecond;
/// Columns of view "per_store".
enum PerStoreColumn { kStore, kWindowStart, kCount, kSum, kLeast, kMost };

/// As shop(), with background updates of every field of a basket.
inline Scenario shop_with_windows() {
  Scenario scenario = shop_that_updates("note");
  also_update(scenario, "store");
  also_update(scenario, "items");
  const ColumnType text{Kind::Text, 0, 40, nullptr};
  const ColumnType integer{Kind::Integer, 0, 0, nullptr};
  const auto add = [](View& view, ViewColumn column) {
    view.record.columns.push_back({column.name, column.type});
    view.columns.push_back(std::move(column));
  };
  add(scenario.views[index_of(kCompleted)], input_column("note", text, 0, kBasketNote));
  add(scenario.views[index_of(kLines)], input_column("note", text, 0, 4));

  View view;
  view.name = "per_store";
  view.inputs = {{std::nullopt, kLines}};
  view.tumble = Tumble{kWindow, constructs::Time::Form::EpochMillis};
  view.versions_of = {kBasket, kPayment};
  view.key = {ColumnIndex{kStore}, ColumnIndex{kWindowStart}};
  const auto measure = [&](const std::string& name, ViewColumn::Measure what) {
    ViewColumn column = input_column(name, integer, 0, kLinesQuantity);
    column.source = ViewColumn::Source::Measure;
    column.measure = what;
    add(view, column);
  };
  add(view, input_column("store", text, 0, kLinesStore));
  ViewColumn start = input_column("window_start", {Kind::Time, 0, 0, nullptr}, 0, 4);
  start.source = ViewColumn::Source::Window;
  add(view, start);
  measure("n", ViewColumn::Measure::Count);
  measure("sum", ViewColumn::Measure::Sum);
  measure("least", ViewColumn::Measure::Min);
  measure("most", ViewColumn::Measure::Max);
  scenario.views.push_back(std::move(view));
  scenario.observe = {{kPerStore, "per_store", 0, {}}};
  return scenario;
}

/// A row of the view, by hand.
struct Tally {
  std::int64_t n = 0;
  std::int64_t sum = 0;
  std::int64_t least = 0;
  std::int64_t most = 0;
  auto operator<=>(const Tally&) const = default;

  void add(std::int64_t value) {
    least = n == 0 ? value : std::min(least, value);
    most = n == 0 ? value : std::max(most, value);
    ++n;
    sum += value;
  }
};
inline Row row_of(const std::string& store, std::int64_t start_s, const Tally& tally) {
  Row row;
  row.reset(6);
  row.cells[kStore] = row.add_text(store);
  row.cells[kWindowStart] = time_cell((start_s * kMicrosPerSecond).count());
  row.cells[kCount] = integer_cell(tally.n);
  row.cells[kSum] = integer_cell(tally.sum);
  row.cells[kLeast] = integer_cell(tally.least);
  row.cells[kMost] = integer_cell(tally.most);
  return row;
}

}  // namespace freshet::test
