// Schedule: changes in intended order, a function of seed and index, never of how fast a target answers.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/change.h"
#include "base/rows.h"
#include "generator/model/model.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One lane's part of a schedule: the instances whose root ordinal it owns. Yields changes of history, warm-up and
/// measured in intended order (ties by entity, ordinal, version). Memory is O(living instances of the lane). One
/// thread.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// The next change, or false at the end of the measured phase.
  virtual bool next(Change& out) = 0;
  /// Living instances whose next transition is still to come.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
};

/// Which changes of a schedule: those before its zero (a load's "backfill", phase Reference), those after, or all.
enum class Stretch : std::uint8_t { Whole, History, Live };

/// Lane `lane` of `lanes` (0 ≤ lane < lanes). `model` must come from make_model of the same scenario and identity.
/// The union over the lanes does not depend on how many there are.
[[nodiscard]] std::unique_ptr<Schedule> make_schedule(const Scenario& scenario, const Rows& model,
                                                      const RunIdentity& identity, int lane, int lanes,
                                                      Stretch stretch = Stretch::Whole);
/// Lane of an instance.
[[nodiscard]] int lane_of(Ordinal root, EntityId root_entity, int lanes);

/// Reference rows (phase Reference) in an order in which parents come first.
void each_reference_change(const Scenario& scenario, const Rows& model,
                           const std::function<void(const Change& change)>& visit);
void reference_changes(const Scenario& scenario, const Rows& model, std::vector<Change>& out);
/// Those of them that are written, each with the lane that will change it: whoever writes it there lets the lane know
/// what became of it. Parents first, whatever the lane.
struct LaneChanges {
  int lane = 0;
  std::vector<Change> changes;
};
[[nodiscard]] std::vector<LaneChanges> written_reference_changes(const Scenario& scenario, const Rows& model,
                                                                 int lanes);
/// The canary's changes (phase Canary): inserts of the reserved instances of every entity with a write target that is
/// not a reference row, parents first.
void canary_changes(const Scenario& scenario, const Rows& model, std::vector<Change>& out);
/// A marker (phase Canary): a further canary of every family of which some view is observed, intended `at` after the
/// schedule's zero, to the millisecond, 0 or later. Returns its ordinal, which all its instances share. Each
/// millisecond has one.
Ordinal marker_changes(const Scenario& scenario, const Rows& model, Micros at, std::vector<Change>& out);

/// What the schedule will do, by entity and operation, for `plan`: counted by running it (warm-up and measured).
struct PlannedLoad {
  std::map<EntityId, std::array<std::int64_t, kOperations>> changes;
  std::int64_t total = 0;
  std::int64_t history = 0;      ///< of them, before the schedule's zero
  std::size_t waiting_max = 0;   ///< most living instances at once
  double offered_per_s = 0;      ///< mean from the schedule's zero on
  std::size_t living_bytes = 0;  ///< the most that one schedule takes for the living instances
  std::size_t index_bytes = 0;   ///< what the model takes for free changes, at most
};
[[nodiscard]] PlannedLoad plan_load(const Scenario& scenario, const Rows& model, const RunIdentity& identity);

}  // namespace freshet
