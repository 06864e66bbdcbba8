// No text may harm the loader. What it refuses has an error with a place, and what it takes it takes again in its
// resolved form, which says the same.
#include "fuzz/targets.h"
#include "scenarios/loader/loader.h"

namespace freshet::fuzz {

void fuzz_scenario(Input input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  const Loaded loaded = parse_scenario(text, "input");
  bool refused = false;
  for (const Problem& problem : loaded.problems) {
    refused = refused || problem.severity == Problem::Severity::Error;
    promise(!problem.text().empty(), "a problem has a text");
    promise(!problem.message.empty(), "a problem has a message");
    promise(problem.origin.file.text() == "input" && problem.origin.line >= 1 && problem.origin.column >= 1,
            "a problem has a place");
  }
  promise(refused != loaded.scenario.has_value(), "a scenario is refused with an error, or taken without one");
  if (!loaded.scenario) return;
  const Loaded again = parse_scenario(loaded.scenario->resolved_json, "resolved");
  promise(again.scenario.has_value(), "what was resolved is taken");
  promise(again.scenario->resolved_json == loaded.scenario->resolved_json, "what was resolved says the same");
}

}  // namespace freshet::fuzz
