// The sweep: whole runs of the product on a virtual clock, with misfortunes that the seed picks. The verdict of each
// must be the one that its misfortunes demand. A seed that fails prints the command that replays it:
//
//   whole_run_tests --seed=N       this seed alone, with what it printed
//   whole_run_tests --seeds=N      the seeds 1 … N
//   whole_run_tests --seconds=N    stop each of the eight parts of the sweep after so much time
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>
#include <map>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "simulation/whole_run.h"

namespace freshet::simulation {
namespace {

std::string program = "whole_run_tests";
std::uint64_t first_seed = 1;
std::uint64_t last_seed = 2'000;
/// Each part of the sweep may take so long; at least a quarter of it must be done then.
Nanos time_box = 100 * kNanosPerSecond;

std::string replay(std::uint64_t seed) { return fmt::format("replay: {} --seed={}", program, seed); }

std::string listed(const std::vector<std::string>& violations) {
  std::string text;
  for (const std::string& violation : violations) text += "\n  " + violation;
  return text;
}

/// A part of the sweep, so that several can run side by side.
class WholeRuns : public testing::TestWithParam<std::uint64_t> {};
constexpr std::uint64_t kParts = 8;

TEST_P(WholeRuns, EndWithTheVerdictThatTheirMisfortunesDemand) {
  const SystemClock clock;
  const Instant began = clock.now();
  std::map<std::string, int> verdicts;
  std::uint64_t seeds = 0;
  Nanos simulated = 0;
  for (std::uint64_t seed = first_seed + GetParam(); seed <= last_seed; seed += kParts) {
    if (clock.now() > began + time_box) break;
    const RunPlan plan = run_plan_of(seed);
    WholeRun run(plan);
    run.run();
    ++seeds;
    simulated += run.took();
    ++verdicts[name_of(run.record().verdict)];
    const auto violations = run.violations();
    EXPECT_TRUE(violations.empty()) << replay(seed) << "\n  " << plan.text() << listed(violations);
    if (first_seed != last_seed) continue;
    std::printf("%s: %s, %.3f s, digest %016llx\n", plan.text().c_str(), name_of(run.record().verdict),
                static_cast<double>(run.took()) / 1e9, static_cast<unsigned long long>(run.digest()));
  }
  std::printf("%llu seeds, %.0f simulated seconds in %.1f s:", static_cast<unsigned long long>(seeds),
              static_cast<double>(simulated) / 1e9, static_cast<double>(clock.now() - began) / 1e9);
  for (const auto& [name, count] : verdicts) std::printf(" %s %d", name.c_str(), count);
  std::printf("\n");
  EXPECT_GE(seeds, (last_seed - first_seed) / kParts / 4) << "too few to mean anything";
}

INSTANTIATE_TEST_SUITE_P(Sweep, WholeRuns, testing::Range(std::uint64_t{0}, kParts));

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number > 0;
}

/// False when an argument is not understood.
bool read_arguments(int argc, char** argv) {
  program = argv[0];
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    std::uint64_t number = 0;
    if (argument.starts_with("--seed=") && read_number(argument.substr(7), number)) {
      first_seed = last_seed = number;
    } else if (argument.starts_with("--seeds=") && read_number(argument.substr(8), number)) {
      last_seed = number;
    } else if (argument.starts_with("--seconds=") && read_number(argument.substr(10), number)) {
      time_box = static_cast<Nanos>(number) * kNanosPerSecond;
    } else {
      std::fprintf(stderr, "%s: not understood: %s; --seed=N, --seeds=N or --seconds=N\n", argv[0], argv[i]);
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace freshet::simulation

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!freshet::simulation::read_arguments(argc, argv)) return 2;
  return RUN_ALL_TESTS();
}
