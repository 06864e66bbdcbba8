// The bookkeeping behind "withheld".
#include "generator/write/lanes/lane_outcomes.h"

#include <utility>

namespace freshet {

LaneOutcomes::LaneOutcomes(const Scenario& scenario, OutcomeSink downstream)
    : downstream_(std::move(downstream)), parent_(scenario.entities.size()), owns_(scenario.entities.size(), false) {
  for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
    parent_[i] = scenario.entities[i].per;
    most_.push_back(scenario.entities[i].most);
    if (parent_[i]) owns_[index_of(*parent_[i])] = true;
  }
}

OutcomeSink LaneOutcomes::sink(std::shared_ptr<LaneOutcomes> outcomes) {
  return [outcomes = std::move(outcomes)](std::span<const Settled> settled) { outcomes->settle(settled); };
}

void LaneOutcomes::sent(std::span<const Change> changes) {
  const std::scoped_lock lock(mutex_);
  for (const Change& change : changes) {
    if (owns_others(change)) in_flight_.add({change.entity, change.ordinal});
  }
}

void LaneOutcomes::settle(std::span<const Settled> settled) {
  {
    const std::scoped_lock lock(mutex_);
    for (const Settled& one : settled) {
      note_failure(one);
      if (one.code != kHeldOnPurpose || one.outcome != Outcome::Committed) note_settled(one.change);
    }
  }
  downstream_(settled);
}

void LaneOutcomes::settle_dropped(const Change& change) {
  {
    const std::scoped_lock lock(mutex_);
    note_settled(change);
  }
  const Settled settled{change, Outcome::Withheld, kDroppedOnPurpose, {}, {}};
  downstream_({&settled, 1});
}

void LaneOutcomes::not_awaited(const Change& change) {
  const std::scoped_lock lock(mutex_);
  note_settled(change);
}

void LaneOutcomes::note_settled(const Change& change) {
  if (owns_others(change)) in_flight_.take({change.entity, change.ordinal});
}

void LaneOutcomes::settle_unsent(const Settled& settled) {
  {
    const std::scoped_lock lock(mutex_);
    note_failure(settled);
  }
  downstream_({&settled, 1});
}

void LaneOutcomes::note_failure(const Settled& one) {
  if (one.outcome == Outcome::Committed) return;
  broken_.insert(InstanceId{one.change.entity, one.change.ordinal});
  if (owns_others(one.change)) absent_.insert(InstanceId{one.change.entity, one.change.ordinal});
}

bool LaneOutcomes::blocked(const Change& change) const {
  const std::optional<EntityId> parent = parent_[index_of(change.entity)];
  const std::scoped_lock lock(mutex_);
  if (!broken_.empty() && broken_.contains(InstanceId{change.entity, change.ordinal})) return true;
  return parent && !absent_.empty() && absent_.contains(InstanceId{*parent, parent_ordinal(change)});
}

bool LaneOutcomes::awaits_parent(const Change& change) const {
  const std::optional<EntityId> parent = parent_[index_of(change.entity)];
  if (!parent) return false;
  const std::scoped_lock lock(mutex_);
  return in_flight_.contains(InstanceId{*parent, parent_ordinal(change)});
}

std::size_t LaneOutcomes::in_flight() const {
  const std::scoped_lock lock(mutex_);
  return in_flight_.size();
}

}  // namespace freshet
