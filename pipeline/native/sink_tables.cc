#include "pipeline/native/sink_tables.h"

#include <fmt/format.h>

#include <optional>

#include "base/io/mysql_tables.h"
#include "pipeline/native/pipeline.h"
#include "scenarios/tables.h"

namespace freshet {

namespace {

std::string comment_of(const std::string& run_id) { return fmt::format("{}, run {}", mysql::kMadeByFreshet, run_id); }

Status check_table(mysql::Connection& connection, const std::string& table, bool drop_existing) {
  const auto comment = mysql::table_comment(connection, table);
  FRESHET_TRY(comment);
  if (!comment.value()) return {};
  if (!mysql::is_made_by_freshet(*comment.value())) {
    return Error{ErrorKind::Usage, fmt::format("table {} exists and was not made by Freshet", table),
                 "name another table under \"observe\", or remove it yourself"};
  }
  if (drop_existing) return {};
  return Error{ErrorKind::Usage, fmt::format("table {} exists ({})", table, *comment.value()),
               "--drop-existing drops what earlier runs of Freshet left"};
}

Status check_marker(const Scenario& scenario, mysql::Connection& connection, bool drop_existing) {
  const auto comment = mysql::table_comment(connection, kMarkerTable);
  FRESHET_TRY(comment);
  if (!comment.value()) return {};
  if (!mysql::is_made_by_freshet(*comment.value())) {
    return Error{ErrorKind::Usage, fmt::format("table {} exists and was not made by Freshet", kMarkerTable), ""};
  }
  if (drop_existing) return {};
  std::string found;
  FRESHET_TRY(connection.query(fmt::format("SELECT run_id, started_at FROM {} WHERE scenario = {}", kMarkerTable,
                                           connection.quote(scenario.name)),
                               [&](std::span<const std::optional<std::string_view>> row) {
                                 found = fmt::format("run {}, started at {} UTC", row[0].value_or("?"),
                                                     row[1].value_or("?"));
                               }));
  if (found.empty()) return {};
  return Error{ErrorKind::Usage,
               fmt::format("a pipeline of scenario {} ran before ({}): its state was held in memory and is gone",
                           scenario.name, found),
               "--drop-existing starts over from the beginning"};
}

Status drop(const Scenario& scenario, const SinkTables& sink) {
  for (const Observe* observe : sink.views) {
    FRESHET_TRY(mysql::on_table(observe->table,
                                sink.connection->execute("DROP TABLE IF EXISTS " + mysql::identifier(observe->table))));
  }
  const auto marker = mysql::table_comment(*sink.connection, kMarkerTable);
  FRESHET_TRY(marker);
  if (!marker.value()) return {};
  return sink.connection->execute(
      fmt::format("DELETE FROM {} WHERE scenario = {}", kMarkerTable, sink.connection->quote(scenario.name)));
}

Status create(const Scenario& scenario, const SinkTables& sink, const std::string& run_id) {
  mysql::Connection& connection = *sink.connection;
  for (const Observe* observe : sink.views) {
    const View& view = scenario.view(observe->view);
    FRESHET_TRY(
        mysql::on_table(observe->table, connection.execute(create_view_sql(scenario, view, observe->table, run_id))));
  }
  FRESHET_TRY(connection.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (scenario VARCHAR(190) NOT NULL PRIMARY KEY, run_id VARCHAR(190) NOT NULL,"
      " started_at DATETIME(6) NOT NULL, state VARCHAR(60) NOT NULL) {}",
      kMarkerTable, mysql::table_options(comment_of(run_id)))));
  return connection.execute(fmt::format("REPLACE INTO {} VALUES ({}, {}, UTC_TIMESTAMP(6), 'in memory')", kMarkerTable,
                                        connection.quote(scenario.name), connection.quote(run_id)));
}

}  // namespace

std::string create_view_sql(const Scenario& scenario, const View& view, const std::string& table,
                            const std::string& run_id) {
  return declare_table(scenario, view).create_sql(table, comment_of(run_id));
}

Status prepare_sinks(const Scenario& scenario, const std::vector<SinkTables>& sinks, const SinkRun& run) {
  // The marker first: it says more than a table that is in the way.
  for (const SinkTables& sink : sinks) {
    FRESHET_TRY(check_marker(scenario, *sink.connection, run.drop_existing));
    for (const Observe* observe : sink.views) {
      FRESHET_TRY(check_table(*sink.connection, observe->table, run.drop_existing));
    }
  }
  for (const SinkTables& sink : sinks) {
    if (run.drop_existing) FRESHET_TRY(drop(scenario, sink));
  }
  for (const SinkTables& sink : sinks) FRESHET_TRY(create(scenario, sink, run.run_id));
  return {};
}

}  // namespace freshet
