// `freshet pipeline`: runs the native pipeline until a signal or until it ends by itself.
#include <cstdio>
#include <thread>

#include "app/commands/commands.h"
#include "app/native/native_process.h"
#include "app/setup/leases.h"
#include "app/setup/run_files.h"
#include "app/terminal/complaints.h"
#include "app/terminal/signals.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/exit_code.h"
#include "base/messages/printable.h"
#include "clients/mysql/tables/mysql_tables.h"
#include "generator/write/backends.h"
#include "pipeline/native/pipeline.h"

namespace freshet {

namespace {

constexpr int kPatienceMs = 10'000;

/// The names of tables and topics of the scenario that the pipeline reads and that do not exist.
Result<std::vector<std::string>> missing_sources(const Scenario& scenario, const NativeOptions& native) {
  std::vector<std::string> missing;
  for (const WriteTarget& write : scenario.write) {
    if (const auto* table = std::get_if<MysqlTarget>(&write.target)) {
      FRESHET_ASSIGN(auto connection, mysql::Connection::open(native.mysql[table->connection]));
      FRESHET_ASSIGN(const auto comment, mysql::table_comment(connection, table->table));
      if (!comment) missing.push_back("table " + table->table);
    } else if (const auto* topic = std::get_if<KafkaTarget>(&write.target)) {
      FRESHET_ASSIGN(const auto known, kafka::topics(native.kafka[topic->connection], kPatienceMs));
      if (!known.contains(topic->topic)) missing.push_back("topic " + topic->topic);
    }
  }
  return missing;
}

/// Serves one scenario, from run to run. When a run ends, its tables and topics are dropped and the views contain rows
/// that no longer exist. So the pipeline starts over with empty views, and waits until its sources exist again.
Status serve(const Scenario& scenario, NativeOptions native, bool once, RunLeases& leases,
             const std::stop_token& stop) {
  while (true) {
    Status ended = run_native_pipeline(
        scenario, native,
        [&] {
          leases.watch_views(scenario);
          std::printf("%s\n", kPipelineReady);
          std::fflush(stdout);
        },
        stop);
    if (ended.ok() || once) return ended;
    auto missing = missing_sources(scenario, native);
    if (!missing.ok() || missing->empty()) return ended;
    std::string names;
    for (const std::string& name : missing.value()) names += (names.empty() ? "" : ", ") + name;
    if (stop.stop_requested()) return {};  // a stop was requested while its sources did not exist
    native.log(ended.error().message);
    native.log("was dropped: " + names + "; starting over with empty views once it exists again");
    native.drop_existing = true;  // the views that it made itself
    native.from_beginning = false;
  }
}

void give_addresses(const Addresses& addresses, NativeOptions& native) {
  native.environment = addresses.environment;
  for (const std::any& address : addresses.servers) {
    const auto* database = std::any_cast<mysql::Address>(&address);
    const auto* broker = std::any_cast<kafka::Address>(&address);
    native.mysql.push_back(database != nullptr ? *database : mysql::Address{});
    native.kafka.push_back(broker != nullptr ? *broker : kafka::Address{});
  }
}

}  // namespace

int serve_pipeline(const PipelineOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return exit_code::kUsage;
  NativeOptions native;
  auto addresses = resolve_addresses(*scenario, process_environment());
  if (!addresses.ok()) return complain(addresses.error());
  catch_stop_signals();
  const StopRequests stops;
  addresses = until(std::move(*addresses), stops.cut());
  give_addresses(*addresses, native);
  if (!options.drill.empty()) {
    auto drill = parse_drill(options.drill);
    if (!drill.ok()) return complain(drill.error());
    native.drill = *drill;
  }
  native.drop_existing = options.drop_existing;
  native.from_beginning = options.from_beginning;
  native.await_topics = !options.once;
  native.run_id = options.run_id.empty() ? make_run_id(SystemClock().wall(), random_u64()) : options.run_id;
  native.drill_journal = options.drill_journal;
  native.state_file = options.state_file;
  native.log = [](const std::string& line) { std::fprintf(stderr, "freshet pipeline: %s\n", printable(line).c_str()); };

  Addresses sinks;
  sinks.servers.resize(addresses->servers.size());
  for (const Observe& observe : scenario->observe) {
    sinks.servers[observe.connection] = addresses->servers[observe.connection];
  }
  RunLeases leases;
  if (const Status taken = leases.take(*scenario, sinks, LeaseHolder::Pipeline, native.run_id); !taken.ok()) {
    return complain(taken.error());
  }
  std::stop_source stop;
  const std::stop_callback asked(stops.asked(), [&stop] { stop.request_stop(); });
  const std::jthread watch([&](const std::stop_token& ended) {
    const SystemClock clock;
    while (!ended.stop_requested() && leases.trouble().empty()) {
      clock.sleep_until(clock.now() + 20 * kNanosPerMilli, ended);
    }
    stop.request_stop();
  });
  const Status ended = serve(*scenario, native, options.once, leases, stop.get_token());
  if (const std::string lost = leases.trouble(); !lost.empty()) return complain({ErrorKind::Unreachable, lost, ""});
  return ended.ok() ? 0 : complain(ended.error());
}

}  // namespace freshet
