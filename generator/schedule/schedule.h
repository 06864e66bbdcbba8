// Schedule: changes in intended order, a function of seed and index, independent of how fast a target answers.
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

/// One lane's part of a schedule: the instances whose root ordinal belongs to it. Yields the changes of history,
/// warm-up and measured phase in intended order (ties by entity, ordinal, version). Memory is O(living instances of the
/// lane). For one thread.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// The next change, or false at the end of the measured phase.
  virtual bool next(Change& out) = 0;
  /// The number of living instances that have a further transition.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
};

/// Which changes of a schedule: those before its zero (a load's "backfill", phase Reference), those after it, or all.
enum class Stretch : std::uint8_t { Whole, History, Live };

/// The schedule of lane `lane` of `lanes` (0 ≤ lane < lanes). `model` must come from make_model with the same scenario
/// and identity. The union over all lanes does not depend on their number.
[[nodiscard]] std::unique_ptr<Schedule> make_schedule(const Scenario& scenario, const Rows& model,
                                                      const RunIdentity& identity, int lane, int lanes,
                                                      Stretch stretch = Stretch::Whole);
/// The lane of an instance.
[[nodiscard]] int lane_of(Ordinal root, EntityId root_entity, int lanes);

/// Visits the reference rows (phase Reference), parents first.
void each_reference_change(const Scenario& scenario, const Rows& model,
                           const std::function<void(const Change& change)>& visit);
void reference_changes(const Scenario& scenario, const Rows& model, std::vector<Change>& out);
/// The reference rows that are written, each with the lane that will change it later: whoever writes them must report
/// their outcomes to that lane. Parents first, across lanes.
struct LaneChanges {
  int lane = 0;
  std::vector<Change> changes;
};
[[nodiscard]] std::vector<LaneChanges> written_reference_changes(const Scenario& scenario, const Rows& model,
                                                                 int lanes);
/// The canary's changes (phase Canary): inserts of the reserved instances of every entity that has a write target and
/// is not a reference row, parents first.
void canary_changes(const Scenario& scenario, const Rows& model, std::vector<Change>& out);
/// Appends a marker (phase Canary): a further canary of every family with an observed view, intended `at` after the
/// schedule's zero (0 or later, to the millisecond). Returns its ordinal, which all its instances share. Each
/// millisecond has its own.
Ordinal marker_changes(const Scenario& scenario, const Rows& model, Micros at, std::vector<Change>& out);

/// What the schedule will do, by entity and operation, for `plan`: counted by running it (warm-up and measured phase).
struct PlannedLoad {
  std::map<EntityId, std::array<std::int64_t, kOperations>> changes;
  std::int64_t total = 0;
  std::int64_t history = 0;      ///< those before the schedule's zero
  std::size_t waiting_max = 0;   ///< maximum number of living instances
  double offered_per_s = 0;      ///< mean rate from the schedule's zero on
  std::size_t living_bytes = 0;  ///< maximum memory of one schedule for the living instances
  std::size_t index_bytes = 0;   ///< maximum memory of the model for background updates
};
[[nodiscard]] PlannedLoad plan_load(const Scenario& scenario, const Rows& model, const RunIdentity& identity);

}  // namespace freshet
