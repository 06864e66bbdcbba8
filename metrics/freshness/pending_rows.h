// The rows of one view that are due and unseen: which to look for next, and which versions a look satisfies.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/seams.h"
#include "metrics/freshness/due.h"

namespace freshet {

/// A row version that a look satisfied.
struct SeenVersion {
  DuePtr due;
  bool superseded = false;  ///< a later version was seen first
  /// The look alone does not distinguish it from the previous state: an absent row may not have arrived yet, and an old
  /// content may never have changed. Only the fact that the pipeline has passed the change shows that the version is
  /// there; since when is unknown.
  bool by_evidence = false;
  /// When the last look that did not satisfy this row began; kNeverLooked if there was none.
  Instant last_without{};
};
inline constexpr Instant kNeverLooked = Instant::min();

/// Memory is O(pending rows); every call costs O(log pending) per row. Not thread-safe.
class PendingRows {
 public:
  PendingRows() = default;
  PendingRows(const PendingRows&) = delete;  // entries refer to each other by address
  PendingRows& operator=(const PendingRows&) = delete;

  /// Adds a version. The versions of one row must be added in the order in which they came due.
  void add(const std::string& key, DuePtr due, Effect effect);
  /// Appends at most `most` keys that were not looked for since `since`, those that have been due longest first.
  void sought(Instant since, std::size_t most, std::vector<std::string>& keys);
  /// Takes the result of a look for `key`, and appends the versions that it satisfies, oldest first. Ignores a key that
  /// is not pending.
  ///
  /// A row that exists satisfies every version up to the latest one of which no component exceeds its own. An absent
  /// row satisfies the first delete of a row that was seen before. Absence says nothing about a later delete, or about
  /// a row that was never seen: that row may not have arrived yet. In a view with windows the content decides, and "no
  /// content" is one, too: it satisfies the first version that has it, but none as long as it equals the previous
  /// content.
  ///
  /// `passed`: true if the pipeline has passed the change behind a version. The row then also satisfies the latest
  /// passed version and all before it, provided that the row looks like it (`by_evidence`).
  using Passed = std::function<bool(const Due&)>;
  void sighted(const std::string& key, const Sighting& sighting, Instant began, const Passed& passed,
               std::vector<SeenVersion>& seen);
  /// True if the pipeline has passed every change behind a pending version of this row.
  [[nodiscard]] bool all_passed(const std::string& key, const Passed& passed) const;
  /// True if there is nothing left to wait for: every pending row was looked for after the pipeline had passed all
  /// changes behind its versions.
  [[nodiscard]] bool all_overdue() const { return overdue_ == entries_.size(); }

  /// When the oldest pending version came due.
  [[nodiscard]] std::optional<Instant> oldest() const;
  [[nodiscard]] bool pending(const std::string& key) const { return entries_.contains(key); }
  /// The latest pending version of a row; null if there is none.
  [[nodiscard]] const Due* last(const std::string& key) const {
    const auto entry = entries_.find(key);
    return entry == entries_.end() ? nullptr : entry->second.pending.back().due.get();
  }
  [[nodiscard]] std::size_t rows() const { return entries_.size(); }
  [[nodiscard]] std::size_t versions() const { return versions_; }

  /// `unproven`: the row was looked for and is as it must be, but there is no evidence that this version is the reason.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [key, entry] : entries_) {
      for (std::size_t i = 0; i < entry.pending.size(); ++i) visit(*entry.pending[i].due, i < entry.unproven);
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
    Queue::iterator in_due;    ///< position in by_due_
    Queue::iterator in_looks;  ///< position in waiting_ or looked_
    bool waits = true;         ///< is in waiting_
    bool overdue = false;      ///< see all_overdue()
    std::size_t unproven = 0;  ///< how many of the first versions matched the row when it was last looked for
  };
  /// How many of the versions of a row, oldest first, a look satisfies.
  struct Satisfied {
    std::size_t by_sight = 0;
    std::size_t by_evidence = 0;  ///< includes those by sight
    std::size_t unproven = 0;     ///< matched, with or without evidence; includes those by evidence
  };
  using Entries = std::unordered_map<std::string, Entry>;

  [[nodiscard]] static Place due_place(Entry& entry);
  [[nodiscard]] static Place look_place(Entry& entry) { return {entry.looked, entry.number, &entry}; }
  [[nodiscard]] static Satisfied satisfied_by_row(const Entry& entry, const Sighting& found);
  [[nodiscard]] static Satisfied satisfied_by_absence(const Entry& entry, const Passed& passed);
  [[nodiscard]] static Satisfied satisfied_by_content(const Entry& entry, const std::string& content,
                                                      const Passed& passed);
  [[nodiscard]] static Satisfied satisfied(const Entry& entry, const Sighting& sighting, const Passed& passed);
  void enter_by_due(Entry& entry);
  void enter_waiting(Entry& entry);
  void leave_queues(Entry& entry);
  void set_overdue(Entry& entry, bool overdue);

  Entries entries_;
  // New entries mostly belong at the end: they are inserted with a hint before the end, and removed by their position.
  Queue by_due_;   ///< all entries
  Queue waiting_;  ///< by due time: entries not looked for since the last `since`
  Queue looked_;   ///< by last look: all other entries
  std::size_t versions_ = 0;
  std::size_t overdue_ = 0;  ///< number of overdue entries
  std::uint64_t next_number_ = 0;
};

}  // namespace freshet
