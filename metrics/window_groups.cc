#include "metrics/window_groups.h"

#include <iterator>

#include "base/result.h"

namespace freshet {

namespace {

bool is_measure(const ViewColumn& column) { return column.source == ViewColumn::Source::Measure; }

}  // namespace

bool WindowGroups::Order::operator()(const Cell& a, const Cell& b) const {
  return a.kind == Kind::Double ? as_double(a) < as_double(b) : a.number < b.number;
}

WindowGroups::WindowGroups(const View& view, Keep keep) : view_(view), keep_(keep) {
  FRESHET_CHECK(view.tumble.has_value(), "a view with windows");
}

void WindowGroups::remove(const ExpectedRow& contribution) {
  FRESHET_CHECK(keep_ == Keep::Values && groups_.contains(contribution.key), "what is taken back was there");
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
    const bool ordered = column.measure == ViewColumn::Measure::Min || column.measure == ViewColumn::Measure::Max;
    if (ordered) count(total, cell, sign);
  }
  if (group.rows == 0) groups_.erase(contribution.key);
}

void WindowGroups::count(Total& total, const Cell& cell, int sign) const {
  const auto at = total.counted.try_emplace(cell).first;
  at->second += sign;
  if (at->second == 0) total.counted.erase(at);
  if (keep_ == Keep::Extremes && total.counted.size() > 2) total.counted.erase(std::next(total.counted.begin()));
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
        if (total.values > 0) cell = total.counted.begin()->first;
        break;
      case ViewColumn::Measure::Max:
        if (total.values > 0) cell = total.counted.rbegin()->first;
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
