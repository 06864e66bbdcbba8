#include "simulation/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace freshet::simulation {

namespace {

using fakes::Dice;

fakes::Temper temper_of(Dice& dice, bool fails) {
  fakes::Temper temper;
  temper.commit = dice.between(1, 20) * kNanosPerMilli;
  temper.answer = dice.between(0, 20) * kNanosPerMilli;
  temper.lost = 0.001;
  temper.outage = dice.between(20, 400) * kNanosPerMilli;
  if (!fails) return temper;
  temper.refused = 0.004 * dice.unit();
  temper.silent = 0.002 * dice.unit();
  temper.lost = 0.005;
  return temper;
}

}  // namespace

bool Plan::pipeline_errs() const {
  return phantoms > 0 || std::any_of(shares.begin(), shares.end(), [](double share) { return share > 0; });
}

std::string Plan::text() const {
  return fmt::format(
      "seed {}: {} for {}, time scale {}, {} lanes, sources {}, pipeline {}, order {}, read {} ms, stalls {}, freeze "
      "{} ms",
      seed, rate, duration, time_scale, lanes, sources_fail() ? "fail" : "hold", pipeline_errs() ? "errs" : "is sound",
      keeps_source_order ? "source" : "key", read / kNanosPerMilli, stalls_every > Nanos{} ? "yes" : "no",
      freeze / kNanosPerMilli);
}

Plan plan_of(std::uint64_t seed) {
  Dice dice(seed, "plan");
  Plan plan;
  plan.seed = seed;
  plan.lanes = static_cast<int>(dice.between(1, 3));
  plan.batch_max = static_cast<int>(dice.between(1, 100));
  plan.horizon = dice.chance(0.3) ? Micros{dice.between(1, 20) * 1'000} : Micros{};
  plan.salt = dice.chance(0.5) ? dice.next() : 0;
  plan.rate = std::to_string(dice.between(3, 8)) + "/s";
  plan.duration = std::to_string(dice.between(200, 500)) + "s";
  plan.time_scale = std::to_string(dice.between(2, 20));

  const bool sources_fail = seed % 2 == 0;
  plan.database = temper_of(dice, sources_fail);
  plan.topic = temper_of(dice, sources_fail);

  plan.read = dice.between(1, 200) * kNanosPerMilli;
  plan.linger = dice.between(1, 300) * kNanosPerMilli;
  plan.stalls_every = dice.chance(0.5) ? dice.between(30, 100) * kNanosPerSecond : Nanos{};
  if (seed / 2 % 2 == 1) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(Fault::Delay); ++i) plan.shares[i] = 0.01 * dice.unit();
    plan.shares[static_cast<std::size_t>(Fault::None)] = 0;
    plan.phantoms = static_cast<int>(dice.between(1, 12));
    plan.delay = dice.between(500, 5'000) * kNanosPerMilli;
    plan.keeps_source_order = false;  // what is delayed is overtaken
    if (dice.chance(0.5)) plan.shares[static_cast<std::size_t>(Fault::Delay)] = 0, plan.keeps_source_order = true;
  } else {
    plan.keeps_source_order = dice.chance(0.7);
    if (dice.chance(0.3)) {
      plan.freeze_at = dice.between(5, 200) * kNanosPerSecond;
      plan.freeze = dice.between(1'000, 12'000) * kNanosPerMilli;
    }
  }

  plan.report = dice.between(0, 20) * kNanosPerMilli;
  plan.look_interval = dice.between(50, 300) * kNanosPerMilli;
  plan.look = dice.between(1, 20) * kNanosPerMilli;
  plan.blind = dice.chance(0.3) ? 0.02 : 0;
  return plan;
}

}  // namespace freshet::simulation
