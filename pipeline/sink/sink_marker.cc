#include "pipeline/sink/sink_marker.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "clients/mysql/tables/mysql_tables.h"
#include "scenarios/tables/mysql_table_layout.h"

namespace freshet {

namespace {

constexpr unsigned kNoSuchTable = 1146;
constexpr unsigned kDuplicateKey = 1062;

/// True for the marker of any run: several share the table.
bool is_marker(const mysql::Connection& connection, std::string_view comment) {
  return mysql::owner_of(connection.database(), kMarkerTable, comment).has_value();
}

struct MarkerRow {
  std::string run_id;
  std::string started_at;
};

Result<std::optional<MarkerRow>> find_row(mysql::Connection& connection, const std::string& scenario) {
  std::optional<MarkerRow> found;
  FRESHET_TRY(connection.query(
      fmt::format("SELECT run_id, started_at FROM {} WHERE scenario = {}", kMarkerTable, connection.quote(scenario)),
      [&](auto row) {
        found = {std::string(row[0].value_or("?")), std::string(row[1].value_or("?"))};
      }));
  return found;
}

/// Deletes rows, under the lock of a table that is ours, and returns whether the table is empty then.
Result<bool> is_empty_without(mysql::Connection& connection, const std::set<std::string>& run_ids) {
  for (const std::string& run_id : run_ids) {
    FRESHET_TRY(
        connection.execute(fmt::format("DELETE FROM {} WHERE run_id = {}", kMarkerTable, connection.quote(run_id))));
  }
  const Result<std::string> left = connection.scalar(fmt::format("SELECT COUNT(*) FROM {}", kMarkerTable));
  if (!left.ok()) return left.error();
  return left.value() == "0";
}

}  // namespace

Status check_marker(mysql::Connection& connection, mysql::LiveRuns& leases, const std::string& scenario,
                    const std::string& run_id, bool drop_existing) {
  const auto comment = mysql::table_comment(connection, kMarkerTable);
  if (!comment.ok()) return comment.error();
  if (!comment.value()) return {};
  if (!is_marker(connection, *comment.value())) {
    return Error{ErrorKind::Usage, fmt::format("table {} exists and was not created by Freshet", kMarkerTable), ""};
  }
  const auto found = find_row(connection, scenario);
  if (!found.ok()) return found.error();
  if (!found.value()) return {};
  const MarkerRow& row = *found.value();
  if (row.run_id != run_id) {
    const Result<bool> living = leases.lives(connection, row.run_id);
    if (!living.ok()) return living.error();
    if (living.value()) {
      return Error{ErrorKind::Usage,
                   fmt::format("a pipeline of scenario {} is running (run {}, started at {} UTC)", scenario, row.run_id,
                               row.started_at),
                   "let it end first, or use another database"};
    }
  }
  if (drop_existing) return {};
  return Error{ErrorKind::Usage,
               fmt::format("a pipeline of scenario {} ran before (run {}, started at {} UTC): its state was held in "
                           "memory and is gone",
                           scenario, row.run_id, row.started_at),
               "--drop-existing starts over from the beginning"};
}

Status clear_marker(mysql::Connection& connection, mysql::LiveRuns& leases, const std::string& scenario,
                    const std::string& run_id) {
  FRESHET_TRY(check_marker(connection, leases, scenario, run_id, true));
  const auto comment = mysql::table_comment(connection, kMarkerTable);
  if (!comment.ok()) return comment.error();
  if (!comment.value()) return {};
  const auto found = find_row(connection, scenario);
  if (!found.ok()) return found.error();
  if (!found.value()) return {};
  return connection.execute(fmt::format("DELETE FROM {} WHERE scenario = {} AND run_id = {}", kMarkerTable,
                                        connection.quote(scenario), connection.quote(found.value()->run_id)));
}

Status set_marker(mysql::Connection& connection, const std::string& scenario, const std::string& run_id) {
  const std::string make = fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (scenario VARCHAR(190) NOT NULL PRIMARY KEY, run_id VARCHAR(190) NOT NULL,"
      " started_at DATETIME(6) NOT NULL, state VARCHAR(60) NOT NULL) {}",
      kMarkerTable, mysql::table_options(mark_of(connection.database(), kMarkerTable, run_id)));
  const std::string add = fmt::format("INSERT INTO {} VALUES ({}, {}, UTC_TIMESTAMP(6), 'in memory')", kMarkerTable,
                                      connection.quote(scenario), connection.quote(run_id));
  constexpr int kTries = 10;  // a pipeline that ends at this moment may drop the table in between
  Status added;
  for (int i = 0; i < kTries; ++i) {
    FRESHET_TRY(connection.execute(make));
    added = connection.execute(add);
    if (added.ok() || connection.failure().code != kNoSuchTable) break;
  }
  if (added.ok() || connection.failure().code != kDuplicateKey) return added;
  // A pipeline has one session per view, and the first of them has added the row.
  const auto found = find_row(connection, scenario);
  if (!found.ok()) return found.error();
  if (found.value() && found.value()->run_id == run_id) return {};
  return Error{ErrorKind::Usage, fmt::format("another pipeline of scenario {} has just started here", scenario),
               "let it end first, or use another database"};
}

Result<mysql::DropResult> drop_marker(mysql::Connection& connection, const std::string& run_id) {
  bool locked = false;  // the second call is made under the lock
  bool shared = false;
  const auto result = mysql::drop_if(connection, kMarkerTable, [&](const std::string& comment) -> Result<bool> {
    if (!is_marker(connection, comment)) return false;
    if (!std::exchange(locked, true)) return true;
    const Result<bool> empty = is_empty_without(connection, {run_id});
    shared = empty.ok() && !empty.value();
    return empty;
  });
  if (result.ok() && shared) return mysql::DropResult::Absent;
  return result;
}

Result<mysql::DropResult> drop_dead_marker(mysql::Connection& connection, mysql::LiveRuns& leases) {
  std::set<std::string> dead;
  bool locked = false;
  return mysql::drop_if(connection, kMarkerTable, [&](const std::string& comment) -> Result<bool> {
    if (!is_marker(connection, comment)) return false;
    if (std::exchange(locked, true)) return is_empty_without(connection, dead);
    std::set<std::string> named;
    FRESHET_TRY(connection.query(fmt::format("SELECT DISTINCT run_id FROM {}", kMarkerTable),
                                 [&](auto row) { named.emplace(row[0].value_or("")); }));
    FRESHET_TRY(leases.look(connection, named));
    for (const std::string& run_id : named) {
      const Result<bool> living = leases.lives(connection, run_id);
      if (!living.ok()) return living.error();
      if (!living.value()) dead.insert(run_id);
    }
    return true;
  });
}

}  // namespace freshet
