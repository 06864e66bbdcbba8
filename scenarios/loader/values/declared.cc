#include "scenarios/loader/values/declared.h"

namespace freshet::loading {

Declared declared_among(const std::vector<Field>& fields, int first, int column) {
  int at = first;
  for (const Field& field : fields) {
    const bool ref = field.value->kind == Expression::Kind::Ref;
    const int width = ref ? static_cast<int>(field.value->embed_columns.size()) : 1;
    if (column >= at && column < at + width) {
      return {nullptr, field.value.get(), static_cast<std::size_t>(column - at)};
    }
    at += width;
  }
  return {};
}

Declared declared_at(const Entity& entity, int column) {
  Declared found = declared_among(entity.fields, 1, column);
  if (found.value != nullptr) found.entity = &entity;
  return found;
}

EntityId key_owner(const Scenario& scenario, EntityId id) {
  while (scenario.entity(id).per && scenario.entity(id).key->kind == Expression::Kind::Path) {
    id = *scenario.entity(id).per;
  }
  return id;
}

}  // namespace freshet::loading
