#include "app/terminal/complaints.h"

#include <cstdio>

#include "base/exit_code.h"
#include "base/messages/masked.h"
#include "base/messages/nearest.h"
#include "base/messages/printable.h"
#include "generator/write/backends.h"

namespace freshet {

int complain(const Error& error) {
  std::fprintf(stderr, "freshet: %s\n", printable(masked(error.message)).c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  %s\n", printable(masked(error.hint)).c_str());
  return exit_code::of(error.kind);
}

Error no_such_entity(const Scenario& scenario, const std::string& name) {
  Names names;
  for (const Entity& entity : scenario.entities) names.push_back(entity.name);
  return {ErrorKind::Usage, "no entity \"" + name + "\" in " + scenario.file + did_you_mean(nearest(name, names)),
          "there are: " + one_of(names)};
}

void print_problems(const Loaded& loaded) {
  for (const Problem& problem : loaded.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  if (loaded.untold > 0) std::fprintf(stderr, "and %zu more\n", loaded.untold);
}

std::optional<Scenario> load_or_complain(const std::string& path, const Overrides& overrides) {
  Loaded loaded = load_scenario(path, overrides, target_forms());
  print_problems(loaded);
  return std::move(loaded.scenario);
}

}  // namespace freshet
