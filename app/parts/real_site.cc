#include "app/parts/real_site.h"

#include <filesystem>
#include <utility>

#include "app/native/native_process.h"
#include "app/sinks/sink_checks.h"
#include "app/sinks/sink_collations.h"
#include "app/sinks/view_tables.h"
#include "generator/write/backends.h"
#include "pipeline/observe/mysql_observer.h"
#include "pipeline/sink/sink_marker.h"

namespace freshet {

namespace {

constexpr Nanos kHurriedCleanUp = 800 * kNanosPerMilli;

void note(const Status& dropped, const std::string& what, RunSite::Left& left) {
  if (dropped.ok()) return;
  left.behind.push_back(what + ": " + dropped.error().message);
  left.warnings.push_back(what + " may be left behind (freshet clean drops them): " + dropped.error().message);
}

}  // namespace

Status RealSite::prepare(const std::string& run_id) {
  FRESHET_ASSIGN(environment_, options_.embedded
                                   ? start_embedded(scenario_, options_.keep, stops_.asked(), stops_.cut())
                                   : reach_connections(scenario_, stops_.cut()));
  TargetOptions targets;
  targets.run_id = run_id;
  targets.drop_existing = options_.drop_existing;
  targets.use_existing_topics = options_.use_existing_topics || options_.embedded;
  FRESHET_TRY(leases_.take(scenario_, environment_.outside, LeaseHolder::Run, run_id));
  FRESHET_TRY(prepare_targets(scenario_, environment_.addresses, targets, created_));
  for (const Made& made : created_.made) leases_.guard(made.connection, made.name);
  return {};
}

Status RealSite::start_pipeline(const std::string& run_id, const std::string& directory,
                                std::unique_ptr<Pipeline>& pipeline) {
  NativeProcessOptions native;
  native.program = options_.program;
  native.scenario = directory + "/scenario.resolved.json";
  native.run_id = run_id;
  native.variables = environment_.variables;
  native.drop_existing = options_.drop_existing;
  native.drill = options_.drill;
  native.drill_journal = directory + "/drill.json";
  native.state_file = directory + "/logs/state.json";
  native.log_file = directory + "/logs/pipeline.log";
  native.asked = stops_.asked();
  native.hurry = stops_.asked();
  pipeline = make_native_process(std::move(native));
  FRESHET_TRY(pipeline->start());
  leases_.guard_views(scenario_);
  return {};
}

Status RealSite::await_sinks(Nanos patience, const std::function<std::optional<Error>()>& trouble) {
  return await_sink_tables(scenario_, environment_.addresses, patience, clock_, trouble);
}

Status RealSite::refuse_sinks(const Rows& rows) {
  FRESHET_TRY(refuse_missing_columns(scenario_, environment_.addresses));
  for (const Observe& observe : scenario_.observe) {
    auto connection = mysql::Connection::open(address_at<mysql::Address>(environment_.addresses, observe.connection));
    if (!connection.ok()) return connection.error().in(name_sink(scenario_, observe));
    FRESHET_TRY(refuse_equal_keys(scenario_, rows, observe, *connection));
  }
  return {};
}

Result<std::unique_ptr<Observer>> RealSite::observe(const Observe& observe) {
  return observe_mysql(scenario_, observe.view, address_at<mysql::Address>(environment_.addresses, observe.connection),
                       observe.table);
}

std::string RealSite::died() {
  const std::string died = environment_.mariadb ? environment_.mariadb->died() : "";
  return died.empty() ? "" : "the database server died: " + died;
}

ServerReading RealSite::read(const WriterPool& writers) {
  return read_servers(scenario_, environment_.addresses, writers.figures(), clock_);
}

std::map<std::string, ProcessCost> RealSite::cost() {
  std::map<std::string, ProcessCost> cost;
  if (environment_.mariadb) cost["mysql"] = environment_.mariadb->cost();
  return cost;
}

std::string RealSite::embedded_socket() const {
  return environment_.mariadb ? environment_.mariadb->socket() : std::string();
}

RunSite::Left RealSite::take_down(const std::string& run_id, const std::string& directory, bool views) {
  Left left;
  if (environment_.mariadb) {
    std::error_code lost;  // the log is a courtesy
    std::filesystem::copy_file(environment_.mariadb->log_file(), directory + "/logs/mysql.log",
                               std::filesystem::copy_options::overwrite_existing, lost);
    if (options_.keep) {
      left.warnings.push_back("the files of the private server stay in " + environment_.mariadb->directory() +
                              " (--keep)");
    }
  }
  // What is on private servers goes with them.
  std::erase_if(created_.made,
                [&](const Made& made) { return !environment_.outside.servers.at(made.connection).has_value(); });
  if (options_.keep || (options_.embedded && created_.made.empty())) return left;
  const std::stop_token enough = stop_signal() == 0 ? stops_.cut() : stops_.within(kHurriedCleanUp);
  const Addresses addresses = until(environment_.outside, enough);
  std::vector<std::string> not_ours;
  if (views && !options_.embedded) {
    std::string names;
    for (const Observe& observe : scenario_.observe) names += (names.empty() ? "tables " : ", ") + observe.table;
    names += std::string(", ") + kMarkerTable;
    note(drop_view_tables(scenario_, addresses, run_id, not_ours), names, left);
  }
  note(drop_targets(addresses, created_, not_ours), describe(created_), left);
  for (const std::string& name : not_ours) {
    left.behind.push_back(name + ": it was not created by this run");
    left.warnings.push_back(name + " was not created by this run and is left alone");
  }
  return left;
}

}  // namespace freshet
