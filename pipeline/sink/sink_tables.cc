#include "pipeline/sink/sink_tables.h"

#include "clients/mysql/tables/mysql_ownership.h"
#include "pipeline/sink/sink_marker.h"
#include "scenarios/tables/tables.h"

namespace freshet {

namespace {

Status check(const Scenario& scenario, const SinkTables& sink, mysql::LiveRuns& leases, const SinkRun& run) {
  // The marker first: its error says more than that of a table in the way.
  FRESHET_TRY(check_marker(*sink.connection, leases, scenario.name, run.run_id, run.drop_existing));
  for (const Observe* observe : sink.views) {
    FRESHET_TRY(mysql::check_room(*sink.connection, leases, observe->table, run.run_id, run.drop_existing,
                                  "name another table under \"observe\", or remove it yourself"));
  }
  return {};
}

Status drop(const Scenario& scenario, const SinkTables& sink, mysql::LiveRuns& leases, const std::string& run_id) {
  for (const Observe* observe : sink.views) {
    FRESHET_TRY(mysql::make_room(*sink.connection, leases, observe->table, run_id));
  }
  return clear_marker(*sink.connection, leases, scenario.name, run_id);
}

Status create(const Scenario& scenario, const SinkTables& sink, const std::string& run_id) {
  for (const Observe* observe : sink.views) {
    const std::string mark = mark_of(sink.connection->database(), observe->table, run_id);
    const std::string sql = create_view_sql(scenario, scenario.view(observe->view), observe->table, mark);
    FRESHET_TRY(mysql::make_table(*sink.connection, observe->table, sql));
  }
  return set_marker(*sink.connection, scenario.name, run_id);
}

}  // namespace

std::string create_view_sql(const Scenario& scenario, const View& view, const std::string& table,
                            std::string_view comment) {
  return declare_table(scenario, view).create_sql(table, comment);
}

Status prepare_sinks(const Scenario& scenario, const std::vector<SinkTables>& sinks, const SinkRun& run) {
  mysql::LiveRuns leases;
  for (const SinkTables& sink : sinks) FRESHET_TRY(check(scenario, sink, leases, run));
  for (const SinkTables& sink : sinks) {
    if (run.drop_existing) FRESHET_TRY(drop(scenario, sink, leases, run.run_id));
  }
  for (const SinkTables& sink : sinks) FRESHET_TRY(create(scenario, sink, run.run_id));
  return {};
}

}  // namespace freshet
