// A record with every kind of column, nested objects and lists of lists.
#pragma once

#include <utility>
#include <vector>

#include "base/column_types.h"

namespace freshet::columns {

inline RecordType sale_record(std::vector<Column> item) {
  return {{{"id", of(Kind::Text)},
           {"store.id", of(Kind::Text)},
           {"store.place.city", of(Kind::Text)},
           {"terminal", of(Kind::Integer)},
           {"total", of(Kind::Decimal, 2)},
           {"weight", of(Kind::Double)},
           {"paid", of(Kind::Boolean)},
           {"at", of(Kind::Time)},
           {"items", list_of(std::move(item))}}};
}

}  // namespace freshet::columns
