#include "generator/schedule/lane_schedule.h"

#include <algorithm>

#include "base/result.h"

namespace freshet {

LaneSchedule::LaneSchedule(const Timeline& timeline, std::size_t entities, int lane, int lanes)
    : timeline_(timeline), lane_(lane), lanes_(lanes) {
  FRESHET_CHECK(lanes >= 1 && lane >= 0 && lane < lanes, "a lane is one of its lanes");
  for (std::size_t i = 0; i < entities; ++i) {
    const auto entity = static_cast<EntityId>(i);
    if (const Arrivals* arrivals = timeline.arrivals(entity)) {
      add_source(Source{entity, nullptr, 0, Arrivals::Cursor(*arrivals), 0, {}});
    }
    if (const UpdateIndex* updates = timeline.updates(entity)) {
      for (std::uint32_t load = 0; load < updates->loads().size(); ++load) {
        add_source(Source{entity, updates, load, Arrivals::Cursor(updates->loads()[load].arrivals), 0, {}});
      }
    }
    const bool owner_of_children = timeline.popularity(entity) != nullptr && !timeline.children(entity).empty();
    for (Ordinal row = 0; owner_of_children && row < timeline.count(entity); ++row) {
      if (owns(row, entity)) begin_children(entity, row, {});
    }
  }
}

bool LaneSchedule::owns(Ordinal root, EntityId root_entity) const {
  return lanes_ == 1 || lane_of(root, root_entity, lanes_) == lane_;
}

void LaneSchedule::add_source(Source source) {
  if (read_ahead(source)) sources_.push_back(source);
}

bool LaneSchedule::read_ahead(Source& source) const {
  PendingChange& head = source.head;
  while (source.cursor.next(head.intended)) {
    const std::uint64_t index = source.index++;
    head.entity = source.entity;
    if (source.updates == nullptr) {
      head.ordinal = index;
      if (!owns(index, source.entity)) continue;
      head.version = 1;
      head.operation = Operation::Insert;
      return true;
    }
    head.ordinal = source.updates->loads()[source.load].picker.pick(index);
    if (!owns(head.ordinal, source.entity)) continue;
    const UpdateIndex::Entry entry(head.intended, source.load, Operation::Update, static_cast<std::uint32_t>(index));
    const auto version = source.updates->version_of(head.ordinal, entry);
    if (!version) continue;  // the row did not exist at that time
    head.version = *version;
    head.operation = source.updates->entry(head.ordinal, *version).operation;
    return true;
  }
  return false;
}

/// Schedules the inserts of what an instance owns. `base` is the instance's own intended time.
void LaneSchedule::begin_children(EntityId entity, Ordinal ordinal, Micros base) {
  for (const EntityId child : timeline_.children(entity)) {
    const std::uint64_t children = timeline_.children_of(child, ordinal);
    for (std::uint64_t i = 0; i < children; ++i) {
      const Ordinal own = timeline_.child(child, ordinal, i);
      const Micros intended = base + timeline_.delay(child, own);
      if (intended >= timeline_.length()) continue;
      pending_.push(PendingChange{intended, own, 1, child, 0, Operation::Insert});
    }
  }
}

/// Turns a change into the next one of the instance; returns false if the schedule has none.
bool LaneSchedule::following(PendingChange& change) const {
  LifePoint point{change.version, change.operation, static_cast<std::size_t>(change.state), change.intended};
  if (!timeline_.advance(change.entity, change.ordinal, point) || point.intended >= timeline_.length()) return false;
  change.version = point.version;
  change.operation = point.operation;
  change.state = static_cast<std::int16_t>(point.state);
  change.intended = point.intended;
  return true;
}

Change LaneSchedule::change_of(const PendingChange& change) const {
  return Change{change.entity,  change.operation, timeline_.phase_at(change.intended),
                change.version, change.ordinal,   timeline_.root(change.entity, change.ordinal),
                change.intended};
}

void LaneSchedule::take_pending(Change& out) {
  PendingChange change = pending_.top();
  out = change_of(change);
  if (following(change)) {
    pending_.replace_top(change);
  } else {
    pending_.pop();
  }
  if (out.version == 1) begin_children(out.entity, out.ordinal, out.intended);
}

void LaneSchedule::take_source(Change& out) {
  const auto first = std::min_element(sources_.begin(), sources_.end(),
                                      [](const Source& a, const Source& b) { return a.head < b.head; });
  PendingChange change = first->head;
  const UpdateIndex* updates = first->updates;
  out = change_of(change);
  if (!read_ahead(*first)) sources_.erase(first);
  if (updates != nullptr) {  // rows with background updates have no life
    const UpdateIndex::Entry* back =
        out.operation == Operation::Delete ? updates->reinsert_of(out.ordinal, out.version) : nullptr;
    if (back != nullptr) {
      pending_.push(PendingChange{back->intended, out.ordinal, out.version + 1, out.entity, 0, Operation::Insert});
    }
    return;
  }
  if (following(change)) pending_.push(change);
  begin_children(out.entity, out.ordinal, out.intended);
}

bool LaneSchedule::next(Change& out) {
  if (sources_.empty() && pending_.empty()) return false;
  bool from_source = pending_.empty();
  for (const Source& source : sources_) from_source = from_source || source.head < pending_.top();
  if (from_source) {
    take_source(out);
  } else {
    take_pending(out);
  }
  return true;
}

}  // namespace freshet
