// The rows of one view that are due and unseen: which to look for next, and what a look satisfies.
#pragma once

#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/seams.h"
#include "metrics/due.h"

namespace freshet {

/// A row version that a look satisfied.
struct SeenVersion {
  DuePtr due;
  bool superseded = false;  ///< a later version was seen first
  /// When the last look for this row began that did not satisfy it; kNeverLooked if none did.
  Instant last_without = 0;
};
inline constexpr Instant kNeverLooked = std::numeric_limits<Instant>::min();

/// Memory is O(rows pending); every call costs O(log pending) per row. Not thread-safe.
class PendingRows {
 public:
  PendingRows() = default;
  PendingRows(const PendingRows&) = delete;  // entries are held by address
  PendingRows& operator=(const PendingRows&) = delete;

  /// Versions of one row are added in the order in which they came due.
  void add(const std::string& key, DuePtr due, Effect effect);
  /// Appends at most `most` keys that no look since `since` was for, the one that has been due longest first.
  void sought(Instant since, std::size_t most, std::vector<std::string>& keys);
  /// Takes what a look for `key` found, and appends the versions that it satisfies, oldest first. A key that is not
  /// pending is ignored.
  ///
  /// A row that is found satisfies every version up to the latest of which no component is greater than its own, or, of
  /// a view with windows, up to the latest whose content it has: equal contents are one to a reader. A
  /// row that is gone satisfies the latest delete, and all before it, that it proves: it proves a delete of a row
  /// that was seen before, and any delete that was acknowledged when the look began; otherwise the row may just not
  /// have appeared yet.
  void sighted(const std::string& key, const Sighting& sighting, Instant began, std::vector<SeenVersion>& seen);

  /// When the oldest pending version came due.
  [[nodiscard]] std::optional<Instant> oldest() const;
  [[nodiscard]] bool pending(const std::string& key) const { return entries_.contains(key); }
  [[nodiscard]] std::size_t rows() const { return entries_.size(); }
  [[nodiscard]] std::size_t versions() const { return versions_; }

  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [key, entry] : entries_) {
      for (const Pending& pending : entry.pending) visit(*pending.due);
    }
  }

 private:
  struct Pending {
    DuePtr due;
    Effect effect;
  };
  struct Entry;
  using Place = std::tuple<Instant, std::uint64_t, Entry*>;
  using Queue = std::set<Place>;
  struct Entry {
    std::vector<Pending> pending;  ///< oldest first, never empty
    const std::string* key = nullptr;
    std::uint64_t number = 0;  ///< in order of arrival; breaks ties
    Instant looked = kNeverLooked;
    Queue::iterator in_due;    ///< where it is in by_due_
    Queue::iterator in_looks;  ///< where it is in waiting_ or looked_
    bool waits = true;         ///< in waiting_
  };
  using Entries = std::unordered_map<std::string, Entry>;

  [[nodiscard]] static Place due_place(Entry& entry);
  [[nodiscard]] static Place look_place(Entry& entry) { return {entry.looked, entry.number, &entry}; }
  [[nodiscard]] static std::size_t satisfied_by_row(const Entry& entry, const Sighting& found);
  [[nodiscard]] static std::size_t satisfied_by_absence(const Entry& entry, Instant began);
  void enter_by_due(Entry& entry);
  void enter_waiting(Entry& entry);
  void leave_queues(Entry& entry);

  Entries entries_;
  // What comes due, and what was looked for, mostly comes last: entries are put before the end, and leave by where they
  // are.
  Queue by_due_;   ///< all
  Queue waiting_;  ///< by due: not looked for since the last `since`
  Queue looked_;   ///< by last look: the others
  std::size_t versions_ = 0;
  std::uint64_t next_number_ = 0;
};

}  // namespace freshet
