#include "scenarios/tables/tables.h"

#include <algorithm>

namespace freshet {

RecordType stored_record(const Scenario& scenario, const View& view) {
  RecordType record = view.record;
  if (!scenario.stamp) return record;
  if (view.tumble) {
    record.columns.push_back({"group_version", {Kind::Integer, 0, 0, nullptr}});
    return record;
  }
  for (const EntityId entity : view.versions_of) {
    record.columns.push_back({scenario.entity(entity).name + "_version", {Kind::Integer, 0, 0, nullptr}});
  }
  return record;
}

DeclaredTable declare_table(const Entity& entity) {
  constexpr int kRoomForOthers = 255;
  DeclaredTable table;
  for (const Column& column : entity.record.columns) {
    const bool key = table.columns.empty();
    table.columns.push_back({.name = column.name, .type = column.type, .key_place = key ? 1 : 0, .nullable = !key});
  }
  table.layout = mysql::lay_out(table.columns, kRoomForOthers);
  return table;
}

DeclaredTable declare_table(const Scenario& scenario, const View& view) {
  constexpr int kDigits = 19;  // of a cell's whole number
  DeclaredTable table;
  const RecordType stored = stored_record(scenario, view);
  for (std::size_t i = 0; i < stored.width(); ++i) {
    const auto key = std::find(view.key.begin(), view.key.end(), ColumnIndex{i});
    const int place = key == view.key.end() ? 0 : static_cast<int>(key - view.key.begin()) + 1;
    const bool version = i >= view.record.width();
    const std::string_view stated = !version ? "" : view.tumble ? "BIGINT UNSIGNED" : "INT UNSIGNED";
    table.columns.push_back({.name = stored.columns[i].name,
                             .type = stored.columns[i].type,
                             .key_place = place,
                             .nullable = place == 0 && !version,
                             .digits = kDigits,
                             .stated = stated});
  }
  table.layout = mysql::lay_out(table.columns, 1);
  return table;
}

}  // namespace freshet
