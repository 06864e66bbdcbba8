// From a column back to the expression that it was declared with.
#pragma once

#include "scenarios/model/scenario.h"

namespace freshet::loading {

/// The expression behind a column of an entity's record; null for its key and for what is no field.
struct Declared {
  const Entity* entity = nullptr;
  const Expression* value = nullptr;
  std::size_t embedded = 0;  ///< Ref: which of its columns
};
[[nodiscard]] Declared declared_at(const Entity& entity, ColumnIndex column);

/// The same among fields of which the first has the column `first`. The entity is not known.
[[nodiscard]] Declared declared_among(const std::vector<Field>& fields, ColumnIndex first, ColumnIndex column);

/// The entity whose key this one's key is, up the chain of parents.
[[nodiscard]] EntityId key_owner(const Scenario& scenario, EntityId id);

}  // namespace freshet::loading
