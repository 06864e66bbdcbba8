#include "metrics/oracle/window_groups.h"

#include <algorithm>

#include "base/result.h"

namespace freshet {

namespace {

bool is_measure(const ViewColumn& column) { return column.source == ViewColumn::Source::Measure; }

bool is_extreme(const ViewColumn& column) {
  return is_measure(column) &&
         (column.measure == ViewColumn::Measure::Min || column.measure == ViewColumn::Measure::Max);
}

}  // namespace

bool WindowGroups::Order::operator()(const Cell& a, const Cell& b) const {
  return a.kind == Kind::Double ? as_double(a) < as_double(b) : a.number < b.number;
}

WindowGroups::WindowGroups(const View& view)
    : view_(view), has_extremes_(std::ranges::any_of(view.columns, is_extreme)) {
  FRESHET_CHECK(view.tumble.has_value(), "a view with windows");
}

void WindowGroups::remove(const ExpectedRow& contribution) {
  FRESHET_CHECK(groups_.contains(contribution.key), "a removed contribution was added before");
  apply(contribution, -1);
}

void WindowGroups::apply(const ExpectedRow& contribution, int sign) {
  Group& group = groups_[contribution.key];
  if (group.totals.empty()) {
    group.totals.resize(view_.columns.size());
    group.first = contribution.image;
  }
  group.rows += sign;
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    const ViewColumn& column = view_.columns[i];
    const Cell& cell = contribution.image.cells[i];
    if (!is_measure(column) || cell.kind == Kind::Null) continue;
    Total& total = group.totals[i];
    total.values += sign;
    if (column.measure == ViewColumn::Measure::Sum) total.sum += sign * cell.number;
    if (is_extreme(column)) total.add(cell, sign);
  }
  if (group.rows == 0) groups_.erase(contribution.key);
}

void WindowGroups::settle(const ExpectedRow& contribution) {
  if (!has_extremes_) return;
  std::vector<Total>& totals = groups_.at(contribution.key).totals;
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    const Cell& cell = contribution.image.cells[i];
    if (!is_extreme(view_.columns[i]) || cell.kind == Kind::Null) continue;
    Total& total = totals[i];
    total.add(cell, -1);
    if (!total.least || Order()(cell, *total.least)) total.least = cell;
    if (!total.most || Order()(*total.most, cell)) total.most = cell;
  }
}

void WindowGroups::Total::add(const Cell& cell, int times) {
  const auto at = counted.try_emplace(cell).first;
  at->second += times;
  if (at->second == 0) counted.erase(at);
}

Cell WindowGroups::Total::extreme(bool greatest) const {
  const std::optional<Cell>& settled = greatest ? most : least;
  if (counted.empty()) return *settled;
  const Cell& other = greatest ? counted.rbegin()->first : counted.begin()->first;
  if (!settled) return other;
  return Order()(other, *settled) == greatest ? *settled : other;
}

bool WindowGroups::image(const std::string& key, Row& out) const {
  const auto found = groups_.find(key);
  if (found == groups_.end()) return false;
  const Group& group = found->second;
  out = group.first;
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    const ViewColumn& column = view_.columns[i];
    if (!is_measure(column)) continue;
    const Total& total = group.totals[i];
    Cell cell = null_cell();
    switch (column.measure) {
      case ViewColumn::Measure::Count:
        cell = integer_cell(group.rows);
        break;
      case ViewColumn::Measure::Sum:
        if (total.values > 0) cell.kind = column.type.kind, cell.number = total.sum;
        break;
      case ViewColumn::Measure::Min:
        if (total.values > 0) cell = total.extreme(false);
        break;
      case ViewColumn::Measure::Max:
        if (total.values > 0) cell = total.extreme(true);
        break;
    }
    out.cells[i] = cell;
  }
  return true;
}

std::string WindowGroups::content(const std::string& key) const {
  std::string text;
  if (image(key, scratch_)) append_content(scratch_, view_.record, text);
  return text;
}

std::vector<std::string> WindowGroups::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, group] : groups_) keys.push_back(key);
  return keys;
}

}  // namespace freshet
