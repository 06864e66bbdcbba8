// The sweep: whole runs of the product on a virtual clock, with misfortunes that the seed picks. The verdict of each
// must be the one that its misfortunes demand. A seed that fails prints the command that replays it:
//
//   whole_run_tests --seed=N       this seed alone, with what it printed
//   whole_run_tests --seeds=N      the seeds 1 … N
//   whole_run_tests --seconds=N    stop each of the eight parts of the sweep after so much time
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "simulation/arguments.h"
#include "simulation/whole_run.h"

namespace freshet::simulation {
namespace {

std::uint64_t first_seed = 1;
std::uint64_t last_seed = 2'000;
/// Each part of the sweep may take so long; at least a quarter of it must be done then.
Nanos time_box = 100 * kNanosPerSecond;

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
  Nanos simulated{};
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
                static_cast<double>(run.took().count()) / 1e9, static_cast<unsigned long long>(run.digest()));
  }
  std::printf("%llu seeds, %.0f simulated seconds in %.1f s:", static_cast<unsigned long long>(seeds),
              static_cast<double>(simulated.count()) / 1e9, static_cast<double>((clock.now() - began).count()) / 1e9);
  for (const auto& [name, count] : verdicts) std::printf(" %s %d", name.c_str(), count);
  std::printf("\n");
  EXPECT_GE(seeds, (last_seed - first_seed) / kParts / 4) << "too few to mean anything";
}

INSTANTIATE_TEST_SUITE_P(Sweep, WholeRuns, testing::Range(std::uint64_t{0}, kParts));

/// A seed of a calm run with a gate on freshness.
std::uint64_t gated_seed() {
  std::uint64_t seed = 1;
  while (!calm_run(seed).gated) ++seed;
  return seed;
}

TEST(WholeRun, GoesThroughItsPhasesInOrderAndPasses) {
  WholeRun run(calm_run(gated_seed()));
  run.run();
  EXPECT_EQ(run.violations(), std::vector<std::string>{});
  EXPECT_EQ(run.record().verdict, Verdict::Pass);
  EXPECT_EQ(run.reporter().phases, (std::vector<std::string>{"prepare", "headroom", "reference rows", "canary",
                                                             "warm-up", "measured", "drain", "audit"}));
  EXPECT_GT(run.record().committed, 100);
  EXPECT_GT(run.reporter().ticks.size(), 5U);
  EXPECT_TRUE(run.record().drained);
}

TEST(WholeRun, IsTheSameForTheSameSeed) {
  const RunPlan plan = run_plan_of(first_seed + 2);
  WholeRun first(plan), second(plan);
  first.run();
  second.run();
  EXPECT_EQ(first.digest(), second.digest()) << replay(plan.seed);
  EXPECT_EQ(first.took(), second.took());
}

TEST(WholeRun, DiffersForAnotherSeed) {
  WholeRun first(calm_run(1)), second(calm_run(2));
  first.run();
  second.run();
  EXPECT_NE(first.digest(), second.digest());
}

/// A second of processor time, because others may use the machine: alone on it a run takes no more, for it waits for
/// nothing.
TEST(WholeRun, AMinuteTakesLessThanASecond) {
  RunPlan plan = calm_run(gated_seed());
  plan.measured = 60 * kNanosPerSecond;
  const std::clock_t began = std::clock();
  WholeRun run(plan);
  run.run();
  const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  std::printf("%.1f simulated seconds, %lld changes in %.3f s\n", static_cast<double>(run.took().count()) / 1e9,
              static_cast<long long>(run.record().committed), took);
  EXPECT_EQ(run.record().verdict, Verdict::Pass);
  EXPECT_GE(run.took(), 60 * kNanosPerSecond);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(took, 1);
#endif
}

/// What each misfortune comes to, told once by hand: the rule of the sweep is not the only witness.
struct Told {
  Misfortune misfortune;
  Verdict verdict;
};
class OneMisfortune : public testing::TestWithParam<Told> {};

TEST_P(OneMisfortune, HasItsVerdict) {
  WholeRun run(run_with(gated_seed(), GetParam().misfortune));
  run.run();
  EXPECT_EQ(run.violations(), std::vector<std::string>{});
  EXPECT_STREQ(name_of(run.record().verdict), name_of(GetParam().verdict));
}

