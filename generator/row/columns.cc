#include "generator/row/columns.h"

#include <algorithm>

namespace freshet {
namespace {

bool fixed_column(const Scenario& scenario, EntityId id, int column, bool in_all_versions);

bool is_fixed(const Scenario& scenario, EntityId entity, const Expression& value, bool in_all_versions) {
  using enum Expression::Kind;
  switch (value.kind) {
    case Constant:
    case Sequence:
    case Uuid:
    case UuidOrdered:
    case Draw:
    case Choice:
    case Chance:
    case Pattern:
    case Words:
    case Person:
    case Data:
      return true;
    case Time:
      return value.instant != Expression::Instant::Intended;
    case Path:
      return !value.parent && !value.outer && fixed_column(scenario, entity, value.column, in_all_versions);
    case Multiply:
    case Divide:
    case Add:
    case Subtract:
    case When:
    case Nullable:
      return std::all_of(value.operands.begin(), value.operands.end(), [&](const ExpressionPtr& operand) {
        return is_fixed(scenario, entity, *operand, in_all_versions);
      });
    case State:
    case Ref:
    case List:
    case Sum:
      return false;
  }
  return false;
}

bool fixed_column(const Scenario& scenario, EntityId id, int column, bool in_all_versions) {
  const Entity& entity = scenario.entity(id);
  if (!entity.rows || !entity.preloaded || column == entity.version_column || column == entity.updated_at_column) {
    return false;
  }
  if (column == 0) return is_fixed(scenario, id, *entity.key, in_all_versions);
  const auto [field, part] = field_of(entity.fields, 1, column);
  if (field == nullptr || (in_all_versions && settable(scenario, id, *field))) return false;
  // What a reference row refers to is picked for good, as of the beginning.
  if (field->value->kind == Expression::Kind::Ref) {
    const int embedded = field->value->embed_columns[static_cast<std::size_t>(part)];
    return fixed_column(scenario, field->value->entity, embedded, true);
  }
  return is_fixed(scenario, id, *field->value, in_all_versions);
}

}  // namespace

bool settable(const Scenario& scenario, EntityId entity, const Field& field) {
  const auto names = [&](const std::vector<Field>& sets) {
    return std::any_of(sets.begin(), sets.end(), [&](const Field& set) { return set.name == field.name; });
  };
  const Entity& of = scenario.entity(entity);
  return std::any_of(of.life.begin(), of.life.end(), [&](const LifeState& state) { return names(state.set); }) ||
         std::any_of(scenario.load.begin(), scenario.load.end(),
                     [&](const Load& load) { return load.entity == entity && names(load.set); });
}

bool never_changes(const Scenario& scenario, EntityId entity, int column) {
  return fixed_column(scenario, entity, column, true);
}

bool fixed_at_first(const Scenario& scenario, EntityId entity, int column) {
  return fixed_column(scenario, entity, column, false);
}

}  // namespace freshet
