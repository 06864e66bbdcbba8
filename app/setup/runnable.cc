#include "app/setup/runnable.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/messages/masked.h"
#include "generator/write/backends.h"

namespace freshet {

namespace {

/// The origin of the whole file, if there is no better one.
Origin somewhere(const Scenario& scenario, const Origin& origin) {
  return origin.file.empty() ? Origin{scenario.file, "", 1, 1} : origin;
}

/// What is wrong with a URL whatever the environment contains.
std::optional<std::string> malformed_url(const Connection& connection) {
  const Environment none = [](const std::string&) -> const char* { return nullptr; };
  const auto address = backend_named(connection.backend).resolve(connection, none);
  // Otherwise only a variable is missing here.
  const bool wrong = !address.ok() && address.error().kind == ErrorKind::Usage;
  return wrong ? std::optional(masked(address.error().message)) : std::nullopt;
}

/// Rows of the entity are below a view that is observed.
bool is_observed(const Scenario& scenario, EntityId entity) {
  return std::ranges::any_of(scenario.observe, [&](const Observe& observe) {
    return std::ranges::count(scenario.view(observe.view).versions_of, entity) > 0;
  });
}

}  // namespace

std::vector<Problem> obstacles_to_run(const Scenario& scenario, bool data_only) {
  std::vector<Problem> obstacles;
  const auto add = [&](const Origin& origin, std::string message, std::string expected) {
    obstacles.push_back(
        {Problem::Severity::Error, somewhere(scenario, origin), std::move(message), std::move(expected), ""});
  };
  for (const Connection& connection : scenario.connections) {
    if (!connection.used) continue;
    if (auto wrong = malformed_url(connection)) add(connection.origin, std::move(*wrong), "");
  }
  if (data_only) return obstacles;
  if (scenario.observe.empty() && scenario.slo.empty()) {
    add({}, "there is nothing to judge: no view is observed, and there is no gate",
        "a view in \"observe\" or a gate in \"slo\", or --data-only");
  } else if (scenario.observe.empty() && scenario.pipeline.kind == PipelineSpec::Kind::Native) {
    add(scenario.pipeline.origin, "the native pipeline has nothing to maintain: no view is observed",
        "a view in \"observe\", or \"pipeline\": \"external\"");
  }
  if (scenario.pipeline.kind == PipelineSpec::Kind::Native) {
    for (const WriteTarget& write : scenario.write) {
      if (backend_named(write.backend()).feeds_native_pipeline() || !is_observed(scenario, write.entity)) continue;
      add(write.origin,
          "the native pipeline cannot read the " + write.place() + ": it is written to " + write.backend(),
          "\"pipeline\": \"external\", or --data-only");
    }
  }
  if (scenario.stamp) return obstacles;
  for (const Observe& observe : scenario.observe) {
    const View& view = scenario.view(observe.view);
    if (view.tumble) continue;  // versions are recognised by their content
    add(observe.origin,
        "\"stamp\": false is not supported yet: \"" + view.name + "\" needs version columns to be judged",
        "\"stamp\": true, or only views with windows in \"observe\"");
  }
  return obstacles;
}

void use_what_is_written(Scenario& scenario) {
  for (Connection& connection : scenario.connections) connection.used = false;
  for (const WriteTarget& write : scenario.write) {
    for (const auto& [backend, connection] : write.ways()) scenario.connections[connection].used = true;
  }
}

void leave_data_only(Scenario& scenario) {
  scenario.observe.clear();
  scenario.slo.clear();
  scenario.pipeline.kind = PipelineSpec::Kind::External;
  // A connection that is only observed need not answer.
  use_what_is_written(scenario);
}

}  // namespace freshet
