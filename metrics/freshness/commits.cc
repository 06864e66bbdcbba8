#include "metrics/freshness/commits.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/result.h"

namespace freshet {

void Commits::add(ViewId view, DueSink& sink) {
  FRESHET_CHECK(roots_.empty(), "views are added before the first commit");
  Watched watched;
  watched.view = &scenario_.view(view);
  watched.model = std::make_unique<ViewModel>(scenario_, rows_, view);
  watched.sink = &sink;
  watched.first_slot = slots_;
  slots_ += watched.view->versions_of.size();
  if (watched.view->tumble) {
    watched.groups = std::make_unique<WindowGroups>(*watched.view);
  }
  for (const EntityId entity : watched.view->versions_of) {
    if (std::ranges::find(entities_, entity) == entities_.end()) entities_.push_back(entity);
    watched.sources.push_back(source_of(scenario_, entity));
  }
  views_.push_back(std::move(watched));
}

void Commits::settled(const Settled& settled) {
  const Change& change = settled.change;
  if (std::ranges::find(entities_, change.entity) == entities_.end()) return;
  Root& root = root_of(change.ordinal);
  if (settled.outcome == Outcome::Committed) {
    for (std::size_t i = 0; i < views_.size(); ++i) {
      const std::vector<EntityId>& inputs = views_[i].view->versions_of;
      const auto input = std::ranges::find(inputs, change.entity);
      if (input != inputs.end()) commit(root, i, static_cast<std::size_t>(input - inputs.begin()), settled);
    }
  }
  if (root.unsettled <= 1) settle_groups(root, change.ordinal);
  if (&root == &last_) return;
  if (root.unsettled <= 1) {
    roots_.erase(change.ordinal);
  } else {
    --root.unsettled;
  }
}

void Commits::settle_groups(const Root& root, Ordinal ordinal) {
  for (std::size_t i = 0; i < views_.size(); ++i) {
    Watched& watched = views_[i];
    if (!root.has_rows[i] || !watched.groups || !watched.groups->has_extremes()) continue;
    rows_of(watched, root.slots, ordinal, watched.after);
    for (const ExpectedRow& row : watched.after) watched.groups->settle(row);
  }
}

void Commits::rows_of(const Watched& watched, std::span<const Slot> slots, Ordinal root,
                      std::vector<ExpectedRow>& out) {
  versions_.clear();
  for (const Slot& slot : slots.subspan(watched.first_slot, watched.view->versions_of.size())) {
    versions_.push_back(slot.version);
  }
  watched.model->clear(out);
  watched.model->rows(root, versions_, out);
}

Commits::Root& Commits::root_of(Ordinal ordinal) {
  if (const auto known = roots_.find(ordinal); known != roots_.end()) return known->second;
  life_.clear();
  for (const EntityId entity : entities_) rows_.life_of(entity, ordinal, life_);
  Root& root = life_.size() <= 1 ? last_ : roots_[ordinal];
  root.unsettled = life_.size();
  root.slots.assign(slots_, {});
  root.has_rows.assign(views_.size(), false);
  return root;
}

void Commits::commit(Root& root, std::size_t view, std::size_t input, const Settled& settled) {
  Watched& watched = views_[view];
  const Change& change = settled.change;
  const std::span<Slot> slots = std::span(root.slots).subspan(watched.first_slot, watched.view->versions_of.size());
  const auto all_living = [&] { return std::ranges::all_of(slots, &Slot::living); };
  const Partitions partitions = partitions_of(watched.sources[input], settled.partitions);
  if (change.phase == Phase::Canary) {
    watched.sink->marked(partitions, settled.released);
  } else {
    watched.sink->committed(partitions, settled.acknowledged);
  }
  const bool had_rows = root.has_rows[view];
  const std::size_t series = series_of(input, change.operation);
  Slot& slot = slots[input];
  // Reported after a later version of the same instance, so no reader could have waited for it.
  if (change.version < slot.version) return watched.sink->not_due(series, change.phase, 1);
  const bool shown = change.operation != Operation::Update || !slot.living ||
                     !watched.model->shows_same(input, change.ordinal, slot.version, change.version);
  bool emitted = false;
  if (shown) {
    watched.model->clear(watched.before);
    if (had_rows) rows_of(watched, root.slots, change.ordinal, watched.before);
    slot = {change.operation != Operation::Delete,
            false,
            change.version,
            change.operation,
            change.phase,
            change.intended,
            settled.released,
            settled.acknowledged,
            settled.partitions};
    watched.model->clear(watched.after);
    if (all_living()) rows_of(watched, root.slots, change.ordinal, watched.after);
    root.has_rows[view] = !watched.after.empty();
    emitted =
        watched.groups ? emit_windows(watched, slots, input, settled) : emit_changes(watched, slots, input, settled);
  }
  if (emitted) return;
  if (had_rows) return watched.sink->unchanged(series, change.phase);
  watched.sink->not_due(series, change.phase, 1);
  if (shown) slot.counted_not_due = true;
}

Partitions Commits::partitions_of(std::optional<std::uint32_t> source, std::array<std::int32_t, 2> partitions) {
  if (!source) return {};
  return {{*source, partitions[0]}, {*source, partitions[1]}};
}

Due Commits::due_of(const Watched& watched, std::span<const Slot> slots, std::size_t credited, Ordinal root) {
  Due due;
  const Slot* latest = &slots[0];
  for (const Slot& slot : slots) {
    due.versions.push_back(slot.version);
    if (slot.acknowledged >= latest->acknowledged) latest = &slot;
  }
  const Slot& to = slots[credited];
  due.acknowledged = latest->acknowledged;
  due.released = latest->released;
  due.intended = to.intended;
  due.phase = to.phase;
  due.series = series_of(credited, to.operation);
  due.root = root;
  const auto sent = [&](std::size_t input) {
    const Slot& slot = slots[input];
    return Due::Sent{partitions_of(watched.sources[input], slot.partitions), slot.released, slot.acknowledged};
  };
  due.sent = sent(credited);
  if (to.phase == Phase::Canary) {
    for (std::size_t input = 0; input < slots.size(); ++input) {
      if (input != credited && slots[input].living) due.others.push_back(sent(input));
    }
  }
  return due;
}

std::size_t Commits::credit(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled) {
  std::size_t credited = 0;
  for (std::size_t k = 0; k < slots.size(); ++k) {
    if (slots[k].acknowledged >= slots[credited].acknowledged) credited = k;
  }
  if (credited != input && slots[credited].counted_not_due) {
    slots[credited].counted_not_due = false;
    watched.sink->not_due(series_of(credited, slots[credited].operation), slots[credited].phase, -1);
    watched.sink->not_due(series_of(input, settled.change.operation), settled.change.phase, 1);
  }
  return credited;
}

bool Commits::emit_changes(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled) {
  const Ordinal root = settled.change.ordinal;
  const std::vector<ExpectedRow>& before = watched.before;
  const std::vector<ExpectedRow>& after = watched.after;
  DuePtr made;
  DuePtr gone;
  kept_.assign(before.size(), false);
  for (std::size_t i = 0; i < after.size(); ++i) {
    // Rows mostly keep their position; the search is long only if the order of a list changed.
    std::size_t at = i < before.size() && before[i].key == after[i].key ? i : 0;
    while (at < before.size() && before[at].key != after[i].key) ++at;
    const bool existed = at < before.size();
    if (existed) kept_[at] = true;
    if (existed && same_image(watched, before[at].image, after[i].image)) continue;
    if (!made) {
      made = std::make_shared<const Due>(due_of(watched, slots, credit(watched, slots, input, settled), root));
    }
    watched.sink->due(after[i].key, made, existed ? Effect::Changes : Effect::Appears);
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (kept_[i]) continue;
    if (!gone) {
      Due due = due_of(watched, slots, input, root);
      due.removes = true;
      gone = std::make_shared<const Due>(std::move(due));
    }
    watched.sink->due(before[i].key, gone, Effect::Vanishes);
  }
  return made || gone;
}

bool Commits::emit_windows(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled) {
  WindowGroups& groups = *watched.groups;
  const View& view = *watched.view;
  // By key: the content before, and one of its rows to take the window from.
  std::map<std::string, std::pair<std::string, const ExpectedRow*>> touched;
  for (const auto* rows : {&watched.before, &watched.after}) {
    for (const ExpectedRow& row : *rows) {
      if (!touched.contains(row.key)) touched[row.key] = {groups.content(row.key), &row};
    }
  }
  for (const ExpectedRow& row : watched.after) groups.add(row);
  for (const ExpectedRow& row : watched.before) groups.remove(row);
  std::optional<std::size_t> credited;
  for (const auto& [key, was] : touched) {
    std::string content = groups.content(key);
    if (content == was.first) continue;
    if (!credited) credited = watched.after.empty() ? input : credit(watched, slots, input, settled);
    Due due = due_of(watched, slots, *credited, settled.change.ordinal);
    due.versions.clear();
    const Cell& start = was.second->image[view.key.back()];
    due.window_end = WallTime{Micros{start.number} + view.tumble->size};
    due.content = std::move(content);
    due.was = was.first;
    const Effect effect = was.first.empty()     ? Effect::Appears
                          : due.content.empty() ? Effect::Vanishes
                                                : Effect::Changes;
    watched.sink->due(key, std::make_shared<const Due>(std::move(due)), effect);
  }
  return credited.has_value();
}

bool Commits::same_image(const Watched& watched, const Row& a, const Row& b) const {
  const std::vector<ViewColumn>& columns = watched.view->columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!equal_cells(a, a.cells[i], b, b.cells[i], columns[i].type)) return false;
  }
  return true;
}

}  // namespace freshet
