#include "app/setup/runnable.h"

#include <optional>
#include <string>

#include "base/messages/masked.h"
#include "clients/connection.h"

namespace freshet {

namespace {

/// Where there is nothing to point at, the file itself.
Origin somewhere(const Scenario& scenario, const Origin& origin) {
  return origin.file.empty() ? Origin{scenario.file, "", 1, 1} : origin;
}

/// What is wrong with a URL whatever the environment says.
std::optional<std::string> malformed_url(const Connection& connection) {
  const Environment none = [](const std::string&) -> const char* { return nullptr; };
  std::optional<Error> error;
  if (connection.kind == Connection::Kind::Mysql) {
    if (const auto address = mysql_address(connection, none); !address.ok()) error = address.error();
  } else if (const auto address = kafka_address(connection, none); !address.ok()) {
    error = address.error();
  }
  // Else a variable is missing here.
  return error && error->kind == ErrorKind::Usage ? std::optional(masked(error->message)) : std::nullopt;
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
    add(scenario.pipeline.origin, "the native pipeline has nothing to keep: no view is observed",
        "a view in \"observe\", or \"pipeline\": \"external\"");
  }
  if (scenario.stamp) return obstacles;
  for (const Observe& observe : scenario.observe) {
    const View& view = scenario.view(observe.view);
    if (view.tumble) continue;  // the content tells the version
    add(observe.origin,
        "\"stamp\": false is not supported yet: \"" + view.name + "\" needs version columns to be judged",
        "\"stamp\": true, or only views with windows in \"observe\"");
  }
  return obstacles;
}

void leave_data_only(Scenario& scenario) {
  scenario.observe.clear();
  scenario.slo.clear();
  scenario.pipeline.kind = PipelineSpec::Kind::External;
  // Where only views were to be seen, nobody needs to answer.
  for (Connection& connection : scenario.connections) connection.used = false;
  for (const WriteTarget& write : scenario.write) {
    if (const auto* table = std::get_if<MysqlTarget>(&write.target))
      scenario.connections[table->connection].used = true;
    if (const KafkaTarget* topic = write.topic()) scenario.connections[topic->connection].used = true;
  }
}

}  // namespace freshet
