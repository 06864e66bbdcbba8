// The tables of a scenario: checked by `check`, created by the generator and the native pipeline.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/scenario.h"
#include "scenarios/tables/mysql_table_layout.h"

namespace freshet {

/// The view's columns and, if rows are stamped, the version columns of its table.
[[nodiscard]] RecordType stored_record(const Scenario& scenario, const View& view);

/// A table declaration, or why there can be none.
struct DeclaredTable {
  std::vector<mysql::TableColumn> columns;
  mysql::TableLayout layout;

  [[nodiscard]] std::string create_sql(const std::string& table, std::string_view comment) const {
    return mysql::create_table(table, columns, layout, comment);
  }
};

/// The table of an entity, with room for texts that other programs may write.
[[nodiscard]] DeclaredTable declare_table(const Entity& entity);
/// The table of a view, with room for every decimal that a row can hold, since sums grow.
[[nodiscard]] DeclaredTable declare_table(const Scenario& scenario, const View& view);

}  // namespace freshet
