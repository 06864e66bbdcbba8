// Finds the expression with which a column was declared.
#pragma once

#include "scenarios/model/scenario.h"

namespace freshet::loading {

/// The expression behind a column of an entity's record; null for its key and for columns that are not fields.
struct Declared {
  const Entity* entity = nullptr;
  const Expression* value = nullptr;
  std::size_t embedded = 0;  ///< Ref: which of its columns
};
[[nodiscard]] Declared declared_at(const Entity& entity, ColumnIndex column);

/// The same among fields of which the first has the column `first`. The entity is not known.
[[nodiscard]] Declared declared_among(const std::vector<Field>& fields, ColumnIndex first, ColumnIndex column);

/// The entity at the top of the chain of parents, whose key this one shares.
[[nodiscard]] EntityId key_owner(const Scenario& scenario, EntityId id);

}  // namespace freshet::loading
