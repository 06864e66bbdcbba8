// Columns of an entity or of a list item: which field they belong to.
#pragma once

#include <cstddef>
#include <vector>

#include "scenarios/model/scenario.h"

namespace freshet {

[[nodiscard]] inline std::size_t width_of(const Field& field) {
  const auto* ref = field.value->as<constructs::Ref>();
  return ref != nullptr ? ref->embed_columns.size() : 1;
}

/// The field that a column belongs to, and which of the field's columns it is.
struct FieldPart {
  const Field* field = nullptr;
  std::size_t part = 0;
};
/// `first`: column of the first field. No field when the column belongs to none of them.
[[nodiscard]] inline FieldPart field_of(const std::vector<Field>& fields, ColumnIndex first, ColumnIndex column) {
  if (column < first) return {};
  std::size_t part = index_of(column) - index_of(first);
  for (const Field& field : fields) {
    if (part < width_of(field)) return {&field, part};
    part -= width_of(field);
  }
  return {};
}

/// True if a version after the first may set this field.
[[nodiscard]] bool settable(const Scenario& scenario, EntityId entity, const Field& field);
/// True if the column is the same in every version of an instance, and a function of seed and ordinal alone: a column
/// of reference rows that exist from the start.
[[nodiscard]] bool never_changes(const Scenario& scenario, EntityId entity, ColumnIndex column);
/// The same for version 1; a later version may change it.
[[nodiscard]] bool fixed_at_first(const Scenario& scenario, EntityId entity, ColumnIndex column);

}  // namespace freshet
