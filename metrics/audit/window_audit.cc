#include "metrics/audit/window_audit.h"

#include <algorithm>
#include <tuple>

namespace freshet {

namespace {

using Measure = ViewColumn::Measure;

/// What a change adds to a group: a number of rows, and one sum for each summed column.
using Delta = std::vector<std::int64_t>;

/// Finds which of some neighbouring changes add up to `wanted`: visits each such subset until one is accepted.
template <typename Accept>
bool any_choice(const std::vector<Delta>& deltas, std::size_t from, Delta& wanted, std::vector<bool>& chosen,
                const Accept& accept) {
  if (from == deltas.size()) {
    return std::ranges::all_of(wanted, [](std::int64_t left) { return left == 0; }) && accept(chosen);
  }
  const Delta& delta = deltas[from];
  for (const bool take : {false, true}) {
    chosen[from] = take;
    if (take) {
      for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] -= delta[i];
    }
    if (any_choice(deltas, from + 1, wanted, chosen, accept)) return true;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] += delta[i];
  return false;
}

/// The row's values, in the order of a Delta.
Delta amounts_of(const View& view, const Row& row) {
  Delta amounts;
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const ViewColumn& column = view.columns[i];
    if (column.source != ViewColumn::Source::Measure) continue;
    if (column.measure == Measure::Count || column.measure == Measure::Sum) amounts.push_back(row.cells[i].number);
  }
  return amounts;
}

}  // namespace

WindowAudit::WindowAudit(const Scenario& scenario, const Rows& rows, const Ledger& ledger, ViewId id, AuditBasis basis)
    : rows_(rows),
      ledger_(ledger),
      view_(scenario.view(id)),
      root_entity_(scenario.family_of(view_.versions_of[0])),
      canaries_(RootHistory::canaries(scenario, rows, ledger, view_)),
      model_(scenario, rows, id),
      history_(rows, ledger, model_, view_),
      expected_(view_),
      notes_(view_, std::move(basis)) {
  each_root([&](Ordinal root) { expect(root); });
}

template <typename Visit>
void WindowAudit::each_root(const Visit& visit) const {
  const Ordinal count = rows_.count(root_entity_);
  for (Ordinal root = 0; root < count; ++root) visit(root);
  for (const Ordinal root : canaries_) visit(root);
}

void WindowAudit::expect(Ordinal root) {
  history_.turn_to(root);
  if (history_.indeterminate()) {
    history_.each_possible([&](const ExpectedRow& row) { indeterminate_.insert(row.key); });
  }
  for (const ExpectedRow& row : history_.expected()) {
    expected_.add(row);
    expected_.settle(row);
  }
}

bool WindowAudit::same_image(const Row& a, const Row& b) const {
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    if (!equal_cells(a, a.cells[i], b, b.cells[i], view_.columns[i].type)) return false;
  }
  return true;
}

void WindowAudit::found(const Row& row) {
  ++notes_.report().scanned;
  model_.key_of(row, key_);
  if (indeterminate_.contains(key_)) return;
  const bool expected = expected_.image(key_, image_);
  if (!found_.insert(key_).second) {
    return notes_.note(&AuditReport::duplicate, "duplicate", key_, expected ? &image_ : nullptr, &row);
  }
  if (expected) ++notes_.report().found;
  if (!expected || !same_image(row, image_)) suspects_.emplace(key_, row);
}

AuditReport WindowAudit::finish() {
  if (!suspects_.empty()) each_root([&](Ordinal root) { collect_events(root); });
  for (auto& [key, row] : suspects_) judge(key, row, events_[key]);
  for (const std::string& key : expected_.keys()) {
    if (indeterminate_.contains(key)) continue;
    ++notes_.report().expected;
    if (found_.contains(key)) continue;
    expected_.image(key, image_);
    notes_.note(&AuditReport::missing, "missing", key, &image_, nullptr);
  }
  notes_.report().indeterminate = static_cast<std::int64_t>(indeterminate_.size());
  notes_.report().status = AuditReport::Status::Done;
  return std::move(notes_.report());
}

