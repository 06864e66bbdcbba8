// Sends the marker rows of a run: further rows of the scenario that show how far the pipeline has come.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "app/run/judging.h"
#include "base/clock.h"
#include "base/threads.h"
#include "generator/write/lanes/lanes.h"
#include "metrics/freshness/marker_pace.h"
#include "metrics/oracle/view_model.h"
#include "pipeline/drill/drill.h"
#include "pipeline/drill/drill_gate.h"

namespace freshet {

/// During the load it sends some, after it as many as needed until every view shows that everything has been passed
/// (MarkerPace). One thread runs it, with a lane of its own.
class Markers {
 public:
  /// Counts the changes that are about to be written, for the check of the totals.
  using Count = std::function<void(const std::vector<Change>& changes)>;
  /// All must outlive it. `drill`: rows that it picks are not used as markers, so that a drill does not disable the
  /// check.
  Markers(const Scenario& scenario, const Rows& rows, Judging& judging, LaneWriters& lane, const Clock& clock,
          const Threads& threads, Instant zero, const Drill& drill, std::optional<ViewId> drilled, Count count);

  /// The body of the thread.
  void run(const std::stop_token& stop);
  /// Call when the load is over and all its outcomes are known.
  void load_ended() { load_ended_ = true; }
  /// While the lock is held, no marker is sent, and all sent ones have outcomes.
  [[nodiscard]] std::unique_lock<Turn> quiet() { return std::unique_lock(sending_); }

 private:
  void send(int markers);
  [[nodiscard]] bool spared(const std::vector<Change>& changes);

  const Scenario& scenario_;
  const Rows& rows_;
  Judging& judging_;
  LaneWriters& lane_;
  const Clock& clock_;
  const Instant zero_;
  const Count count_;
  RecordType stored_;
  std::optional<DrillGate> gate_;
  std::optional<ViewModel> drilled_;
  MarkerPace pace_;
  /// How far ahead of their sending the markers after the load are dated.
  Micros ahead_{};
  Turn sending_;
  std::atomic<bool> load_ended_ = false;
  Micros next_at_{};  ///< the earliest time of the next marker: each millisecond has one
  std::int64_t marked_ = 0;
};

}  // namespace freshet
