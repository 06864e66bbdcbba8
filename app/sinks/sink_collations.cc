#include "app/sinks/sink_collations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/sinks/sink_checks.h"
#include "base/messages/printable.h"
#include "base/text/lower_case.h"
#include "metrics/oracle/view_model.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

constexpr Ordinal kTriedRoots = 2'000;
constexpr std::size_t kTriedKeys = 2'000;

struct Collation {
  std::string charset;
  std::string name;
};

/// True for collations that compare bytes and keep trailing spaces. "utf8mb4_bin" does not, on any server.
bool tells_all_apart(const std::string& collation) {
  return collation == "binary" || collation.ends_with("_nopad_bin") || collation.ends_with("_0900_bin");
}

/// The collations of the columns that have one, by the column's lower-case name.
Result<std::map<std::string, Collation>> collations_of(mysql::Connection& connection, const std::string& table) {
  std::map<std::string, Collation> found;
  FRESHET_TRY(connection.query(
      "SELECT LOWER(column_name), character_set_name, collation_name FROM information_schema.columns WHERE "
      "table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name = " +
          connection.quote(table),
      [&](auto row) {
        found[std::string(row[0].value_or(""))] = {std::string(row[1].value_or("")), std::string(row[2].value_or(""))};
      }));
  return found;
}

/// The key columns that distinguish rows, or groups: without the window in a view with windows, since all groups share
/// it.
std::vector<std::size_t> told_by(const View& view) {
  std::vector<std::size_t> columns;
  for (const ColumnIndex index : view.key) {
    const std::size_t column = index_of(index);
    if (!view.tumble || view.columns[column].type.kind != Kind::Time) columns.push_back(column);
  }
  return columns;
}

/// The keys of the first rows, each as the items of a JSON array.
std::vector<std::string> first_keys(const Scenario& scenario, const Rows& rows, const Observe& observe,
                                    const std::vector<std::size_t>& columns) {
  const View& view = scenario.view(observe.view);
  const ViewModel model(scenario, rows, observe.view);
  const Ordinal roots = std::min(rows.count(scenario.family_of(view.versions_of[0])), kTriedRoots);
  std::set<std::string> keys;
  std::vector<LifeEvent> life;
  std::vector<Version> versions;
  std::vector<ExpectedRow> expected;
  for (Ordinal root = 0; root < roots && keys.size() < kTriedKeys; ++root) {
    versions.clear();
    for (const EntityId input : view.versions_of) {
      life.clear();
      rows.life_of(input, root, life);
      versions.push_back(life.empty() ? 0 : life.front().version);
    }
    model.rows(root, versions, expected);
    for (const ExpectedRow& row : expected) {
      std::string key;
      for (const std::size_t column : columns) {
        if (!key.empty()) key += ", ";
        append_json(row.image, row.image.cells[column], view.columns[column].type, key);
      }
      keys.insert(std::move(key));
    }
  }
  return {keys.begin(), keys.end()};
}

}  // namespace

Status refuse_equal_keys(const Scenario& scenario, const Rows& rows, const Observe& observe,
                         mysql::Connection& connection) {
  const View& view = scenario.view(observe.view);
  auto collations = collations_of(connection, observe.table);
  if (!collations.ok()) return collations.error().in(name_sink(scenario, observe));
  const std::vector<std::size_t> columns = told_by(view);
  std::string parts, groups, loose;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string name = mysql::column_name(view.columns[columns[i]].name);
    parts += fmt::format(", k{0} TEXT CHARACTER SET utf8mb4 PATH '$[{0}]'", i);
    groups += i == 0 ? "" : ", ";
    const auto collation = collations->find(lower_case(name));
    if (collation == collations->end() || tells_all_apart(collation->second.name)) {
      groups += fmt::format("CAST(k{} AS BINARY)", i);
      continue;
    }
    groups += fmt::format("CONVERT(k{} USING {}) COLLATE {}", i, collation->second.charset, collation->second.name);
    loose += fmt::format("{}column {} has {}", loose.empty() ? "" : ", ", name, collation->second.name);
  }
  if (loose.empty()) return {};

  const std::vector<std::string> keys = first_keys(scenario, rows, observe, columns);
  std::size_t first = 0, second = 0;
  const Status asked = connection.query(
      fmt::format("SELECT MIN(i), MAX(i) FROM JSON_TABLE({}, '$[*]' COLUMNS (i FOR ORDINALITY{})) AS tried GROUP BY {} "
                  "HAVING MIN(i) < MAX(i) LIMIT 1",
                  connection.quote(fmt::format("[[{}]]", fmt::join(keys, "],["))), parts, groups),
      [&](auto row) {
        first = std::stoul(std::string(row[0].value_or("0")));
        second = std::stoul(std::string(row[1].value_or("0")));
      });
  if (!asked.ok()) return asked.error().in(name_sink(scenario, observe));
  if (first == 0) return {};
  return Error{ErrorKind::Usage,
               fmt::format("{}: the keys {} and {} are the same there: {}", name_sink(scenario, observe),
                           printable_json(keys.at(first - 1)), printable_json(keys.at(second - 1)), loose),
               "give the columns of the key a collation that compares bytes and keeps trailing spaces: "
               "utf8mb4_nopad_bin (MariaDB), utf8mb4_0900_bin (MySQL)"};
}

}  // namespace freshet
