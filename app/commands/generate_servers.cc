// `freshet generate` to the tables or topics of the scenario, through the writers of a run, as fast as the servers
// accept it.
#include <fmt/format.h>

#include <set>

#include "app/commands/generate.h"
#include "app/setup/environment.h"
#include "app/setup/leases.h"
#include "app/setup/run_files.h"
#include "app/terminal/signals.h"
#include "base/messages/units.h"
#include "clients/connection.h"
#include "clients/mysql/tables/mysql_ownership.h"
#include "clients/mysql/tables/mysql_tables.h"
#include "generator/write/lanes/breakdown.h"
#include "generator/write/unpaced.h"

namespace freshet {

namespace {

/// The scenario, limited to the targets on the requested kind of server and to the requested entities.
Result<Scenario> with_targets(const Generation& generation) {
  const bool tables = generation.options.to == "mysql";
  Scenario scenario = generation.scenario;
  std::erase_if(scenario.write, [&](const WriteTarget& write) {
    return std::holds_alternative<MysqlTarget>(write.target) != tables ||
           !generation.selection.entities[index_of(write.entity)];
  });
  if (!scenario.write.empty()) return scenario;
  return Error{ErrorKind::Usage, fmt::format("the scenario writes none of the entities to {}", generation.options.to),
               "\"write\" in the scenario says what goes where"};
}

/// Applies --format and --registry to the scenario.
Status choose_format(const GenerateOptions& options, Scenario& scenario) {
  const auto chosen = topic_format_of(options.format);
  const bool named = !options.format.empty();
  if (named && options.to == "mysql") {
    return Error{ErrorKind::Usage, "--format applies to files and topics, not to tables", {}};
  }
  if (named && !chosen) {
    return Error{ErrorKind::Usage, "--format: no format \"" + options.format + "\" of topics",
                 "there are: json, avro, debezium"};
  }
  bool avro = false;
  for (WriteTarget& write : scenario.write) {
    auto* topic = std::get_if<KafkaTarget>(&write.target);
    if (topic == nullptr) continue;
    if (named) topic->format = *chosen;
    if (topic->format != KafkaTarget::Format::Avro) continue;
    avro = true;
    if (!options.registry.empty()) topic->registry = options.registry;
    if (topic->registry.empty())
      return Error{ErrorKind::Usage, "Avro on Kafka needs a schema registry", "--registry URL"};
  }
  if (avro || options.registry.empty()) return {};
  return Error{ErrorKind::Usage, "--registry applies only to --format avro on standard output or Kafka", {}};
}

/// The addresses of the connections that are written to; the others need not be set.
Result<Addresses> addresses_of(const Scenario& scenario) {
  Addresses addresses;
  addresses.mysql.resize(scenario.connections.size());
  addresses.kafka.resize(scenario.connections.size());
  const Environment environment = process_environment();
  for (const WriteTarget& write : scenario.write) {
    if (const auto* table = std::get_if<MysqlTarget>(&write.target)) {
      auto address = mysql_address(scenario.connections[table->connection], environment);
      if (!address.ok()) return address.error();
      addresses.mysql[table->connection] = std::move(*address);
    }
    if (const KafkaTarget* topic = write.topic()) {
      auto address = kafka_address(scenario.connections[topic->connection], environment);
      if (!address.ok()) return address.error();
      addresses.kafka[topic->connection] = std::move(*address);
    }
  }
  return addresses;
}

/// With --from-time, rows are added to the tables of an earlier run. That run takes its leases again meanwhile, so that
/// nothing drops them.
Status take_leases_again(const Scenario& scenario, const Addresses& addresses, RunLeases& leases) {
  std::set<std::string> run_ids;
  for (const WriteTarget& write : scenario.write) {
    const auto* target = std::get_if<MysqlTarget>(&write.target);
    if (target == nullptr) continue;
    auto connection = mysql::Connection::open(addresses.mysql[target->connection]);
    if (!connection.ok()) return connection.error();
    const auto comment = mysql::table_comment(*connection, target->table);
    if (!comment.ok()) return comment.error();
    if (!comment.value()) continue;  // a missing table is reported when its first row is written
    const auto owner = mysql::owner_of(connection->database(), target->table, *comment.value());
    if (owner) run_ids.insert(*owner);
  }
  for (const std::string& run_id : run_ids) FRESHET_TRY(leases.take(addresses, mysql::Holder::Run, run_id));
  return {};
}

/// Creates no targets other than those that are written.
void select_written(const Scenario& scenario, ChangeSelection& selection) {
  selection.entities.assign(scenario.entities.size(), false);
  for (const WriteTarget& write : scenario.write) selection.entities[index_of(write.entity)] = true;
}

Status check_outcomes(const UnpacedProgress& done) {
  const std::int64_t failed = done.of(Outcome::Rejected) + done.of(Outcome::Unknown) + done.of(Outcome::Withheld);
  if (failed == 0) return {};
  return Error{ErrorKind::Unreachable,
               fmt::format("{} changes were not written: {} rejected, {} unknown, {} withheld", human_count(failed),
                           human_count(done.of(Outcome::Rejected)), human_count(done.of(Outcome::Unknown)),
                           human_count(done.of(Outcome::Withheld))),
               done.refusals.empty() ? "" : text_of(done.refusals.front())};
}

}  // namespace

Status generate_to_servers(Generation& generation) {
  const GenerateOptions& options = generation.options;
  auto scenario = with_targets(generation);
  if (!scenario.ok()) return scenario.error();
  FRESHET_TRY(choose_format(options, scenario.value()));
  select_written(scenario.value(), generation.selection);
  const StopRequests stops;
  auto addresses = addresses_of(scenario.value());
  if (!addresses.ok()) return addresses.error();
  addresses = until(std::move(addresses).value(), stops.cut());
  RunLeases leases;
  Created created;
  if (options.from_time) {  // the earlier run has created them
    FRESHET_TRY(take_leases_again(scenario.value(), addresses.value(), leases));
  } else {
    const std::string run_id = "generate-" + make_run_id(SystemClock().wall());
    const TargetOptions targets{options.drop_existing, options.use_existing_topics, run_id};
    FRESHET_TRY(leases.take(addresses.value(), mysql::Holder::Run, run_id));
    FRESHET_TRY(prepare_targets(scenario.value(), addresses.value(), targets, created));
  }
  const auto model = make_model(generation.scenario, generation.identity);
  ChangeSource source(generation.scenario, *model, generation.identity, generation.selection);
  GenerateProgress progress(generation.scenario.length(), true);
  const auto done = write_unpaced(scenario.value(), *model, generation.identity.epoch, addresses.value(), source,
                                  [&](const UnpacedProgress& now) {
                                    return progress.show(now.of(Outcome::Committed), 0, now.settled_until.value_or(0));
                                  });
  if (!done.ok()) {
    Error error = done.error();
    if (stops.cut().stop_requested()) error.kind = ErrorKind::Interrupted;  // we ended it after the grace period
    return error;
  }
  if (stop_signal() != 0) {
    const std::optional<Micros> until = done.value().settled_until;
    return Error{ErrorKind::Interrupted, "stopped",
                 until ? fmt::format("resume with --from-time {}us", *until) : "nothing was written"};
  }
  progress.end();
  return check_outcomes(done.value());
}

}  // namespace freshet
