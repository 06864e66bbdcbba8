// Columns of an entity or of a list item: which field they come from.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "scenarios/model/scenario.h"

namespace freshet {

[[nodiscard]] inline std::size_t width_of(const Field& field) {
  return field.value->kind == Expression::Kind::Ref ? field.value->embed_columns.size() : 1;
}

/// The field that a column belongs to, and which of the field's columns it is. `first`: column of the first field.
[[nodiscard]] inline std::pair<const Field*, int> field_of(const std::vector<Field>& fields, int first, int column) {
  for (const Field& field : fields) {
    const auto width = static_cast<int>(width_of(field));
    if (column < first + width) return {&field, column - first};
    first += width;
  }
  return {nullptr, 0};
}

/// A version after the first may set this field.
[[nodiscard]] bool settable(const Scenario& scenario, EntityId entity, const Field& field);
/// The column is the same in every version of an instance, and a function of seed and ordinal alone: a column of
/// reference rows that are there from the start.
[[nodiscard]] bool never_changes(const Scenario& scenario, EntityId entity, int column);
/// The same of what version 1 says, which a later version may change.
[[nodiscard]] bool fixed_at_first(const Scenario& scenario, EntityId entity, int column);

}  // namespace freshet
