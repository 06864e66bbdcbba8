#include "metrics/oracle/view_columns.h"

#include <algorithm>
#include <map>

#include "base/overloaded.h"

namespace freshet {

namespace {

/// Collects, from the top view down, the columns used of each entity's record.
class Collector {
 public:
  explicit Collector(const Scenario& scenario) : scenario_(scenario) {}

  /// What decides whether rows of `view` exist at all: join columns, and the length of an unnested list.
  void existence(const View& view) {
    for (const View::Input& input : view.inputs) {
      if (input.on_column) whole(input, *input.on_column);
      if (input.view) existence(scenario_.view(*input.view));
    }
    if (view.unnest_column) items(view.inputs[0], *view.unnest_column, {});
  }

  void column(const View& view, const ViewColumn& column, const UsedColumn& use) {
    switch (column.source) {
      case ViewColumn::Source::Line:
        return;  // existence() already covers the length of the list
      case ViewColumn::Source::Item:
        return items(view.inputs[0], *view.unnest_column, {column.column});
      case ViewColumn::Source::Measure:
        if (column.measure == ViewColumn::Measure::Count) return;
        [[fallthrough]];
      case ViewColumn::Source::Window:
      case ViewColumn::Source::Input:
        return input(view.inputs[column.input], {column.column, use.items_only, use.item_columns});
    }
  }

  [[nodiscard]] std::vector<UsedColumn> of(EntityId entity) const {
    std::vector<UsedColumn> uses;
    const auto found = uses_.find(entity);
    if (found == uses_.end()) return uses;
    for (const auto& [index, use] : found->second) uses.push_back(use);
    return uses;
  }

 private:
  void whole(const View::Input& from, ColumnIndex column) { input(from, {column, false, {}}); }
  void items(const View::Input& from, ColumnIndex list, std::vector<ColumnIndex> columns) {
    input(from, {list, true, std::move(columns)});
  }

  void input(const View::Input& from, const UsedColumn& use) {
    if (from.view) {
      const View& view = scenario_.view(*from.view);
      return column(view, view.columns[index_of(use.column)], use);
    }
    UsedColumn& known = uses_[*from.entity].try_emplace(use.column, use).first->second;
    known.items_only = known.items_only && use.items_only;
    for (const ColumnIndex item : use.item_columns) {
      if (std::ranges::find(known.item_columns, item) == known.item_columns.end()) known.item_columns.push_back(item);
    }
  }

  const Scenario& scenario_;
  std::map<EntityId, std::map<ColumnIndex, UsedColumn>> uses_;
};

/// Which fields of one entity updates can change.
class Reach {
 public:
  Reach(const Scenario& scenario, EntityId id) : scenario_(scenario), id_(id), entity_(scenario.entity(id)) {
    for (const LifeState& state : entity_.life) add(state.set);
    // A re-inserted row may come back in another state.
    updated_ = entity_.revival.has_value() || std::ranges::any_of(entity_.life, [](const LifeState& state) {
                 return std::ranges::any_of(state.to, [](NextState to) { return to.has_value(); });
               });
    for (const Load& load : scenario.load) {
      if (load.is<loads::Arrivals>() || load.is<loads::Deletes>() || load.entity != id) continue;
      add(load.set());
      updated_ = true;
    }
  }

  [[nodiscard]] std::vector<bool> columns() {
    const std::size_t width = entity_.record.width();
    columns_.assign(width, false);
    if (!updated_) return columns_;
    // A field may depend on one that is declared after it: repeat until no further field is reached.
    for (std::vector<bool> before; before != columns_;) {
      before = columns_;
      columns_.assign(1, entity_.changes_key());  // the key
      for (const Field& field : entity_.fields) place(field, before);
      // Stamp columns change with every version. To be safe, so do columns that the declaration does not explain.
      columns_.resize(width, true);
    }
    return columns_;
  }

 private:
  void add(const std::vector<Field>& set) {
    for (const Field& field : set) set_.push_back(field.name);
  }

  void place(const Field& field, const std::vector<bool>& before) {
    const bool changes = std::ranges::find(set_, field.name) != set_.end() || reached(*field.value, before);
    const auto* ref = field.value->as<constructs::Ref>();
    columns_.insert(columns_.end(), ref != nullptr ? ref->embed_columns.size() : 1, changes);
  }

  [[nodiscard]] bool reached(const Expression& value, const std::vector<bool>& before) const {
    namespace c = constructs;
    return std::visit(
        Overloaded{
            [](const OneOf<c::Constant, c::Sequence, c::Uuid, c::Draw, c::Choice, c::OrderedUuid, c::Chance, c::Pattern,
                           c::Words, c::Person, c::Data> auto&) { return false; },
            [](const c::State&) { return true; },
            [](const c::Time& time) { return time.instant == c::Time::Instant::Intended; },
            // An embedded column is read at the version's own instant.
            [&](const c::Ref& ref) { return is_updated(ref.entity) || std::ranges::find(set_, ref.via) != set_.end(); },
            [&](const c::Path& path) {
              if (path.record == c::Path::Record::Parent) return !entity_.per || is_updated(*entity_.per);
              return in(before, path.column);
            },
            [&](const c::Sum& sum) { return in(before, sum.list); },
            [&](const c::List& list) {
              return std::ranges::any_of(list.fields,
                                         [&](const Field& item) { return reached_item(*item.value, before); });
            },
            [&](const OneOf<c::Arithmetic, c::When, c::Nullable> auto&) {
              return std::ranges::any_of(operands_of(value),
                                         [&](const ExpressionPtr& operand) { return reached(*operand, before); });
            },
        },
        value.construct);
  }

  /// As reached(), for a field of a list's items: a path within the item names a sibling, which any_of sees as well.
  [[nodiscard]] bool reached_item(const Expression& value, const std::vector<bool>& before) const {
    const auto* path = value.as<constructs::Path>();
    const bool sibling = path != nullptr && path->record == constructs::Path::Record::Own;
    if (sibling || value.is<constructs::Sum>()) return false;
    const std::vector<ExpressionPtr> operands = operands_of(value);
    if (operands.empty()) return reached(value, before);
    return std::ranges::any_of(operands, [&](const ExpressionPtr& operand) { return reached_item(*operand, before); });
  }

  [[nodiscard]] bool is_updated(EntityId other) const {
    if (other == id_) return true;
    return Reach(scenario_, other).updated_;
  }

  [[nodiscard]] static bool in(const std::vector<bool>& columns, ColumnIndex column) {
    return index_of(column) < columns.size() && columns[index_of(column)];
  }

  const Scenario& scenario_;
  EntityId id_;
  const Entity& entity_;
  bool updated_ = false;
  std::vector<std::string> set_;
  std::vector<bool> columns_;
};

}  // namespace

std::vector<std::vector<UsedColumn>> used_columns(const Scenario& scenario, const View& view) {
  Collector collector(scenario);
  collector.existence(view);
  for (const ViewColumn& column : view.columns) collector.column(view, column, {});
  std::vector<std::vector<UsedColumn>> uses;
  for (const EntityId entity : view.versions_of) uses.push_back(collector.of(entity));
  return uses;
}

std::vector<bool> changeable_columns(const Scenario& scenario, EntityId entity) {
  return Reach(scenario, entity).columns();
}

}  // namespace freshet
