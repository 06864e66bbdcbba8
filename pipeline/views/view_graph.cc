#include "pipeline/views/view_graph.h"

#include <algorithm>

#include "pipeline/state/packed_row.h"

namespace freshet {

ViewGraph::ViewGraph(const Scenario& scenario, const std::vector<ViewId>& views, State& state, Emit emit)
    : scenario_(scenario),
      emit_(std::move(emit)),
      entities_(scenario.entities.size()),
      views_(scenario.views.size()),
      nodes_(scenario.views.size()),
      wanted_(scenario.views.size(), 0) {
  std::vector<char> needed(scenario.views.size(), 0);
  for (const ViewId view : views) {
    wanted_[index_of(view)] = 1;
    need(scenario, view, needed);
  }
  // A table refers to the record of its rows, so operators that own the records of views are created before their
  // readers.
  for (std::size_t i = 0; i < scenario.views.size(); ++i) {
    if (!needed[i]) continue;
    const View& view = scenario.views[i];
    std::array<RowTable*, 2> tables{};
    for (std::size_t input = 0; input < view.inputs.size(); ++input) {
      const View::Input& read = view.inputs[input];
      Source& source = read.entity ? entities_[index_of(*read.entity)] : views_[index_of(*read.view)];
      if (source.table == nullptr && read.entity) {
        const Entity& entity = scenario.entity(*read.entity);
        source.table = &state.rows("entity " + entity.name, entity.record);
      } else if (source.table == nullptr && view.inputs.size() == 2) {
        const RecordType& stored = nodes_[index_of(*read.view)].view_operator->stored();
        source.table = &state.rows("view " + scenario.view(*read.view).name, stored);
      }
      tables[input] = source.table;
      if (source.readers.empty() || source.readers.back().node != i) source.readers.push_back({i, {}});
      source.readers.back().inputs.push_back(input);
    }
    if (view.tumble) {
      nodes_[i].group_record = stored_record(scenario, view);
      nodes_[i].group =
          std::make_unique<GroupOperator>(view, nodes_[i].group_record, state.groups("groups " + view.name));
      continue;
    }
    nodes_[i].view_operator = std::make_unique<ViewOperator>(scenario, view, tables);
  }
  prepare_tables();
  prepare_ageing();
}

// Nothing is kept that no view reads, and nothing of a deleted row unless an older version of it may still come.
void ViewGraph::prepare_tables() {
  for (Source& source : views_) {
    if (source.table != nullptr) source.table->forget_deleted();  // deltas come in order
  }
  for (std::size_t i = 0; i < entities_.size(); ++i) {
    const Source& source = entities_[i];
    if (source.table == nullptr) continue;
    const Entity& entity = scenario_.entities[i];
    std::vector<char> columns(entity.record.width());
    columns[0] = 1;
    if (entity.version_column) columns[index_of(*entity.version_column)] = 1;
    for (const Reader& reader : source.readers) {
      const Node& node = nodes_[reader.node];
      if (node.group) node.group->mark_read(columns);
      for (const std::size_t input : node.view_operator ? reader.inputs : std::vector<std::size_t>{}) {
        node.view_operator->mark_read(input, columns);
      }
    }
    source.table->keep_only(std::move(columns));
    const bool log = std::any_of(scenario_.write.begin(), scenario_.write.end(), [&](const WriteTarget& write) {
      return index_of(write.entity) == i && write.topic() == nullptr;
    });
    if (log) source.table->forget_deleted();
  }
}

// A row of a view that a join reads is made of rows of entities: it is not needed longer than the one of them that is
// kept longest, counted from its own last change.
void ViewGraph::prepare_ageing() {
  const auto age = [&](RowTable* table, std::optional<Micros> retention) {
    if (table == nullptr || !retention) return;
    table->keep_times();
    ageing_.push_back({table, nullptr, *retention});
  };
  for (std::size_t i = 0; i < entities_.size(); ++i) age(entities_[i].table, scenario_.entities[i].retention);
  for (std::size_t i = 0; i < views_.size(); ++i) {
    const View& view = scenario_.views[i];
    std::optional<Micros> longest = Micros{};
    for (const EntityId entity : view.versions_of) {
      const std::optional<Micros>& held = scenario_.entity(entity).retention;
      longest = longest && held ? std::max(longest, held) : std::nullopt;  // one of them is kept for ever
    }
    age(views_[i].table, longest);
    if (nodes_[i].group && view.retention) ageing_.push_back({nullptr, nodes_[i].group.get(), *view.retention});
  }
}

void ViewGraph::need(const Scenario& scenario, ViewId view, std::vector<char>& needed) const {
  needed[index_of(view)] = 1;
  for (const View::Input& input : scenario.view(view).inputs) {
    if (input.view) need(scenario, *input.view, needed);
  }
}

void ViewGraph::upsert(EntityId entity, const Row& row, WallTime at) {
  at_ = at;
  Source& source = entities_[index_of(entity)];
  if (source.table == nullptr) return;
  const Entity& declared = scenario_.entity(entity);
  key_.clear();
  append_text(row, row.cells[0], declared.record.columns[0].type, key_);
  const Version version =
      declared.version_column ? static_cast<Version>(row[*declared.version_column].number) : Version{0};
  const RowTable::Found found = source.table->find(key_);
  if (declared.version_column && found.slot != RowTable::kNone) {
    const bool older = found.living ? version < found.version : version <= found.version;
    if (older) {
      ++older_ignored_;
      return;
    }
  }
  if (found.living) source.table->load(found.slot, scratch_);
  change(source, key_, found.living ? &scratch_ : nullptr, &row, version);
}

bool ViewGraph::replace(EntityId entity, std::string_view previous, const std::vector<std::size_t>& missing, Row& row,
                        WallTime at) {
  const Source& source = entities_[index_of(entity)];
  if (source.table == nullptr) return true;
  const RowTable::Found found = source.table->find(previous);
  if (!found.living) return false;
  const Entity& declared = scenario_.entity(entity);
  source.table->load(found.slot, scratch_);
  for (const std::size_t column : missing) {
    copy_cell(scratch_, scratch_.cells[column], declared.record.columns[column].type, row, column);
  }
  key_.clear();
  append_text(row, row.cells[0], declared.record.columns[0].type, key_);
  if (key_ != previous) erase(entity, previous, at);
  upsert(entity, row, at);
  return true;
}

void ViewGraph::erase(EntityId entity, std::string_view key, WallTime at) {
  at_ = at;
  Source& source = entities_[index_of(entity)];
  if (source.table == nullptr) return;
  const RowTable::Found found = source.table->find(key);
  if (!found.living) return;
  source.table->load(found.slot, scratch_);
  change(source, key, &scratch_, nullptr, found.version);
}

// Readers compute their rows before and after the table changes. They settle from the last to the first, so that a view
// that reads both this source and another of its readers has finished with its buffers before that reader's deltas
// arrive.
void ViewGraph::change(Source& source, std::string_view key, const Row* before, const Row* after, Version version) {
  for (const Reader& reader : source.readers) {
    Node& node = nodes_[reader.node];
    if (node.group) {
      node.group->change(before, after, at_);
      continue;
    }
    node.touched = before == nullptr || after == nullptr ||
                   std::any_of(reader.inputs.begin(), reader.inputs.end(),
                               [&](std::size_t input) { return node.view_operator->differ(input, *before, *after); });
    node.before.clear();
    node.after.clear();
    if (!node.touched) continue;
    for (const std::size_t input : reader.inputs) node.view_operator->collect(input, before, after, node.before);
  }
  if (source.table != nullptr && after != nullptr) source.table->put(key, *after, version, at_);
  if (source.table != nullptr && after == nullptr) source.table->bury(key, version, at_);
  for (const Reader& reader : source.readers) {
    Node& node = nodes_[reader.node];
    if (!node.touched) continue;
    for (const std::size_t input : reader.inputs) node.view_operator->collect(input, after, before, node.after);
  }
  for (auto reader = source.readers.rbegin(); reader != source.readers.rend(); ++reader) {
    if (nodes_[reader->node].touched) settle(reader->node);
  }
}

void ViewGraph::flush() {
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    if (!nodes_[at].group) continue;
    nodes_[at].group->flush([&](bool deleted, ViewRow& row) { emit_({at, deleted, &row}); });
  }
}

