// A change of one entity, as a source would hand it over.
#pragma once

#include <string>

#include "base/change.h"
#include "base/row.h"

namespace freshet {

struct Step {
  EntityId entity{};
  bool deleted = false;
  std::string key;
  Row row;
};

}  // namespace freshet
