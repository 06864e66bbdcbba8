// `freshet generate` to the tables or topics of the scenario, through the writers of a run, as fast as the servers
// accept it.
#include <fmt/format.h>

#include <set>

#include "app/commands/generate.h"
#include "app/setup/leases.h"
#include "app/setup/run_files.h"
#include "app/setup/runnable.h"
#include "app/terminal/signals.h"
#include "base/messages/units.h"
#include "generator/write/backends.h"
#include "generator/write/lanes/breakdown.h"
#include "generator/write/targets.h"
#include "generator/write/unpaced.h"

namespace freshet {

namespace {

/// The scenario, limited to the targets on the requested kind of server and to the requested entities.
Result<Scenario> with_targets(const Generation& generation) {
  Scenario scenario = generation.scenario;
  std::erase_if(scenario.write, [&](const WriteTarget& write) {
    return write.backend() != generation.options.to || !generation.selection.entities[index_of(write.entity)];
  });
  use_what_is_written(scenario);
  if (!scenario.write.empty()) return scenario;
  return Error{ErrorKind::Usage, fmt::format("the scenario writes none of the entities to {}", generation.options.to),
               "\"write\" in the scenario says what goes where"};
}

/// With --from-time, rows are added to the tables of an earlier run. That run takes its leases again meanwhile, so that
/// nothing drops them.
Status take_leases_again(const Scenario& scenario, const Addresses& addresses, RunLeases& leases) {
  std::set<std::string> run_ids;
  for (const WriteTarget& write : scenario.write) {
    const std::size_t connection = write.ways().front().connection;
    FRESHET_ASSIGN(const auto owner, backend_named(write.backend()).owner(addresses.servers[connection], write));
    if (owner) run_ids.insert(*owner);
  }
  for (const std::string& run_id : run_ids) FRESHET_TRY(leases.take(scenario, addresses, LeaseHolder::Run, run_id));
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
  FRESHET_ASSIGN(auto scenario, with_targets(generation));
  FRESHET_TRY(backend_named(options.to).choose_format(options.format, options.registry, scenario));
  select_written(scenario, generation.selection);
  const StopRequests stops;
  FRESHET_ASSIGN(auto addresses, resolve_addresses(scenario, process_environment()));
  addresses = until(std::move(addresses), stops.cut());
  RunLeases leases;
  Created created;
  if (options.from_time) {  // the earlier run has created them
    FRESHET_TRY(take_leases_again(scenario, addresses, leases));
  } else {
    const std::string run_id = "generate-" + make_run_id(SystemClock().wall(), random_u64());
    const TargetOptions targets{options.drop_existing, options.use_existing_topics, run_id};
    FRESHET_TRY(leases.take(scenario, addresses, LeaseHolder::Run, run_id));
    FRESHET_TRY(prepare_targets(scenario, addresses, targets, created));
  }
  const auto model = make_model(generation.scenario, generation.identity);
  ChangeSource source(generation.scenario, *model, generation.identity, generation.selection);
  GenerateProgress progress(generation.scenario.length(), true);
  const auto done =
      write_unpaced(scenario, *model, generation.identity.epoch, addresses, source, [&](const UnpacedProgress& now) {
        return progress.show(now.of(Outcome::Committed), 0, now.settled_until.value_or(Micros{}));
      });
  if (!done.ok()) {
    Error error = done.error();
    if (stops.cut().stop_requested()) error.kind = ErrorKind::Interrupted;  // we ended it after the grace period
    return error;
  }
  if (stop_signal() != 0) {
    const std::optional<Micros> until = done.value().settled_until;
    return Error{ErrorKind::Interrupted, "stopped",
                 until ? fmt::format("resume with --from-time {}us", until->count()) : "nothing was written"};
  }
  progress.end();
  return check_outcomes(done.value());
}

}  // namespace freshet
