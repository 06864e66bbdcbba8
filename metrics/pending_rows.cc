#include "metrics/pending_rows.h"

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
    // Only when `since` went back in time is a row waiting that was looked for since.
    if (entry->looked != kNeverLooked && entry->looked >= since) continue;
    keys.push_back(*entry->key);
    --most;
  }
}

std::size_t PendingRows::satisfied_by_row(const Entry& entry, const Sighting& found) {
  for (std::size_t i = entry.pending.size(); i-- > 0;) {
    const Due& due = *entry.pending[i].due;
    const bool shown =
        due.content == found.content && std::ranges::equal(due.versions, found.versions, std::ranges::less_equal{});
    if (shown) return i + 1;
  }
  return 0;
}

std::size_t PendingRows::satisfied_by_absence(const Entry& entry, Instant began) {
  std::size_t satisfied = 0;
  bool was_seen = true;
  for (std::size_t i = 0; i < entry.pending.size(); ++i) {
    const Pending& pending = entry.pending[i];
    if (pending.effect == Effect::Appears) was_seen = false;
    const bool proven = was_seen || began >= pending.due->acknowledged;
    if (pending.effect == Effect::Vanishes && proven) satisfied = i + 1;
  }
  return satisfied;
}

void PendingRows::leave_queues(Entry& entry) {
  by_due_.erase(entry.in_due);
  (entry.waits ? waiting_ : looked_).erase(entry.in_looks);
}

void PendingRows::sighted(const std::string& key, const Sighting& sighting, Instant began,
                          std::vector<SeenVersion>& seen) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  Entry& entry = at->second;
  const std::size_t satisfied = sighting.found ? satisfied_by_row(entry, sighting) : satisfied_by_absence(entry, began);
  leave_queues(entry);
  for (std::size_t i = 0; i < satisfied; ++i) {
    seen.push_back({std::move(entry.pending[i].due), i + 1 < satisfied, entry.looked});
  }
  versions_ -= satisfied;
  entry.pending.erase(entry.pending.begin(), entry.pending.begin() + static_cast<std::ptrdiff_t>(satisfied));
  if (entry.pending.empty()) {
    entries_.erase(at);
    return;
  }
  entry.looked = began;
  enter_by_due(entry);
  entry.in_looks = looked_.insert(looked_.end(), look_place(entry));
  entry.waits = false;
}

std::optional<Instant> PendingRows::oldest() const {
  if (by_due_.empty()) return std::nullopt;
  return std::get<Instant>(*by_due_.begin());
}

}  // namespace freshet
