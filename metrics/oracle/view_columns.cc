#include "metrics/oracle/view_columns.h"

#include <algorithm>
#include <map>

namespace freshet {

namespace {

/// Collects, from the top view down, the columns used of each entity's record.
class Collector {
 public:
  explicit Collector(const Scenario& scenario) : scenario_(scenario) {}

  /// What decides whether rows of `view` exist at all: join columns, and the length of an unnested list.
  void existence(const View& view) {
    for (const View::Input& input : view.inputs) {
      if (input.on_column >= 0) whole(input, input.on_column);
      if (input.view) existence(scenario_.view(*input.view));
    }
    if (view.unnest_column >= 0) items(view.inputs[0], view.unnest_column, {});
  }

  void column(const View& view, const ViewColumn& column, const UsedColumn& use) {
    switch (column.source) {
      case ViewColumn::Source::Line:
        return;  // existence() already covers the length of the list
      case ViewColumn::Source::Item:
        return items(view.inputs[0], view.unnest_column, {column.column});
      case ViewColumn::Source::Measure:
        if (column.column < 0) return;  // a count
        [[fallthrough]];
      case ViewColumn::Source::Window:
      case ViewColumn::Source::Input:
        return input(view.inputs[static_cast<std::size_t>(column.input)],
                     {column.column, use.items_only, use.item_columns});
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
  void whole(const View::Input& from, int column) { input(from, {column, false, {}}); }
  void items(const View::Input& from, int list, std::vector<int> columns) {
    input(from, {list, true, std::move(columns)});
  }

  void input(const View::Input& from, const UsedColumn& use) {
    if (from.view) {
      const View& view = scenario_.view(*from.view);
      return column(view, view.columns[static_cast<std::size_t>(use.column)], use);
    }
    UsedColumn& known = uses_[*from.entity].try_emplace(use.column, use).first->second;
    known.items_only = known.items_only && use.items_only;
    for (const int item : use.item_columns) {
      if (std::ranges::find(known.item_columns, item) == known.item_columns.end()) known.item_columns.push_back(item);
    }
  }

  const Scenario& scenario_;
  std::map<EntityId, std::map<int, UsedColumn>> uses_;
};

/// Which fields of one entity updates can change.
class Reach {
 public:
  Reach(const Scenario& scenario, EntityId id) : scenario_(scenario), id_(id), entity_(scenario.entity(id)) {
    for (const LifeState& state : entity_.life) add(state.set);
    // A re-inserted row may come back in another state.
    updated_ = entity_.revival.has_value() || std::ranges::any_of(entity_.life, [](const LifeState& state) {
                 return std::ranges::any_of(state.to, [](int to) { return to != kDeleted; });
               });
    for (const Load& load : scenario.load) {
      if (load.kind == Load::Kind::Arrivals || load.kind == Load::Kind::Deletes || load.entity != id) continue;
      add(load.set);
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
    const bool ref = field.value->kind == Expression::Kind::Ref;
    columns_.insert(columns_.end(), ref ? field.value->embed_columns.size() : 1, changes);
  }

  [[nodiscard]] bool reached(const Expression& value, const std::vector<bool>& before) const {
    using Kind = Expression::Kind;
    switch (value.kind) {
      case Kind::Constant:
      case Kind::Sequence:
      case Kind::Uuid:
      case Kind::Draw:
      case Kind::Choice:
      case Kind::UuidOrdered:
      case Kind::Chance:
      case Kind::Pattern:
      case Kind::Words:
      case Kind::Person:
      case Kind::Data:
        return false;
      case Kind::State:
        return true;
      case Kind::Time:
        return value.instant == Expression::Instant::Intended;
      case Kind::Ref:
        // An embedded column is read at the version's own instant.
        return is_updated(value.entity) || std::ranges::find(set_, value.via) != set_.end();
      case Kind::Path:
      case Kind::Sum:
        if (value.parent) return !entity_.per || is_updated(*entity_.per);
        return in(before, value.column);
      case Kind::List:
        return std::ranges::any_of(value.fields, [&](const Field& item) { return reached_item(*item.value, before); });
      case Kind::Multiply:
      case Kind::Divide:
      case Kind::Add:
      case Kind::Subtract:
      case Kind::When:
      case Kind::Nullable:
        return std::ranges::any_of(value.operands,
                                   [&](const ExpressionPtr& operand) { return reached(*operand, before); });
    }
    return true;
  }

  /// Like reached(), for a field of a list's items: a path without `outer` names a sibling, which any_of sees as well.
  [[nodiscard]] bool reached_item(const Expression& value, const std::vector<bool>& before) const {
    const bool sibling =
        (value.kind == Expression::Kind::Path || value.kind == Expression::Kind::Sum) && !value.outer && !value.parent;
    if (sibling) return false;
    if (!value.operands.empty()) {
      return std::ranges::any_of(value.operands,
                                 [&](const ExpressionPtr& operand) { return reached_item(*operand, before); });
    }
    return reached(value, before);
  }

  [[nodiscard]] bool is_updated(EntityId other) const {
    if (other == id_) return true;
    return Reach(scenario_, other).updated_;
  }

  [[nodiscard]] static bool in(const std::vector<bool>& columns, int index) {
    const auto at = static_cast<std::size_t>(index);
    return index < 0 || (at < columns.size() && columns[at]);
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
