// The scenario that the simulations run.
#pragma once

#include <cstdio>

#include "base/result.h"
#include "scenarios/loader/loader.h"

namespace freshet::simulation {

/// split-sales with what the plan overrides. Stops the program if that is no scenario.
inline Loaded load_split_sales(const Overrides& overrides) {
  Loaded loaded = load_scenario(FRESHET_SOURCE_DIR "/scenarios/split-sales.json", overrides);
  for (const Problem& problem : loaded.problems) {
    if (problem.severity == Problem::Severity::Error) std::fprintf(stderr, "%s\n", problem.text().c_str());
  }
  FRESHET_CHECK(loaded.scenario, "the scenario of the simulation loads");
  return loaded;
}

}  // namespace freshet::simulation
