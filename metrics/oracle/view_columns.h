// Which columns of its entities a view shows, and which of them can change after the insert, as far as the declaration
// tells.
#pragma once

#include <vector>

#include "scenarios/model/scenario.h"

namespace freshet {

/// A column of an entity's record on which a view's rows depend.
struct UsedColumn {
  ColumnIndex column{};
  /// True if only the number of items and these columns of each item matter; otherwise the whole cell does.
  bool items_only = false;
  std::vector<ColumnIndex> item_columns;
};

/// For each of View::versions_of: the columns that the view shows, joins on or unnests; each once, ascending.
[[nodiscard]] std::vector<std::vector<UsedColumn>> used_columns(const Scenario& scenario, const View& view);

/// For each column of the entity's record: false only if no update of an instance can change its value. Errs on the
/// side of true.
[[nodiscard]] std::vector<bool> changeable_columns(const Scenario& scenario, EntityId entity);

}  // namespace freshet
