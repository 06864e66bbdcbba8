// Types of columns in a word.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/row.h"

namespace freshet::columns {

inline ColumnType of(Kind kind, int scale = 0, int max_length = 0) {
  ColumnType type;
  type.kind = kind;
  type.scale = scale;
  type.max_length = max_length;
  return type;
}

inline ColumnType list_of(std::vector<Column> columns) {
  ColumnType type = of(Kind::List);
  type.item = std::make_shared<const RecordType>(RecordType{std::move(columns)});
  return type;
}

}  // namespace freshet::columns
