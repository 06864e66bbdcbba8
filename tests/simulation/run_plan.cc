#include "simulation/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fakes/dice.h"

namespace freshet::simulation {

namespace {

using fakes::Dice;
using fakes::Fault;

bool is_one_of(Misfortune misfortune, Misfortune first, Misfortune last) {
  return misfortune >= first && misfortune <= last;
}
bool is_harmless(Misfortune misfortune) {
  return is_one_of(misfortune, Misfortune::ShortStall, Misfortune::ShortBlindness);
}
bool makes_wrong(Misfortune misfortune) { return is_one_of(misfortune, Misfortune::LostRows, Misfortune::LyingSource); }
bool forbids_start(Misfortune misfortune) { return is_one_of(misfortune, Misfortune::NoServers, Misfortune::OldRows); }

/// The fault of the pipeline that plants it.
Fault fault_of(Misfortune misfortune) {
  switch (misfortune) {
    case Misfortune::LostRows:
      return Fault::Lose;
    case Misfortune::StaleRows:
      return Fault::Stale;
    case Misfortune::ResurrectedRows:
      return Fault::Resurrect;
    case Misfortune::AlteredRows:
      return Fault::Alter;
    case Misfortune::DoubledRows:
      return Fault::Duplicate;
    case Misfortune::KeptDeletes:
      return Fault::KeepDeleted;
    default:
      return Fault::None;
  }
}

/// When it comes: some from the first change on, most in the midst of the load, a stop at any time.
Planned planned(Dice& dice, const RunPlan& plan, Misfortune misfortune) {
  const Nanos in_load{
      static_cast<std::int64_t>((0.3 + 0.4 * dice.unit()) * static_cast<double>(plan.measured.count()))};
  if (misfortune == Misfortune::Interrupted) {
    constexpr std::array kPhases = {RunPhase::Prepare, RunPhase::Headroom, RunPhase::ReferenceRows, RunPhase::Canary,
                                    RunPhase::WarmUp,  RunPhase::Measured, RunPhase::Drain,         RunPhase::Audit};
    const RunPhase phase = kPhases[dice.below(kPhases.size())];
    return {misfortune, phase, phase == RunPhase::Measured ? in_load : Nanos{}};
  }
  if (forbids_start(misfortune)) return {misfortune, RunPhase::Prepare, {}};
  const bool from_the_first = fault_of(misfortune) != Fault::None || misfortune == Misfortune::SlowPipeline ||
                              misfortune == Misfortune::DoubledMessages || misfortune == Misfortune::LateAnswers ||
                              misfortune == Misfortune::SlowReporter || misfortune == Misfortune::SlowSource ||
                              misfortune == Misfortune::RefusingSource || misfortune == Misfortune::LyingSource;
  return from_the_first ? Planned{misfortune, RunPhase::WarmUp, {}} : Planned{misfortune, RunPhase::Measured, in_load};
}

void add(Dice& dice, RunPlan& plan, Misfortune misfortune) {
  plan.planned.push_back(planned(dice, plan, misfortune));
  if (const Fault fault = fault_of(misfortune); fault != Fault::None) {
    plan.pipeline.shares[static_cast<std::size_t>(fault)] = 0.05 + 0.1 * dice.unit();
  }
  if (misfortune == Misfortune::SlowPipeline) plan.pipeline.lag = dice.between(5, 8) * kNanosPerSecond;
  if (misfortune == Misfortune::DoubledMessages) plan.pipeline.twice = 0.3;
  // A run does not learn that a pipeline died that is not its own.
  if (misfortune == Misfortune::NoPipeline || misfortune == Misfortune::CrashedPipeline) plan.external = false;
}

/// The verdict can distinguish the two, whatever their order in time.
bool go_together(Misfortune first, Misfortune second) {
  if (first == second || forbids_start(first)) return false;
  const bool alone = first == Misfortune::FrozenPipeline || first == Misfortune::SlowSource;
  return is_harmless(second) || (makes_wrong(second) && !alone);
}

}  // namespace

const char* name_of(Misfortune misfortune) {
  constexpr const char* kNames[] = {
      "short stall",      "doubled messages", "late answers",  "slow reporter",     "short blindness",
      "slow pipeline",    "frozen pipeline",  "lost rows",     "stale rows",        "resurrected rows",
      "altered rows",     "doubled rows",     "kept deletes",  "phantoms",          "lying source",
      "slow source",      "refusing source",  "silent source", "forgotten outcome", "doubled outcome",
      "crashed pipeline", "lost source",      "dead server",   "lost lease",        "blind sink",
      "interrupted",      "no servers",       "no pipeline",   "deaf pipeline",     "old rows"};
  static_assert(std::size(kNames) == kMisfortunes);
  return kNames[static_cast<std::size_t>(misfortune)];
}

bool RunPlan::has(Misfortune misfortune) const {
  return std::ranges::find(planned, misfortune, &Planned::misfortune) != planned.end();
}

std::string RunPlan::text() const {
  std::string text =
      fmt::format("seed {}: {}/s for {} s, {} lanes, {} pipeline, {}", seed, rate, measured / kNanosPerSecond, lanes,
                  external ? "external" : "native", gated ? "gated" : "no gate");
  for (const Planned& each : planned) {
    text += fmt::format(", {} {} ms into {}", name_of(each.misfortune), each.after / kNanosPerMilli,
                        freshet::name_of(each.phase));
  }
  return text;
}

bool may_be_wrong(const RunPlan& plan) {
  return std::ranges::any_of(plan.planned, [](const Planned& each) { return makes_wrong(each.misfortune); });
}

bool may_be_on_its_way(const RunPlan& plan) {
  return plan.has(Misfortune::FrozenPipeline) || plan.has(Misfortune::SlowSource);
}

/// In the order in which one outranks another. None of it is the judge's.
Verdict expected(const RunPlan& plan, const Facts& facts) {
  using enum Misfortune;
  const auto has_any = [&](std::initializer_list<Misfortune> misfortunes) {
    return std::ranges::any_of(misfortunes, [&](Misfortune each) { return plan.has(each); });
  };
  constexpr double kLeastAchieved = 0.99;
  if (plan.has(Interrupted)) return Verdict::Interrupted;
  if (has_any({ForgottenOutcome, DoubledOutcome, OldRows})) return Verdict::Error;
  if (has_any({CrashedPipeline, LostSource, DeadServer, LostLease, BlindSink, NoServers, NoPipeline, DeafPipeline})) {
    return Verdict::Unreachable;
  }
  if (plan.has(SlowSource)) return Verdict::Invalid;
  if (plan.has(FrozenPipeline)) return plan.gated ? Verdict::Fail : Verdict::Inconclusive;
  if (facts.wrong) return Verdict::Incorrect;
  if (facts.achieved < kLeastAchieved) return Verdict::Invalid;
  if (plan.gated && plan.has(SlowPipeline)) return Verdict::Fail;
  return facts.indeterminate ? Verdict::Inconclusive : Verdict::Pass;
}

RunPlan calm_run(std::uint64_t seed) {
  Dice dice(seed, "run");
  RunPlan plan;
  plan.seed = seed;
  const auto number = [&](int least, int most) { return static_cast<int>(dice.between(least, most)); };
  plan.lanes = number(1, 3);
  plan.rate = number(10, 16);
  plan.warm_up = dice.between(500, 1'500) * kNanosPerMilli;
  plan.measured = dice.between(6, 10) * kNanosPerSecond;
  plan.gated = dice.chance(0.7);
  plan.external = dice.chance(0.3);
  for (fakes::Temper* temper : {&plan.database, &plan.topic}) {
    temper->commit = dice.between(1, 8) * kNanosPerMilli;
    temper->answer = dice.between(1, 10) * kNanosPerMilli;
    temper->patience = 100 * kNanosPerMilli;
  }
  plan.pipeline.seed = seed;
  plan.pipeline.spares_markers = true;
  plan.pipeline.start = dice.between(0, 500) * kNanosPerMilli;
  plan.pipeline.read = dice.between(1, 100) * kNanosPerMilli;
  plan.pipeline.linger = dice.between(1, 200) * kNanosPerMilli;
  plan.look = dice.between(1, 8) * kNanosPerMilli;
  return plan;
}

RunPlan run_with(std::uint64_t seed, Misfortune misfortune) {
  RunPlan plan = calm_run(seed);
  Dice dice(seed, "misfortune");
  add(dice, plan, misfortune);
  return plan;
}

RunPlan run_plan_of(std::uint64_t seed) {
  RunPlan plan = calm_run(seed);
  Dice dice(seed, "misfortune");
  if (dice.chance(0.05)) return plan;
  const auto first = static_cast<Misfortune>(dice.below(kMisfortunes));
  add(dice, plan, first);
  const auto second = static_cast<Misfortune>(dice.below(kMisfortunes));
  if (dice.chance(0.7) && go_together(first, second)) add(dice, plan, second);
  return plan;
}

}  // namespace freshet::simulation