void ViewGraph::forget_old(WallTime now) {
  constexpr int kLooks = 16;  // looks per retention: each visits everything
  for (Ageing& each : ageing_) {
    if (now < each.next) continue;
    each.next = now + each.retention / kLooks;
    if (each.table != nullptr) {
      forgotten_.rows += static_cast<std::int64_t>(each.table->forget_older(now - each.retention));
    } else {
      forgotten_.groups += static_cast<std::int64_t>(each.group->forget_older(now - each.retention));
    }
  }
}

void ViewGraph::settle(std::size_t at) {
  Node& node = nodes_[at];
  ViewOperator& view = *node.view_operator;
  view.compare(node.before, node.after, node.difference);
  Source& self = views_[at];
  const std::size_t width = view.view().record.width();
  for (ViewRow* gone : node.difference.gone) {
    if (!self.readers.empty()) change(self, gone->key, &gone->row, nullptr, 0);
    if (wanted_[at]) emit_({at, true, gone});
  }
  for (const auto& [old, row] : node.difference.put) {
    if (!self.readers.empty()) change(self, row->key, old == nullptr ? nullptr : &old->row, &row->row, 0);
    if (!wanted_[at]) continue;
    if (old != nullptr && !versions_at_least(row->row, old->row, width, view.components())) emit_({at, true, old});
    emit_({at, false, row});
  }
}

