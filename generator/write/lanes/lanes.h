// Lanes: the send side of a run. Each lane takes its part of the schedule, waits for the intended instants, renders
// rows and gives them to writers in intended order. Open loop: a late change is sent late, nothing is dropped, and the
// schedule never stretches. A scenario may ask for a closed loop instead.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/rows.h"
#include "base/seams.h"
#include "generator/schedule/schedule.h"
#include "generator/write/lanes/lane_outcomes.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The writers of one lane, one per entity that has a target. Null: the entity is not written and its changes are
/// settled as committed at once; only the scenario's `write` decides. Entities may share a writer.
struct LaneWriters {
  std::vector<std::shared_ptr<Writer>> by_entity;  ///< indexed by EntityId
  /// What the lane knows of outcomes, and where they go on to. Its writers must report through it
  /// (LaneOutcomes::sink), so that what depends on a change that did not commit is withheld. Required.
  std::shared_ptr<LaneOutcomes> outcomes;
};

struct LaneOptions {
  Instant zero{};       ///< instant of the schedule's zero
  int batch_max = 200;  ///< most changes of one write; more where a writer wants more
  /// How long a due change may wait to be sent together with those due after it. It shows as wait, never as service. 0
  /// = send what is due.
  Micros horizon{};
  /// Closed loop: this many changes of the lane are given to the writers at once, and the next when all of them have
  /// outcomes, whatever their instants. Changes of one event stay together. 0 = open loop.
  int in_flight = 0;
};

/// Runs one lane until the end of its schedule, or until `stop`. Returns the number of changes that it took from the
/// schedule. A change is settled as Withheld if an earlier version of its instance, or the insert of its parent, did
/// not commit. Call from the lane's own thread.
std::int64_t run_lane(const Scenario& scenario, const Rows& rows, Schedule& schedule, LaneWriters& writers,
                      const Clock& clock, const LaneOptions& options, std::stop_token stop);

/// Writes the given changes at once, in order, outside of any schedule (reference rows, canary), by the same rule.
/// Returns when every one has an outcome.
void write_now(const Scenario& scenario, const Rows& rows, std::span<const Change> changes, LaneWriters& writers,
               const Clock& clock);

}  // namespace freshet
