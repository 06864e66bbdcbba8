#include "generator/row/columns.h"

#include <algorithm>

#include "base/overloaded.h"

namespace freshet {
namespace {

bool fixed_column(const Scenario& scenario, EntityId id, ColumnIndex column, bool in_all_versions);

bool is_fixed(const Scenario& scenario, EntityId entity, const Expression& value, bool in_all_versions) {
  namespace c = constructs;
  return std::visit(Overloaded{
                        [](const OneOf<c::Constant, c::Sequence, c::Uuid, c::OrderedUuid, c::Draw, c::Choice, c::Chance,
                                       c::Pattern, c::Words, c::Person, c::Data> auto&) { return true; },
                        [](const c::Time& time) { return time.instant != c::Time::Instant::Intended; },
                        [&](const c::Path& path) {
                          return path.record == c::Path::Record::Own &&
                                 fixed_column(scenario, entity, path.column, in_all_versions);
                        },
                        [&](const OneOf<c::Arithmetic, c::When, c::Nullable> auto&) {
                          const std::vector<ExpressionPtr> operands = operands_of(value);
                          return std::all_of(operands.begin(), operands.end(), [&](const ExpressionPtr& operand) {
                            return is_fixed(scenario, entity, *operand, in_all_versions);
                          });
                        },
                        [](const OneOf<c::State, c::Ref, c::List, c::Sum> auto&) { return false; },
                    },
                    value.construct);
}

bool fixed_column(const Scenario& scenario, EntityId id, ColumnIndex column, bool in_all_versions) {
  const Entity& entity = scenario.entity(id);
  if (!entity.rows || !entity.preloaded || column == entity.version_column || column == entity.updated_at_column) {
    return false;
  }
  if (column == ColumnIndex{0}) return is_fixed(scenario, id, *entity.key, in_all_versions);
  const auto [field, part] = field_of(entity.fields, ColumnIndex{1}, column);
  if (field == nullptr || (in_all_versions && settable(scenario, id, *field))) return false;
  // The target of a reference row's reference is picked once, as of the beginning.
  if (const auto* ref = field->value->as<constructs::Ref>()) {
    return fixed_column(scenario, ref->entity, ref->embed_columns[part], true);
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
                     [&](const Load& load) { return load.entity == entity && names(load.set()); });
}

bool never_changes(const Scenario& scenario, EntityId entity, ColumnIndex column) {
  return fixed_column(scenario, entity, column, true);
}

bool fixed_at_first(const Scenario& scenario, EntityId entity, ColumnIndex column) {
  return fixed_column(scenario, entity, column, false);
}

}  // namespace freshet
