// The rows of one view that are due and unseen: which to look for next, and what a look satisfies.
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
  /// The look alone does not tell it from what came before: that the row is not there may mean that it has not come
  /// yet, that it has an old content that it never left it. Only what the pipeline has passed says that it is there;
  /// since when, nobody saw.
  bool by_evidence = false;
  /// When the last look for this row began that did not satisfy it; kNeverLooked if none did.
  Instant last_without{};
};
inline constexpr Instant kNeverLooked = Instant::min();

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
  /// A row that is found satisfies every version up to the latest of which no component is greater than its own. A row
  /// that is not there satisfies the first delete of a row that was seen before. Whether it satisfies a later one, or
  /// one of a row that was never seen, its absence does not tell: it may not have come yet. Of a view with windows the
  /// content tells, and no content is one, too: it satisfies the first version that has it, and none while it is what
  /// was there before.
  ///
  /// `passed`: the pipeline has passed the change that makes this version. Then the row satisfies also the latest
  /// version that has been passed, and all before it, if it looks like it; `by_evidence`.
  using Passed = std::function<bool(const Due&)>;
  void sighted(const std::string& key, const Sighting& sighting, Instant began, const Passed& passed,
               std::vector<SeenVersion>& seen);
  /// True when the pipeline has passed every change that makes a version of this row.
  [[nodiscard]] bool all_passed(const std::string& key, const Passed& passed) const;
  /// Each row that is still here was looked for when the pipeline had passed every change that makes a version of it:
  /// there is nothing to wait for.
  [[nodiscard]] bool all_overdue() const { return overdue_ == entries_.size(); }

  /// When the oldest pending version came due.
  [[nodiscard]] std::optional<Instant> oldest() const;
  [[nodiscard]] bool pending(const std::string& key) const { return entries_.contains(key); }
  /// The latest version of a row that is pending; null when none is.
  [[nodiscard]] const Due* last(const std::string& key) const {
    const auto entry = entries_.find(key);
    return entry == entries_.end() ? nullptr : entry->second.pending.back().due.get();
  }
  [[nodiscard]] std::size_t rows() const { return entries_.size(); }
  [[nodiscard]] std::size_t versions() const { return versions_; }

  /// `unproven`: the row was looked for, and is as it must be; but nothing says that the version is what makes it so.
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
    Queue::iterator in_due;    ///< where it is in by_due_
    Queue::iterator in_looks;  ///< where it is in waiting_ or looked_
    bool waits = true;         ///< in waiting_
    bool overdue = false;      ///< see all_overdue()
    std::size_t unproven = 0;  ///< so many of the first look as the row did when it was last looked for
  };
  /// How many of the versions of a row, oldest first, a look satisfies.
  struct Satisfied {
    std::size_t by_sight = 0;
    std::size_t by_evidence = 0;  ///< these included; at least by_sight
    std::size_t unproven = 0;     ///< if only there were evidence; at least by_evidence
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
  // What comes due, and what was looked for, mostly comes last: entries are put before the end, and leave by where they
  // are.
  Queue by_due_;   ///< all
  Queue waiting_;  ///< by due: not looked for since the last `since`
  Queue looked_;   ///< by last look: the others
  std::size_t versions_ = 0;
  std::size_t overdue_ = 0;  ///< entries that are
  std::uint64_t next_number_ = 0;
};

}  // namespace freshet
