// Prints "name digest" of each scenario file that is named, as library_goldens.txt has them. Built by rows_of with
// another compiler or other optimisation than the tests.
#include <cstdio>
#include <filesystem>

#include "generator/library_digest.h"
#include "scenarios/loader/loader.h"

int main(int argc, char** argv) {
  using namespace freshet;
  for (int i = 1; i < argc; ++i) {
    const Loaded loaded = load_scenario(argv[i]);
    if (!loaded.scenario) {
      std::fprintf(stderr, "%s does not load\n", argv[i]);
      return 1;
    }
    const RunIdentity identity{loaded.scenario->seed, 0, WallTime{}};
    const auto model = make_model(*loaded.scenario, identity);
    const std::string name = std::filesystem::path(argv[i]).stem().string();
    const auto changes = changes_of(*loaded.scenario, *model, identity, 1);
    std::printf("%s %s\n", name.c_str(), digest(*loaded.scenario, *model, changes).c_str());
  }
  return 0;
}