INSTANTIATE_TEST_SUITE_P(
    Each, OneMisfortune,
    testing::Values(
        Told{Misfortune::ShortStall, Verdict::Pass}, Told{Misfortune::DoubledMessages, Verdict::Pass},
        Told{Misfortune::LateAnswers, Verdict::Pass}, Told{Misfortune::SlowReporter, Verdict::Pass},
        Told{Misfortune::ShortBlindness, Verdict::Pass}, Told{Misfortune::SlowPipeline, Verdict::Fail},
        Told{Misfortune::FrozenPipeline, Verdict::Fail}, Told{Misfortune::LostRows, Verdict::Incorrect},
        Told{Misfortune::StaleRows, Verdict::Incorrect}, Told{Misfortune::ResurrectedRows, Verdict::Incorrect},
        Told{Misfortune::AlteredRows, Verdict::Incorrect}, Told{Misfortune::DoubledRows, Verdict::Incorrect},
        Told{Misfortune::KeptDeletes, Verdict::Incorrect}, Told{Misfortune::Phantoms, Verdict::Incorrect},
        Told{Misfortune::LyingSource, Verdict::Incorrect}, Told{Misfortune::SlowSource, Verdict::Invalid},
        Told{Misfortune::RefusingSource, Verdict::Invalid}, Told{Misfortune::SilentSource, Verdict::Inconclusive},
        Told{Misfortune::ForgottenOutcome, Verdict::Error}, Told{Misfortune::DoubledOutcome, Verdict::Error},
        Told{Misfortune::CrashedPipeline, Verdict::Unreachable}, Told{Misfortune::LostSource, Verdict::Unreachable},
        Told{Misfortune::DeadServer, Verdict::Unreachable}, Told{Misfortune::LostLease, Verdict::Unreachable},
        Told{Misfortune::BlindSink, Verdict::Unreachable}, Told{Misfortune::Interrupted, Verdict::Interrupted},
        Told{Misfortune::NoServers, Verdict::Unreachable}, Told{Misfortune::NoPipeline, Verdict::Unreachable},
        Told{Misfortune::DeafPipeline, Verdict::Unreachable}, Told{Misfortune::OldRows, Verdict::Error}),
    [](const auto& tested) {
      std::string name = name_of(tested.param.misfortune);
      std::erase(name, ' ');
      return name;
    });

/// What an observer cannot know: of an insert without an answer neither source nor view shows anything. In these runs
/// nothing else is wrong, and no row is in doubt but the one that is nowhere.
TEST(WholeRun, WithAnUnansweredInsertThatDidNotTakeEffectIsInconclusive) {
  for (const std::uint64_t seed : {1563, 821}) {
    const RunPlan plan = run_plan_of(seed);
    ASSERT_TRUE(plan.has(Misfortune::SilentSource)) << plan.text();
    WholeRun run(plan);
    run.run();
    EXPECT_EQ(run.record().verdict, Verdict::Inconclusive) << plan.text();
    EXPECT_EQ(run.violations(), std::vector<std::string>{}) << plan.text();
  }
}

/// A pipeline that lags passes where its last change arrives within the drain (SEMANTICS.md 32), even if it is so slow
/// that the markers sent in the meantime arrive later.
TEST(WholeRun, OfASlowPipelinePassesIfTheLoadArrivesWithinTheDrain) {
  for (const int lag : {5, 8, 12, 19}) {
    RunPlan plan = run_with(1, Misfortune::SlowPipeline);
    plan.gated = false;
    plan.pipeline.lag = lag * kNanosPerSecond;
    WholeRun run(plan);
    run.run();
    EXPECT_EQ(run.record().verdict, Verdict::Pass) << lag << " s";
    EXPECT_EQ(run.record().drained, lag < 10) << lag << " s: the last markers need as long again";
  }
  RunPlan plan = run_with(1, Misfortune::SlowPipeline);
  plan.gated = false;
  plan.pipeline.lag = 25 * kNanosPerSecond;
  WholeRun run(plan);
  run.run();
  EXPECT_EQ(run.record().verdict, Verdict::Inconclusive) << "it does not arrive";
}

/// A short misfortune does not end a long one of its kind.
TEST(WholeRun, IsNotHealedByAnotherMisfortune) {
  for (const auto& [lasting, brief] : {std::pair(Misfortune::BlindSink, Misfortune::ShortBlindness),
                                       std::pair(Misfortune::FrozenPipeline, Misfortune::ShortStall)}) {
    RunPlan plan = run_with(gated_seed(), lasting);
    plan.planned.push_back({brief, RunPhase::Measured, plan.planned.front().after + 100 * kNanosPerMilli});
    WholeRun run(plan);
    run.run();
    EXPECT_EQ(run.violations(), std::vector<std::string>{}) << plan.text();
  }
}