std::int64_t ViewGraph::null_keys() const {
  std::int64_t sum = 0;
  for (const Node& node : nodes_) {
    sum += node.view_operator ? node.view_operator->null_keys() : 0;
    sum += node.group ? node.group->left_out() : 0;
  }
  return sum;
}

ViewGraph::Held ViewGraph::held() const {
  Held sum;
  for (const auto* sources : {&entities_, &views_}) {
    for (const Source& source : *sources) {
      sum.rows += source.table != nullptr ? static_cast<std::int64_t>(source.table->living_rows()) : 0;
    }
  }
  for (const Node& node : nodes_) sum.groups += node.group ? static_cast<std::int64_t>(node.group->groups()) : 0;
  return sum;
}

std::int64_t ViewGraph::rows_of(EntityId entity) const {
  const Source& source = entities_[index_of(entity)];
  return source.table != nullptr ? static_cast<std::int64_t>(source.table->living_rows()) : 0;
}

std::size_t ViewGraph::bytes_of(EntityId entity) const {
  const Source& source = entities_[index_of(entity)];
  return source.table != nullptr ? source.table->bytes() : 0;
}

std::pair<std::int64_t, std::size_t> ViewGraph::groups_of(ViewId view) const {
  const auto& group = nodes_[index_of(view)].group;
  if (!group) return {0, 0};
  return {static_cast<std::int64_t>(group->groups()), group->bytes()};
}

std::size_t ViewGraph::bytes_for(EntityId entity, std::size_t living, std::size_t deleted) const {
  const Source& source = entities_[index_of(entity)];
  return source.table != nullptr ? source.table->bytes_for(living, deleted) : 0;
}

std::size_t ViewGraph::bytes() const {
  std::size_t sum = 0;
  for (const auto* sources : {&entities_, &views_}) {
    for (const Source& source : *sources) sum += source.table != nullptr ? source.table->bytes() : 0;
  }
  for (const Node& node : nodes_) sum += node.group ? node.group->bytes() : 0;
  return sum;
}

}  // namespace freshet
