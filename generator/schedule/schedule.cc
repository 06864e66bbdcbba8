// The schedule of a scenario: lanes, the rows written before the load, and the plan.
#include "generator/schedule/schedule.h"

#include <algorithm>

#include "base/result.h"
#include "generator/draw/random.h"
#include "generator/model/scenario_model.h"
#include "generator/schedule/lane_schedule.h"
#include "generator/schedule/pending.h"

namespace freshet {
namespace {

const Timeline& timeline_of(const Rows& model) {
  const auto* compiled = dynamic_cast<const ScenarioModel*>(&model);
  FRESHET_CHECK(compiled != nullptr, "a schedule needs the rows that make_model made");
  return compiled->timeline();
}

/// The changes of another schedule before or after its zero.
class PartOfSchedule final : public Schedule {
 public:
  PartOfSchedule(std::unique_ptr<Schedule> whole, Stretch stretch) : whole_(std::move(whole)), stretch_(stretch) {}

  bool next(Change& out) override {
    while (whole_->next(out)) {
      const bool past = out.phase == Phase::Reference;
      if (past == (stretch_ == Stretch::History)) return true;
      if (!past) return false;
    }
    return false;
  }
  [[nodiscard]] std::size_t waiting() const override { return whole_->waiting(); }

 private:
  const std::unique_ptr<Schedule> whole_;
  const Stretch stretch_;
};

bool is_written(const Scenario& scenario, EntityId entity) {
  return std::ranges::any_of(scenario.write, [&](const WriteTarget& target) { return target.entity == entity; });
}

/// The insert of a canary or a reference row. Instances that it owns share its root, because their ordinals are equal.
Change first_insert(EntityId entity, Ordinal ordinal, Phase phase, Micros intended) {
  return Change{entity, Operation::Insert, phase, 1, ordinal, ordinal, intended};
}

}  // namespace

std::unique_ptr<Schedule> make_schedule(const Scenario& scenario, const Rows& model, const RunIdentity&, int lane,
                                        int lanes, Stretch stretch) {
  auto whole = std::make_unique<LaneSchedule>(timeline_of(model), scenario.entities.size(), lane, lanes);
  if (stretch == Stretch::Whole || (stretch == Stretch::Live && scenario.backfill() == Micros{})) return whole;
  return std::make_unique<PartOfSchedule>(std::move(whole), stretch);
}

int lane_of(Ordinal root, EntityId root_entity, int lanes) {
  const std::uint64_t hash = combine(root, index_of(root_entity));
  return static_cast<int>(below(hash, static_cast<std::uint64_t>(lanes)));
}

void each_reference_change(const Scenario& scenario, const Rows& model,
                           const std::function<void(const Change& change)>& visit) {
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    if (!scenario.entities[i].rows || !scenario.entities[i].preloaded) continue;
    const auto entity = static_cast<EntityId>(i);
    for (Ordinal ordinal = 0; ordinal < model.count(entity); ++ordinal) {
      visit(first_insert(entity, ordinal, Phase::Reference, timeline_of(model).reference_instant()));
    }
  }
}

void reference_changes(const Scenario& scenario, const Rows& model, std::vector<Change>& out) {
  each_reference_change(scenario, model, [&out](const Change& change) { out.push_back(change); });
}

std::vector<LaneChanges> written_reference_changes(const Scenario& scenario, const Rows& model, int lanes) {
  std::vector<Change> all;
  reference_changes(scenario, model, all);
  std::vector<LaneChanges> out;
  std::size_t first = 0;  // index of the current entity's first group; there is one for each lane
  for (const Change& change : all) {
    if (!is_written(scenario, change.entity)) continue;
    if (first == out.size() || out[first].changes.front().entity != change.entity) first = out.size();
    const int lane = lane_of(change.root, scenario.root_of(change.entity), lanes);
    auto group = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                              [lane](const LaneChanges& other) { return other.lane == lane; });
    if (group == out.end()) group = out.insert(out.end(), LaneChanges{lane, {}});
    group->changes.push_back(change);
  }
  return out;
}

void canary_changes(const Scenario& scenario, const Rows& model, std::vector<Change>& out) {
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    const auto entity = static_cast<EntityId>(i);
    if (!is_written(scenario, entity)) continue;
    for (const Ordinal ordinal : model.canaries(entity)) {
      out.push_back(first_insert(entity, ordinal, Phase::Canary, kCanaryInstant));
    }
  }
}

Ordinal marker_changes(const Scenario& scenario, const Rows& model, Micros at, std::vector<Change>& out) {
  FRESHET_CHECK(at >= Micros{}, "markers come after the schedule's zero");
  const Ordinal ordinal = kFirstMarker + static_cast<Ordinal>(at / (kMicrosPerSecond / 1'000));
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    const auto entity = static_cast<EntityId>(i);
    const EntityId root = scenario.root_of(entity);
    const bool watched = std::ranges::any_of(scenario.observe, [&](const Observe& observe) {
      const std::vector<EntityId>& inputs = scenario.view(observe.view).versions_of;
      return std::ranges::any_of(inputs, [&](EntityId input) { return scenario.root_of(input) == root; });
    });
    if (!watched || !is_written(scenario, entity) || !timeline_of(model).has_canary(entity)) continue;
    out.push_back(first_insert(entity, ordinal, Phase::Canary, canary_instant(ordinal)));
  }
  return ordinal;
}

PlannedLoad plan_load(const Scenario& scenario, const Rows& model, const RunIdentity& identity) {
  PlannedLoad plan;
  const auto schedule = make_schedule(scenario, model, identity, 0, 1);
  Change change;
  while (schedule->next(change)) {
    ++plan.changes[change.entity][static_cast<std::size_t>(change.operation)];
    ++plan.total;
    if (change.intended < Micros{}) ++plan.history;
    plan.waiting_max = std::max(plan.waiting_max, schedule->waiting());
  }
  const double seconds = static_cast<double>(scenario.length().count()) / static_cast<double>(kMicrosPerSecond.count());
  plan.living_bytes = plan.waiting_max * Pending::kMostBytes;
  const Timeline& timeline = timeline_of(model);
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    const UpdateIndex* updates = timeline.updates(static_cast<EntityId>(i));
    if (updates == nullptr) continue;
    plan.index_bytes += (timeline.count(static_cast<EntityId>(i)) + 1) * sizeof(std::uint32_t);
    for (const UpdateLoad& load : updates->loads()) {
      plan.index_bytes += load.arrivals.count() * (load.reinsert ? 2 : 1) * sizeof(UpdateIndex::Entry);
    }
  }
  if (seconds > 0) plan.offered_per_s = static_cast<double>(plan.total - plan.history) / seconds;
  return plan;
}

}  // namespace freshet
