#include "metrics/oracle/root_history.h"

#include <algorithm>
#include <set>

namespace freshet {

std::vector<Ordinal> RootHistory::canaries(const Scenario& scenario, const Rows& rows, const Ledger& ledger,
                                           const View& view) {
  const std::vector<Ordinal> first = rows.canaries(scenario.family_of(view.versions_of[0]));
  std::set<Ordinal> all(first.begin(), first.end());
  for (const EntityId entity : view.versions_of) {
    const std::vector<Ordinal> sent = ledger.canaries(entity);
    all.insert(sent.begin(), sent.end());
  }
  return {all.begin(), all.end()};
}

bool RootHistory::committed(std::size_t input, Version version) const {
  return std::ranges::find(inputs_[input].images, version) != inputs_[input].images.end();
}

void RootHistory::turn_to(Ordinal root) {
  if (root_ == root) return;
  root_ = root;
  read_lives();
  versions_.clear();
  for (const Input& input : inputs_) versions_.push_back(input.last);
  model_.rows(root, versions_, expected_);
}

void RootHistory::read_lives() {
  indeterminate_ = false;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const EntityId entity = view_.versions_of[i];
    Input& input = inputs_[i];
    input.images.clear();
    input.unknown.clear();
    input.last = input.last_with_unknown = 0;
    life_.clear();
    rows_.life_of(entity, *root_, life_);
    for (const LifeEvent& event : life_) {
      const Outcome outcome = ledger_.outcome(entity, *root_, event.version);
      if (outcome != Outcome::Committed && outcome != Outcome::Unknown) continue;
      const Version living = event.operation == Operation::Delete ? 0 : event.version;
      input.last_with_unknown = living;
      if (outcome == Outcome::Unknown) {
        indeterminate_ = true;
        if (living != 0) input.unknown.push_back(living);
        continue;
      }
      input.last = living;
      if (living != 0) input.images.push_back(living);
    }
  }
}

std::int64_t RootHistory::indeterminate_rows() {
  std::set<std::string> keys;
  for (const ExpectedRow& row : expected_) keys.insert(row.key);
  versions_.clear();
  for (const Input& input : inputs_) versions_.push_back(input.last_with_unknown);
  model_.rows(*root_, versions_, earlier_);
  for (const ExpectedRow& row : earlier_) keys.insert(row.key);
  return static_cast<std::int64_t>(keys.size());
}

bool RootHistory::ever(const std::string& key, const std::function<bool(const ExpectedRow&)>& accept) {
  std::vector<std::vector<Version>> images;
  for (const Input& input : inputs_) images.push_back(input.images);
  return each_combination(images, [&](const ExpectedRow& row) { return row.key == key && accept(row); });
}

void RootHistory::each_possible(const std::function<void(const ExpectedRow&)>& visit) {
  std::vector<std::vector<Version>> images;
  for (const Input& input : inputs_) {
    images.push_back(input.images);
    images.back().insert(images.back().end(), input.unknown.begin(), input.unknown.end());
  }
  each_combination(images, [&](const ExpectedRow& row) {
    visit(row);
    return false;
  });
}

bool RootHistory::each_combination(const std::vector<std::vector<Version>>& images,
                                   const std::function<bool(const ExpectedRow&)>& visit) {
  if (std::ranges::any_of(images, &std::vector<Version>::empty)) return false;
  std::vector<std::size_t> at(images.size(), 0);
  while (true) {
    versions_.clear();
    for (std::size_t i = 0; i < images.size(); ++i) versions_.push_back(images[i][at[i]]);
    model_.rows(*root_, versions_, earlier_);
    if (std::ranges::any_of(earlier_, visit)) return true;
    std::size_t digit = 0;
    while (digit < at.size() && ++at[digit] == images[digit].size()) at[digit++] = 0;
    if (digit == at.size()) return false;
  }
}

}  // namespace freshet
