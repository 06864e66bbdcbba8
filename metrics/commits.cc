#include "metrics/commits.h"

#include <algorithm>

namespace freshet {

void Commits::add(ViewId view, DueSink& sink) {
  FRESHET_CHECK(roots_.empty(), "views are added before the first commit");
  Watched watched;
  watched.view = &scenario_.view(view);
  watched.model = std::make_unique<ViewModel>(scenario_, rows_, view);
  watched.sink = &sink;
  watched.first_slot = slots_;
  slots_ += watched.view->versions_of.size();
  for (const EntityId entity : watched.view->versions_of) {
    if (std::ranges::find(entities_, entity) == entities_.end()) entities_.push_back(entity);
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
  if (root.unsettled <= 1) {
    roots_.erase(change.ordinal);
  } else {
    --root.unsettled;
  }
}

Commits::Root& Commits::root_of(Ordinal ordinal) {
  const auto [at, fresh] = roots_.try_emplace(ordinal);
  Root& root = at->second;
  if (!fresh) return root;
  root.slots.resize(slots_);
  root.has_rows.resize(views_.size());
  life_.clear();
  for (const EntityId entity : entities_) rows_.life_of(entity, ordinal, life_);
  root.unsettled = life_.size();
  return root;
}

void Commits::commit(Root& root, std::size_t view, std::size_t input, const Settled& settled) {
  Watched& watched = views_[view];
  const Change& change = settled.change;
  const std::span<Slot> slots = std::span(root.slots).subspan(watched.first_slot, watched.view->versions_of.size());
  const auto all_living = [&] { return std::ranges::all_of(slots, &Slot::living); };
  const auto rows_now = [&](std::vector<ExpectedRow>& out) {
    versions_.clear();
    for (const Slot& slot : slots) versions_.push_back(slot.version);
    watched.model->rows(change.ordinal, versions_, out);
  };
  const bool had_rows = root.has_rows[view];
  const std::size_t series = series_of(input, change.operation);
  Slot& slot = slots[input];
  // Reported after a later version of the same instance: nobody could wait for it.
  if (change.version < slot.version) return watched.sink->not_due(series, change.phase, 1);
  const bool shown = change.operation != Operation::Update || !slot.living ||
                     !watched.model->shows_same(input, change.ordinal, slot.version, change.version);
  bool emitted = false;
  if (shown) {
    watched.model->clear(watched.before);
    if (had_rows) rows_now(watched.before);
    slot = {change.operation != Operation::Delete,
            false,
            change.version,
            change.operation,
            change.phase,
            change.intended,
            settled.released,
            settled.acknowledged};
    watched.model->clear(watched.after);
    if (all_living()) rows_now(watched.after);
    root.has_rows[view] = !watched.after.empty();
    emitted = emit_changes(watched, slots, input, settled);
  }
  if (emitted) return;
  if (had_rows) return watched.sink->unchanged(series, change.phase);
  watched.sink->not_due(series, change.phase, 1);
  if (shown) slot.counted_not_due = true;
}

bool Commits::emit_changes(const Watched& watched, std::span<Slot> slots, std::size_t input, const Settled& settled) {
  const Change& change = settled.change;
  const auto due_of = [&](std::size_t credited) {
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
    due.root = change.ordinal;
    return std::make_shared<const Due>(std::move(due));
  };

  const std::vector<ExpectedRow>& before = watched.before;
  const std::vector<ExpectedRow>& after = watched.after;
  DuePtr made;
  DuePtr gone;
  kept_.assign(before.size(), false);
  for (std::size_t i = 0; i < after.size(); ++i) {
    // Rows mostly keep their place; only a list that changes its order makes this search long.
    std::size_t at = i < before.size() && before[i].key == after[i].key ? i : 0;
    while (at < before.size() && before[at].key != after[i].key) ++at;
    const bool existed = at < before.size();
    if (existed) kept_[at] = true;
    if (existed && same_image(watched, before[at].image, after[i].image)) continue;
    if (!made) {
      std::size_t credited = 0;
      for (std::size_t k = 0; k < slots.size(); ++k) {
        if (slots[k].acknowledged >= slots[credited].acknowledged) credited = k;
      }
      made = due_of(credited);
      // Reported late: it is this change that was not yet joinable when it committed, not the one credited now.
      if (credited != input && slots[credited].counted_not_due) {
        slots[credited].counted_not_due = false;
        watched.sink->not_due(made->series, made->phase, -1);
        watched.sink->not_due(series_of(input, change.operation), change.phase, 1);
      }
    }
    watched.sink->due(after[i].key, made, existed ? Effect::Changes : Effect::Appears);
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (kept_[i]) continue;
    if (!gone) gone = due_of(input);
    watched.sink->due(before[i].key, gone, Effect::Vanishes);
  }
  return made || gone;
}

bool Commits::same_image(const Watched& watched, const Row& a, const Row& b) const {
  const std::vector<ViewColumn>& columns = watched.view->columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!equal_cells(a, a.cells[i], b, b.cells[i], columns[i].type)) return false;
  }
  return true;
}

}  // namespace freshet
