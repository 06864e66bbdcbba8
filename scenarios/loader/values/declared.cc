#include "scenarios/loader/values/declared.h"

namespace freshet::loading {

Declared declared_among(const std::vector<Field>& fields, ColumnIndex first, ColumnIndex column) {
  std::size_t at = index_of(first);
  for (const Field& field : fields) {
    const auto* ref = field.value->as<constructs::Ref>();
    const std::size_t width = ref != nullptr ? ref->embed_columns.size() : 1;
    if (index_of(column) >= at && index_of(column) < at + width) {
      return {nullptr, field.value.get(), index_of(column) - at};
    }
    at += width;
  }
  return {};
}

Declared declared_at(const Entity& entity, ColumnIndex column) {
  Declared found = declared_among(entity.fields, ColumnIndex{1}, column);
  if (found.value != nullptr) found.entity = &entity;
  return found;
}

EntityId key_owner(const Scenario& scenario, EntityId id) {
  while (scenario.entity(id).per && scenario.entity(id).key->is<constructs::Path>()) {
    id = *scenario.entity(id).per;
  }
  return id;
}

}  // namespace freshet::loading