/// Where the scenario sets no bound, silence is no failure, and nothing can be said.
TEST(WholeRun, WithAFrozenPipelineAndNoGateIsInconclusive) {
  RunPlan plan = run_with(1, Misfortune::FrozenPipeline);
  plan.gated = false;
  WholeRun run(plan);
  run.run();
  EXPECT_EQ(run.record().verdict, Verdict::Inconclusive);
}

TEST(WholeRun, RefusesTheRowsOfAnEarlierRun) {
  WholeRun run(run_with(1, Misfortune::OldRows));
  run.run();
  ASSERT_TRUE(run.record().ended_by);
  EXPECT_EQ(run.record().ended_by->kind, ErrorKind::Usage);
  EXPECT_NE(run.record().ended_by->message.find("with keys of this run"), std::string::npos);
}

/// The sweep itself can fail: each mistake of the harness is noticed, in runs like those of the sweep.
int noticed(Sabotage sabotage, const std::vector<RunPlan>& plans) {
  int noticed = 0;
  for (const RunPlan& plan : plans) {
    WholeRun run(plan, sabotage);
    run.run();
    noticed += run.violations().empty() ? 0 : 1;
  }
  return noticed;
}

TEST(Sweep, NoticesARunThatDoesNotDrain) {
  std::vector<RunPlan> plans;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) plans.push_back(run_plan_of(seed));
  EXPECT_GT(noticed(Sabotage::NoDrain, plans), 2);
}

TEST(Sweep, NoticesAnObserverThatHidesErrors) {
  EXPECT_EQ(noticed(Sabotage::HidingObserver, {run_with(gated_seed(), Misfortune::SlowPipeline)}), 1);
}

TEST(Sweep, NoticesARefusalReportedAsCommitted) {
  EXPECT_EQ(noticed(Sabotage::HiddenRefusal, {run_with(1, Misfortune::RefusingSource)}), 1);
}

TEST(Sweep, NoticesARunThatDoesNotHearThatItShallStop) {
  EXPECT_EQ(noticed(Sabotage::DeafToStop, {run_with(1, Misfortune::Interrupted)}), 1);
}

TEST(Sweep, NoticesDeletesThatNoPlanDropped) { EXPECT_EQ(noticed(Sabotage::KeptDeletes, {calm_run(1)}), 1); }

/// The rule that says what a plan demands, against the order in SEMANTICS.md.
TEST(ExpectedVerdict, FollowsTheOrderOfVerdicts) {
  RunPlan plan = calm_run(gated_seed());
  EXPECT_EQ(expected(plan, {}), Verdict::Pass);
  EXPECT_EQ(expected(plan, {false, true, 1}), Verdict::Inconclusive);
  plan = run_with(gated_seed(), Misfortune::SlowPipeline);
  EXPECT_EQ(expected(plan, {false, true, 1}), Verdict::Fail);
  EXPECT_EQ(expected(plan, {false, true, 0.98}), Verdict::Invalid);
  EXPECT_EQ(expected(plan, {true, true, 0.98}), Verdict::Incorrect);
  plan.planned.push_back({Misfortune::CrashedPipeline, RunPhase::Measured, {}});
  EXPECT_EQ(expected(plan, {true, true, 0.98}), Verdict::Unreachable);
  plan.planned.push_back({Misfortune::Interrupted, RunPhase::Measured, {}});
  EXPECT_EQ(expected(plan, {true, true, 0.98}), Verdict::Interrupted);
}

int run_all(int argc, char** argv) {
  const auto one = [](std::uint64_t seed) {
    first_seed = last_seed = seed;
    return seed > 0;
  };
  const auto last = [](std::uint64_t seed) { return (last_seed = seed) > 0; };
  const auto seconds = [](std::uint64_t number) {
    time_box = static_cast<std::int64_t>(number) * kNanosPerSecond;
    return number > 0;
  };
  return run_tests(argc, argv, {{"--seed=", one}, {"--seeds=", last}, {"--seconds=", seconds}},
                   "--seed=N, --seeds=N or --seconds=N");
}

}  // namespace
}  // namespace freshet::simulation

int main(int argc, char** argv) { return freshet::simulation::run_all(argc, argv); }
