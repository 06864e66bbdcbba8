// What must come of a run, worked out without the product's own evaluation: from the outcomes that it received, and
// from what the sinks really showed.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/rows.h"
#include "fakes/fake_pipeline.h"
#include "fakes/naive_views.h"

namespace freshet::simulation {

using fakes::ChangeId;
using fakes::NaiveViews;
using fakes::Shown;
using fakes::text_of;
using fakes::VersionedRow;
using fakes::versions_in;
using fakes::ViewChange;

inline constexpr Instant kNever = Instant::max();

struct ChangeCounts {
  std::int64_t expected = 0;
  std::int64_t unchanged = 0;
  std::int64_t not_due = 0;
};

/// A version of a view row that came due.
struct DueVersion {
  std::string series;  ///< "payment.update"
  std::vector<Version> versions;
  bool gone = false;
  ChangeId by = {};
  Phase phase = Phase::Measured;
  Micros intended{};
  Instant acknowledged{};
  Instant known{};  ///< when the run received the outcome
};

/// When it must have been seen: not before `earliest`, by `latest`. kNever: cannot be, need not be.
struct SeenBetween {
  Instant earliest = kNever;
  Instant latest = kNever;
};

/// When a version is seen, if each state of the sink that lasts for `window` is looked at in it. `dues` are all of one
/// row, in order; the run ends at `end`. A row that is not there shows that it is gone from when on the change that
/// takes it away has done so, `gone_at`; if it was never there for long enough to be seen, the judge may learn that
/// later.
[[nodiscard]] SeenBetween seen_between(const std::vector<DueVersion>& dues, std::size_t which,
                                       const std::vector<Shown>& shown, Nanos window, Instant end,
                                       const std::function<Instant(const ChangeId&)>& gone_at);

class Expectations {
 public:
  Expectations(const Scenario& scenario, const Rows& rows) : scenario_(scenario), rows_(rows), truth_(scenario) {}

  /// In the order in which they were acknowledged.
  void settled(const Settled& settled, Instant known);

  using Id = ChangeId;
  [[nodiscard]] const std::map<Id, Settled>& outcomes() const { return outcomes_; }
  /// Changes that were settled a second time.
  [[nodiscard]] std::int64_t repeated() const { return repeated_; }

  [[nodiscard]] const std::map<std::string, ChangeCounts>& series(ViewId view) { return series_[view]; }
  [[nodiscard]] const std::map<std::string, std::vector<DueVersion>>& dues(ViewId view) { return dues_[view]; }
  /// The rows that the view must hold because of what committed.
  [[nodiscard]] std::map<std::string, VersionedRow> truth(ViewId view) const { return truth_.rows(view); }
  [[nodiscard]] Ordinal root_of(ViewId view, const std::string& key) const { return root_of_.at({view, key}); }
  /// True if the expected rows of this root are unknown.
  [[nodiscard]] bool indeterminate(ViewId view, Ordinal root) const;
  /// The rows of these roots if every change without a known outcome committed. Whether it did cannot be known from
  /// outside: neither a row that is there nor one that is not there tells a change from a mistake of the pipeline. The
  /// rows of a root must not depend on other roots.
  [[nodiscard]] std::map<std::string, VersionedRow> possible(ViewId view) const;

 private:
  void apply(NaiveViews& views, const Change& change, std::vector<ViewChange>& made) const;

  const Scenario& scenario_;
  const Rows& rows_;
  NaiveViews truth_;
  std::map<Id, Settled> outcomes_;
  std::int64_t repeated_ = 0;
  std::map<ViewId, std::map<std::string, ChangeCounts>> series_;
  std::map<ViewId, std::map<std::string, std::vector<DueVersion>>> dues_;
  std::map<std::pair<ViewId, std::string>, Ordinal> root_of_;
  std::map<std::pair<ViewId, Ordinal>, int> living_;  ///< rows of a root
  std::set<std::pair<EntityId, Ordinal>> unknown_;
};

}  // namespace freshet::simulation
