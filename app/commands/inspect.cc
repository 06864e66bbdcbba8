// `freshet check`, `plan` and `sample`: what a scenario says without being run.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/commands/commands.h"
#include "app/native/retention_check.h"
#include "app/native/state_forecast.h"
#include "app/setup/runnable.h"
#include "app/terminal/complaints.h"
#include "base/exit_code.h"
#include "base/messages/printable.h"
#include "base/messages/units.h"
#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "generator/write/backends.h"
#include "metrics/report/report.h"
#include "scenarios/loader/loader.h"

namespace freshet {

namespace {

void print_gates(const Scenario& scenario) {
  std::printf("\ngates\n");
  for (const Gate& gate : scenario.slo) std::printf("  %s\n", printable(gate.expression).c_str());
  std::printf("  drain at most %s\n", human_duration(static_cast<double>(scenario.drain->count()) / 1e6).c_str());
}

/// Prints, for views with windows, their length and how many close in the measured phase.
void print_windows(const Scenario& scenario) {
  bool first = true;
  for (const View& view : scenario.views) {
    if (!view.tumble) continue;
    std::printf("%s", first ? "\nwindows\n" : "");
    first = false;
    const auto time = std::find_if(view.columns.begin(), view.columns.end(), [](const ViewColumn& column) {
      return column.source == ViewColumn::Source::Window;
    });
    const View::Input& from = view.inputs[0];
    const RecordType& input = from.entity ? scenario.entity(*from.entity).record : scenario.view(*from.view).record;
    std::printf("  %-28s %s of %s, at least %lld close in the measured phase\n", view.name.c_str(),
                human_duration(static_cast<double>(view.tumble->size.count()) / 1e6).c_str(),
                input[time->column].name.c_str(), static_cast<long long>(scenario.measured() / view.tumble->size));
  }
}

std::string target_of(const Scenario& scenario, EntityId entity) {
  for (const WriteTarget& write : scenario.write) {
    if (write.entity == entity) return write.place();
  }
  return "not written";
}

}  // namespace

int check_scenario(const std::string& path, const Overrides& overrides, bool data_only) {
  Loaded loaded = load_scenario(path, overrides, target_forms());
  if (loaded.scenario) {
    const std::vector<Problem> obstacles = obstacles_to_run(*loaded.scenario, data_only);
    loaded.problems.insert(loaded.problems.end(), obstacles.begin(), obstacles.end());
    const std::vector<Problem> short_ones = retention_warnings(*loaded.scenario);
    loaded.problems.insert(loaded.problems.end(), short_ones.begin(), short_ones.end());
  }
  print_problems(loaded);
  const auto told = static_cast<std::size_t>(
      std::count_if(loaded.problems.begin(), loaded.problems.end(),
                    [](const Problem& problem) { return problem.severity == Problem::Severity::Error; }));
  const std::size_t errors = told + loaded.untold;
  const std::size_t warnings = loaded.problems.size() - told;
  if (errors > 0) {
    std::fprintf(stderr, "%s: %zu problem%s\n", printable(path).c_str(), errors, errors == 1 ? "" : "s");
    return exit_code::kUsage;
  }
  const auto counted = [](std::size_t count, const char* one, const char* many) {
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
  };
  std::printf("%s: ok, %s, %s, %s, %s\n", printable(path).c_str(),
              counted(loaded.scenario->entities.size(), "entity", "entities").c_str(),
              counted(loaded.scenario->views.size(), "view", "views").c_str(),
              counted(loaded.scenario->slo.size(), "gate", "gates").c_str(),
              counted(warnings, "warning", "warnings").c_str());
  return 0;
}

int plan_scenario(const std::string& path, const Overrides& overrides) {
  const std::optional<Scenario> scenario = load_or_complain(path, overrides);
  if (!scenario) return exit_code::kUsage;
  const RunIdentity identity{scenario->seed, 0, WallTime{}};
  const auto model = make_model(*scenario, identity);
  const PlannedLoad plan = plan_load(*scenario, *model, identity);
  const std::string about = scenario->description.empty() ? "" : ": " + printable(scenario->description);
  std::printf("%s%s, seed %llu\n", scenario->name.c_str(), about.c_str(),
              static_cast<unsigned long long>(scenario->seed));
  std::printf("warm-up %s, measured %s, time scale %g\n\n",
              human_duration(static_cast<double>(scenario->warm_up.count()) / 1e6).c_str(),
              human_duration(static_cast<double>(scenario->measured().count()) / 1e6).c_str(), scenario->time_scale);
  if (scenario->backfill() > Micros{}) {
    std::printf("history of %s before, written first: %s changes\n\n",
                human_duration(static_cast<double>(scenario->backfill().count()) / 1e6).c_str(),
                human_count(plan.history).c_str());
  }
  std::printf("%-16s %10s %12s %12s %12s  %s\n", "entity", "reference", "insert", "update", "delete", "written to");
  for (std::size_t i = 0; i < scenario->entities.size(); ++i) {
    const auto id = static_cast<EntityId>(i);
    const Entity& entity = scenario->entities[i];
    std::array<std::int64_t, kOperations> counts{};
    if (const auto found = plan.changes.find(id); found != plan.changes.end()) counts = found->second;
    std::printf("%-16s %10s %12s %12s %12s  %s\n", entity.name.c_str(),
                human_count(entity.preloaded ? entity.rows.value_or(0) : 0).c_str(), human_count(counts[0]).c_str(),
                human_count(counts[1]).c_str(), human_count(counts[2]).c_str(), target_of(*scenario, id).c_str());
  }
  std::printf(
      "\n%s changes, %.0f/s on average, up to %s live instances with a pending change\n"
      "memory: up to %s for these per lane, %s for the index of background updates\n",
      human_count(plan.total).c_str(), plan.offered_per_s,
      human_count(static_cast<std::int64_t>(plan.waiting_max)).c_str(),
      human_bytes(static_cast<std::int64_t>(plan.living_bytes)).c_str(),
      human_bytes(static_cast<std::int64_t>(plan.index_bytes)).c_str());
  if (scenario->pipeline.kind == PipelineSpec::Kind::Native && !scenario->observe.empty()) {
    const StateRecord::Size state = forecast_state(*scenario, *model, identity);
    std::printf("the pipeline's state: %s at the end, in addition to about %s for its process\n",
                size_text(state).c_str(), human_bytes(kPipelineProcessBytes).c_str());
  }
  print_windows(*scenario);
  print_gates(*scenario);
  return 0;
}

namespace {

/// Prints one version of one instance, recomputed from the scenario alone.
int sample_one(const Scenario& scenario, const Rows& model, const SampleOptions& options) {
  const EntityId id = *scenario.find_entity(options.entity);
  std::vector<LifeEvent> life;
  if (*options.ordinal < model.count(id)) model.life_of(id, *options.ordinal, life);
  const auto event =
      std::find_if(life.begin(), life.end(), [&](const LifeEvent& each) { return each.version == options.version; });
  if (event == life.end()) {
    const std::string has =
        life.empty()
            ? "it is never created; there are " + std::to_string(model.count(id)) + " ordinals"
            : "it has versions " + std::to_string(life.front().version) + " to " + std::to_string(life.back().version);
    return complain({ErrorKind::Usage,
                     fmt::format("no version {} of {} {}", options.version, options.entity, *options.ordinal), has});
  }
  Row row;
  std::string line;
  model.row(id, *options.ordinal, options.version, row);
  append_json_object(row, 0, model.type_of(id), line);
  std::fprintf(stderr, "%s, intended %.6f s after the schedule's zero\n", name_of(event->operation),
               static_cast<double>(event->intended.count()) / 1e6);
  std::printf("%s\n", printable_json(line).c_str());
  return 0;
}

}  // namespace

int sample_scenario(const SampleOptions& options) {
  const std::optional<Scenario> scenario = load_or_complain(options.scenario, options.overrides);
  if (!scenario) return exit_code::kUsage;
  if (!options.entity.empty() && !scenario->find_entity(options.entity)) {
    return complain(no_such_entity(*scenario, options.entity));
  }
  const auto model = make_model(*scenario, {scenario->seed, options.salt, options.epoch});
  if (options.ordinal) return sample_one(*scenario, *model, options);
  Row row;
  std::string line;
  std::vector<LifeEvent> life;
  for (std::size_t i = 0; i < scenario->entities.size(); ++i) {
    const auto id = static_cast<EntityId>(i);
    const Entity& entity = scenario->entities[i];
    if (!options.entity.empty() && entity.name != options.entity) continue;
    int printed = 0;
    for (Ordinal ordinal = 0; ordinal < model->count(id) && printed < options.rows; ++ordinal) {
      life.clear();
      model->life_of(id, ordinal, life);
      if (life.empty()) continue;
      model->row(id, ordinal, life.front().version, row);
      line.clear();
      append_json_object(row, 0, model->type_of(id), line);
      std::printf("%s\n", printable_json(line).c_str());
      ++printed;
    }
  }
  return 0;
}

}  // namespace freshet
