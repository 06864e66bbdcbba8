// Sends the marker rows of a run: rows of the scenario's own that show how far the pipeline has come.
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

/// During the load some of them, after it as many as it takes until every view shows that all has been passed
/// (MarkerPace). One thread runs it, over a lane of its own.
class Markers {
 public:
  /// Counts what is about to be written, for the account.
  using Count = std::function<void(const std::vector<Change>& changes)>;
  /// All must outlive it. `drill`: rows that it picks are no markers, so that the fire drill does not burn the alarm.
  Markers(const Scenario& scenario, const Rows& rows, Judging& judging, LaneWriters& lane, const Clock& clock,
          const Threads& threads, Instant zero, const Drill& drill, std::optional<ViewId> drilled, Count count);

  /// The thread.
  void run(const std::stop_token& stop);
  /// The load is over, and all its outcomes are known.
  void load_ended() { load_ended_ = true; }
  /// While it is held, none is sent, and those that were sent have their outcomes.
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
  /// How much later than they are sent those after the load are dated.
  Micros ahead_{};
  Turn sending_;
  std::atomic<bool> load_ended_ = false;
  Micros next_at_{};  ///< no marker before it: each millisecond has one
  std::int64_t marked_ = 0;
};

}  // namespace freshet
