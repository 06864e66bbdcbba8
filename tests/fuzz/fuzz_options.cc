// What the command line and the environment hold: changes of a scenario (--set and its kin), drills, URLs. The first
// byte says which; the rest is the text, of some in two parts with a line end between them.
#include <array>

#include "clients/connection.h"
#include "fuzz/targets.h"
#include "pipeline/drill/drill.h"
#include "scenarios/loader/loader.h"

namespace freshet::fuzz {

namespace {

constexpr const char* kScenario = R"({"freshet": 1, "name": "x", "entities":
  {"a": {"key": "uuid", "fields": {"b": {"choice": ["x", "y"]}, "c": {"integer": [1, 9]}},
         "life": {"open": {"after": "2s", "to": {"closed": 9, "deleted": 1}}}}},
  "load": [{"entity": "a", "stages": [{"ramp": "20/s", "for": "10s"}, {"hold": "1s"}]}],
  "write": {"a": {"mysql": {"table": "a"}}}, "views": {"v": {"from": "a", "key": "id"}},
  "observe": {"v": {"mysql": {"table": "v"}}}, "slo": ["lost == 0"], "connections": {"mysql": "mysql://u@h/d"}})";

void change(const Overrides& overrides) {
  const Loaded loaded = parse_scenario(kScenario, "input", overrides);
  promise(loaded.scenario.has_value() || !loaded.problems.empty(), "what is refused has a problem");
  for (const Problem& problem : loaded.problems) {
    promise(problem.text().find('\x1b') == std::string::npos, "a problem holds nothing that a terminal obeys");
  }
  if (!loaded.scenario) return;
  promise(parse_scenario(loaded.scenario->resolved_json, "resolved").scenario.has_value(),
          "what was resolved is taken");
}

void address(const std::string& url, const std::string& variable) {
  const Environment environment = [&](const std::string& name) { return name == "V" ? variable.c_str() : nullptr; };
  Connection connection;
  connection.name = "x";
  connection.url = url;
  const auto mysql = mysql_address(connection, environment);
  if (!mysql.ok()) promise(!mysql.error().message.empty(), "a refusal says why");
  const auto kafka = kafka_address(connection, environment);
  if (!kafka.ok()) promise(!kafka.error().message.empty(), "a refusal says why");
  KafkaTarget target;
  target.registry = url;
  const auto registry = registry_address(target, environment);
  if (!registry.ok()) promise(!registry.error().message.empty(), "a refusal says why");
}

}  // namespace

void fuzz_options(Input input) {
  if (input.empty()) return;
  const std::string text(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
  const std::size_t end = text.find('\n');
  const std::string first = text.substr(0, end);
  const std::string second = end == std::string::npos ? "" : text.substr(end + 1);
  Overrides overrides;
  switch (std::to_integer<unsigned char>(input[0])) {
    case 's':
      overrides.set = {{first, second}};
      return change(overrides);
    case 'r':
      overrides.rate = text;
      return change(overrides);
    case 'f':
      overrides.duration = text;
      return change(overrides);
    case 'w':
      overrides.drain = first;
      overrides.canary = second;
      return change(overrides);
    case 'd': {
      const Result<Drill> drill = parse_drill(text);
      if (!drill.ok()) return promise(!drill.error().message.empty(), "a refusal says why");
      for (const double share :
           {drill->lose, drill->stale, drill->resurrect, drill->wrong, drill->duplicate, drill->delayed})
        promise(share >= 0 && share <= 1, "a share is from 0 to 1");
      return promise(drill->delay >= Nanos{}, "a delay is no less than nothing");
    }
    case 'u':
      return address(first, second);
    default:
      return;
  }
}

}  // namespace freshet::fuzz