void WindowAudit::judge(const std::string& key, const Row& row, const Events& events) {
  if (!expected_.image(key, image_)) {
    const bool was_there = !events.empty();
    return notes_.note(was_there ? &AuditReport::resurrected : &AuditReport::phantom,
                       was_there ? "resurrected" : "phantom", key, nullptr, &row);
  }
  const bool older = once_had(row, events, key);
  notes_.note(older ? &AuditReport::stale : &AuditReport::wrong, older ? "stale" : "wrong", key, &image_, &row);
}

void WindowAudit::collect_events(Ordinal root) {
  std::vector<std::tuple<Micros, std::size_t, Version, bool>> commits;  // intended, input, version, lives
  for (std::size_t i = 0; i < view_.versions_of.size(); ++i) {
    life_.clear();
    rows_.life_of(view_.versions_of[i], root, life_);
    for (const LifeEvent& event : life_) {
      if (ledger_.outcome(view_.versions_of[i], root, event.version) != Outcome::Committed) continue;
      commits.emplace_back(event.intended, i, event.version, event.operation != Operation::Delete);
    }
  }
  std::ranges::sort(commits);
  std::vector<Version> versions(view_.versions_of.size(), 0);
  model_.clear(before_);
  for (const auto& [intended, input, version, lives] : commits) {
    versions[input] = lives ? version : 0;
    model_.rows(root, versions, after_);
    std::map<std::string, Event> changed;
    for (const ExpectedRow& row : before_) {
      if (suspects_.contains(row.key)) changed[row.key].gone.push_back(row.image);
    }
    for (const ExpectedRow& row : after_) {
      if (suspects_.contains(row.key)) changed[row.key].come.push_back(row.image);
    }
    for (auto& [key, event] : changed) {
      event.intended = intended;
      events_[key].push_back(std::move(event));
    }
    std::swap(before_, after_);
  }
}

bool WindowAudit::once_had(const Row& row, const Events& unordered, const std::string& key) const {
  std::vector<const Event*> events;
  for (const Event& event : unordered) events.push_back(&event);
  std::ranges::stable_sort(events, {}, &Event::intended);
  std::vector<Delta> deltas;
  for (const Event* event : events) {
    Delta& delta = deltas.emplace_back(amounts_of(view_, row).size(), 0);
    for (const auto& [rows, sign] : {std::pair(&event->gone, -1), std::pair(&event->come, 1)}) {
      for (const Row& one : *rows) {
        const Delta amounts = amounts_of(view_, one);
        for (std::size_t i = 0; i < delta.size(); ++i) delta[i] += sign * amounts[i];
      }
    }
  }
  // Without a count or a sum nearly any subset would match, so then only the intended order counts.
  const std::size_t width = deltas.empty() || deltas[0].empty() ? 0 : kOutOfOrder;
  const std::size_t step = std::max<std::size_t>(1, width / 3);
  const auto shows_row = [&](std::size_t first, const std::vector<bool>& chosen) {
    WindowGroups group(view_);
    ExpectedRow contribution;
    contribution.key = key;
    // A removal seen before its insertion is out of order: it is added last, when its group must contain the row.
    for (const bool come : {true, false}) {
      for (std::size_t i = 0; i < first + chosen.size(); ++i) {
        if (i >= first && !chosen[i - first]) continue;
        for (const Row& one : come ? events[i]->come : events[i]->gone) {
          contribution.image = one;
          if (come) group.add(contribution);
          if (!come && !group.contains(key)) return false;
          if (!come) group.remove(contribution);
        }
      }
    }
    Row image;
    return group.image(key, image) && same_image(row, image);
  };
  Delta wanted = amounts_of(view_, row);
  for (std::size_t first = 0; first <= events.size(); ++first) {
    if (first % step == 0) {
      const std::size_t last = std::min(events.size(), first + width);
      const std::vector<Delta> near(deltas.begin() + static_cast<std::ptrdiff_t>(first),
                                    deltas.begin() + static_cast<std::ptrdiff_t>(last));
      std::vector<bool> chosen(near.size(), false);
      Delta left = wanted;
      const auto accept = [&](const std::vector<bool>& choice) { return shows_row(first, choice); };
      if (any_choice(near, 0, left, chosen, accept)) return true;
    }
    if (first == events.size()) break;
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] -= deltas[first][i];
  }
  return false;
}

}  // namespace freshet
