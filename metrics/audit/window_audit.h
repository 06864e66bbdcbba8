// Audit of a view with windows: compares expected with found groups, class by class (SEMANTICS.md §4).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "metrics/audit/audit_notes.h"
#include "metrics/oracle/root_history.h"
#include "metrics/oracle/window_groups.h"

namespace freshet {

/// Judges every group of every window, also of windows that are still open: after the drain nothing more arrives, so
/// each group must hold exactly what was committed.
///
/// Missing, phantom and duplicate mean the same as in every view. Resurrected: a group that once contained something.
/// Stale: a content that the group once had. Which contents a view passed through depends on the order in which its
/// pipeline saw the commits. A content counts as one that the group had if it is that of all changes before some change
/// in intended order, give or take some of its kOutOfOrder neighbours. Wrong: none of these.
///
/// One thread. Memory: one entry per group, and the changes of those groups that are not right.
class WindowAudit {
 public:
  /// All must outlive it.
  WindowAudit(const Scenario& scenario, const Rows& rows, const Ledger& ledger, ViewId view, AuditBasis basis);

  void found(const Row& row);
  [[nodiscard]] AuditReport finish();

  static constexpr std::size_t kOutOfOrder = 12;

 private:
  /// A change of one group: rows that came and went.
  struct Event {
    Micros intended{};
    std::vector<Row> gone;
    std::vector<Row> come;
  };
  using Events = std::vector<Event>;

  template <typename Visit>
  void each_root(const Visit& visit) const;
  void expect(Ordinal root);
  void collect_events(Ordinal root);
  void judge(const std::string& key, const Row& row, const Events& events);
  [[nodiscard]] bool once_had(const Row& row, const Events& events, const std::string& key) const;
  [[nodiscard]] bool same_image(const Row& a, const Row& b) const;

  const Rows& rows_;
  const Ledger& ledger_;
  const View& view_;
  const EntityId root_entity_;
  const std::vector<Ordinal> canaries_;
  const ViewModel model_;
  RootHistory history_;
  WindowGroups expected_;
  std::set<std::string> indeterminate_;
  std::set<std::string> found_;
  std::map<std::string, Row> suspects_;   ///< found, but different from the expected row
  std::map<std::string, Events> events_;  ///< of the suspects
  AuditNotes notes_;
  // Scratch.
  std::string key_;
  Row image_;
  std::vector<LifeEvent> life_;
  std::vector<ExpectedRow> before_, after_;
};

}  // namespace freshet
