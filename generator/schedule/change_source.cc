#include "generator/schedule/change_source.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace freshet {

ChangeSource::ChangeSource(const Scenario& scenario, const Rows& model, const RunIdentity& identity,
                           ChangeSelection selection)
    : selection_(std::move(selection)),
      schedule_(make_schedule(scenario, model, identity, selection_.shard, selection_.shards)),
      left_(scenario.entities.size(), selection_.rows.value_or(std::numeric_limits<std::int64_t>::max())),
      open_(static_cast<std::size_t>(std::count(selection_.entities.begin(), selection_.entities.end(), true))) {
  if (selection_.rows && *selection_.rows <= 0) open_ = 0;
  if (selection_.from) return;
  reference_changes(scenario, model, reference_);
  std::erase_if(reference_, [&](const Change& change) {
    return lane_of(change.root, scenario.root_of(change.entity), selection_.shards) != selection_.shard;
  });
}

bool ChangeSource::next(Change& out) {
  while (open_ > 0 && take(out)) {
    if (wanted(out)) return true;
  }
  return false;
}

bool ChangeSource::take(Change& out) {
  at_reference_ = next_reference_ < reference_.size();
  if (!at_reference_) return schedule_->next(out);
  out = reference_[next_reference_++];
  return true;
}

bool ChangeSource::wanted(const Change& change) {
  const std::size_t entity = index_of(change.entity);
  if (!selection_.entities[entity] || left_[entity] == 0) return false;
  if (selection_.from && change.intended < *selection_.from) return false;
  if (change.operation == Operation::Delete && !selection_.deletes) {
    ++deletes_left_out_;
    return false;
  }
  if (--left_[entity] == 0) --open_;
  return true;
}

}  // namespace freshet
