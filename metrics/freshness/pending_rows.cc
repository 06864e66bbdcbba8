#include "metrics/freshness/pending_rows.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace freshet {

PendingRows::Place PendingRows::due_place(Entry& entry) {
  return {entry.pending.front().due->acknowledged, entry.number, &entry};
}

void PendingRows::add(const std::string& key, DuePtr due, Effect effect) {
  const auto [at, fresh] = entries_.try_emplace(key);
  Entry& entry = at->second;
  entry.pending.push_back({std::move(due), effect});
  ++versions_;
  set_overdue(entry, false);
  if (!fresh) return;
  entry.key = &at->first;
  entry.number = next_number_++;
  enter_by_due(entry);
  enter_waiting(entry);
}

void PendingRows::enter_by_due(Entry& entry) { entry.in_due = by_due_.insert(by_due_.end(), due_place(entry)); }

void PendingRows::enter_waiting(Entry& entry) {
  entry.in_looks = waiting_.insert(waiting_.end(), due_place(entry));
  entry.waits = true;
}

void PendingRows::sought(Instant since, std::size_t most, std::vector<std::string>& keys) {
  while (!looked_.empty() && std::get<Instant>(*looked_.begin()) < since) {
    Entry& entry = *std::get<Entry*>(*looked_.begin());
    looked_.erase(looked_.begin());
    enter_waiting(entry);
  }
  for (const auto& [due, number, entry] : waiting_) {
    if (most == 0) break;
    // A waiting row has been looked for since then only if `since` went back in time.
    if (entry->looked != kNeverLooked && entry->looked >= since) continue;
    keys.push_back(*entry->key);
    --most;
  }
}

PendingRows::Satisfied PendingRows::satisfied_by_row(const Entry& entry, const Sighting& found) {
  for (std::size_t i = entry.pending.size(); i-- > 0;) {
    if (std::ranges::equal(entry.pending[i].due->versions, found.versions, std::ranges::less_equal{})) {
      return {i + 1, i + 1, i + 1};
    }
  }
  return {};
}

PendingRows::Satisfied PendingRows::satisfied_by_absence(const Entry& entry, const Passed& passed) {
  // Before the first version the row either did not exist or had been seen.
  const bool was_seen = entry.pending.front().effect != Effect::Appears;
  Satisfied satisfied;
  for (std::size_t i = 0; i < entry.pending.size(); ++i) {
    const Pending& pending = entry.pending[i];
    if (pending.effect != Effect::Vanishes) continue;
    if (was_seen && satisfied.by_sight == 0) satisfied.by_sight = i + 1;
    if (satisfied.by_sight == i + 1 || passed(*pending.due)) satisfied.by_evidence = i + 1;
    satisfied.unproven = i + 1;
  }
  return satisfied;
}

PendingRows::Satisfied PendingRows::satisfied_by_content(const Entry& entry, const std::string& content,
                                                         const Passed& passed) {
  // A content includes all changes until then, so a version has been passed only if all earlier ones have, too.
  std::size_t passed_until = 0;
  while (passed_until < entry.pending.size() && passed(*entry.pending[passed_until].due)) ++passed_until;
  const bool as_before = entry.pending.front().due->was == content;
  Satisfied satisfied;
  for (std::size_t i = 0; i < entry.pending.size(); ++i) {
    if (entry.pending[i].due->content != content) continue;
    if (satisfied.by_sight == 0 && !as_before) satisfied.by_sight = i + 1;
    // The first version, among the candidates, that looks like the row.
    if (i + 1 >= passed_until && satisfied.by_evidence < passed_until) satisfied.by_evidence = i + 1;
    satisfied.unproven = i + 1;
  }
  satisfied.by_evidence = std::max(satisfied.by_evidence, satisfied.by_sight);
  return satisfied;
}

PendingRows::Satisfied PendingRows::satisfied(const Entry& entry, const Sighting& sighting, const Passed& passed) {
  const Due& due = *entry.pending.front().due;
  if (due.versions.empty()) return satisfied_by_content(entry, sighting.content, passed);
  return sighting.found ? satisfied_by_row(entry, sighting) : satisfied_by_absence(entry, passed);
}

bool PendingRows::all_passed(const std::string& key, const Passed& passed) const {
  const auto entry = entries_.find(key);
  return entry == entries_.end() ||
         std::ranges::all_of(entry->second.pending, [&](const Pending& pending) { return passed(*pending.due); });
}

void PendingRows::set_overdue(Entry& entry, bool overdue) {
  if (overdue && !entry.overdue) ++overdue_;
  if (!overdue && entry.overdue) --overdue_;
  entry.overdue = overdue;
}

void PendingRows::leave_queues(Entry& entry) {
  by_due_.erase(entry.in_due);
  (entry.waits ? waiting_ : looked_).erase(entry.in_looks);
}

void PendingRows::sighted(const std::string& key, const Sighting& sighting, Instant began, const Passed& passed,
                          std::vector<SeenVersion>& seen) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  Entry& entry = at->second;
  const auto [by_sight, by_evidence, unproven] = satisfied(entry, sighting, passed);
  leave_queues(entry);
  for (std::size_t i = 0; i < by_evidence; ++i) {
    const bool superseded = i + 1 < by_evidence && i + 1 != by_sight;
    seen.push_back({std::move(entry.pending[i].due), superseded, i >= by_sight, entry.looked});
  }
  versions_ -= by_evidence;
  entry.pending.erase(entry.pending.begin(), entry.pending.begin() + static_cast<std::ptrdiff_t>(by_evidence));
  entry.unproven = unproven - by_evidence;
  if (entry.pending.empty()) {
    set_overdue(entry, false);
    entries_.erase(at);
    return;
  }
  entry.looked = began;
  set_overdue(entry, all_passed(key, passed));
  enter_by_due(entry);
  entry.in_looks = looked_.insert(looked_.end(), look_place(entry));
  entry.waits = false;
}

std::optional<Instant> PendingRows::oldest() const {
  if (by_due_.empty()) return std::nullopt;
  return std::get<Instant>(*by_due_.begin());
}

}  // namespace freshet
