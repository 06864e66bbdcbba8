// Commits: what has been committed of each living root, and what each further commit makes due.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/rows.h"
#include "metrics/freshness/due.h"
#include "metrics/oracle/view_model.h"
#include "metrics/oracle/window_groups.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Receives what commits mean for one view. `series` as in series_of().
class DueSink {
 public:
  virtual ~DueSink() = default;
  /// An input of the view changed (not by a canary or a marker).
  virtual void committed(const Partitions& partitions, Instant acknowledged) = 0;
  /// A canary or a marker changed an input of the view.
  virtual void marked(const Partitions& partitions, Instant released) = 0;
  virtual void due(const std::string& key, const DuePtr& due, Effect effect) = 0;
  /// A change left the rows of its root as they were.
  virtual void unchanged(std::size_t series, Phase phase) = 0;
  /// A change found no row and made none. `changes` is −1 when a commit that is reported late turns out to be the one
  /// that was not yet joinable.
  virtual void not_due(std::size_t series, Phase phase, int changes) = 0;
};

/// The commits of one family: the instances under one kind of root, and the views over them. Settlements may come in
/// any order. If the reports of two inputs overtake each other, a version that was overtaken before it could be joined
/// is never due; the others come due at the same instant in either order.
///
/// In a view with windows, each commit that changes the contribution of its root makes a cut. Each group whose content
/// then differs is due: its content at the cut includes everything settled until then.
///
/// Memory is O(roots with further scheduled changes): a root is forgotten when every scheduled version of its instances
/// is settled. The groups of views with windows stay (WindowGroups). Not thread-safe.
class Commits {
 public:
  Commits(const Scenario& scenario, const Rows& rows) : scenario_(scenario), rows_(rows) {}

  /// Adds a view over this family. `sink` must outlive this.
  void add(ViewId view, DueSink& sink);
  void settled(const Settled& settled);
  [[nodiscard]] std::size_t living() const { return roots_.size(); }

 private:
  /// The latest commit of one input that the view shows.
  struct Slot {
    bool living = false;
    bool counted_not_due = false;
    Version version = 0;
    Operation operation = Operation::Insert;
    Phase phase = Phase::Measured;
    Micros intended{};
    Instant released{};
    Instant acknowledged{};
    std::array<std::int32_t, 2> partitions{-1, -1};
  };
  struct Root {
    std::size_t unsettled = 0;   ///< scheduled versions without an outcome
    std::vector<Slot> slots;     ///< of all views, see Watched::first_slot
    std::vector<bool> has_rows;  ///< by views_
  };
  struct Watched {
    const View* view = nullptr;
    std::unique_ptr<ViewModel> model;
    DueSink* sink = nullptr;
    std::size_t first_slot = 0;
    std::vector<std::optional<std::uint32_t>> sources;  ///< by input
    std::vector<ExpectedRow> before, after;  ///< the rows of the current root, before and after the current commit
    std::unique_ptr<WindowGroups> groups;    ///< of a view with windows
  };

  /// The state of a root; `last_` if its only scheduled version is about to be settled.
  Root& root_of(Ordinal ordinal);
  /// Called when the root has no further scheduled changes: its contribution to windows is final.
  void settle_groups(const Root& root, Ordinal ordinal);
  /// The rows of a view at the versions in the slots.
  void rows_of(const Watched& watched, std::span<const Slot> slots, Ordinal root, std::vector<ExpectedRow>& out);
  void commit(Root& root, std::size_t view, std::size_t input, const Settled& settled);
  /// Emits the difference between before and after. Returns false if there is none.
  bool emit_changes(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled);
  bool emit_windows(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled);
  /// What is due at the versions in the slots, credited to one of them.
  [[nodiscard]] static Due due_of(const Watched& watched, std::span<const Slot> slots, std::size_t credited,
                                  Ordinal root);
  [[nodiscard]] static Partitions partitions_of(std::optional<std::uint32_t> source,
                                                std::array<std::int32_t, 2> partitions);
  /// The slot that committed last. If it is reported late, `settled` was not yet joinable when it committed, rather
  /// than the one credited now; the counts of the two are then swapped.
  static std::size_t credit(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled);
  [[nodiscard]] bool same_image(const Watched& watched, const Row& a, const Row& b) const;

  const Scenario& scenario_;
  const Rows& rows_;
  std::vector<EntityId> entities_;  ///< inputs of the views
  std::vector<Watched> views_;
  std::size_t slots_ = 0;
  std::unordered_map<Ordinal, Root> roots_;
  Root last_;  ///< for roots that would be forgotten as soon as they are known
  // Scratch space.
  std::vector<LifeEvent> life_;
  std::vector<Version> versions_;
  std::vector<bool> kept_;
};

}  // namespace freshet
