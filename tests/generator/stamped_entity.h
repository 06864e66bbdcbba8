// An entity of a record that ends with its stamps.
#pragma once

#include <string>
#include <utility>

#include "scenarios/model/scenario.h"

namespace freshet {

/// The key is "id"; the last two columns are the version and the time of the change.
inline Entity stamped_entity(const std::string& name, RecordType record) {
  Entity entity;
  entity.name = name;
  entity.key_field = "id";
  entity.version_column = ColumnIndex{record.width() - 2};
  entity.updated_at_column = ColumnIndex{record.width() - 1};
  entity.record = std::move(record);
  return entity;
}

}  // namespace freshet
