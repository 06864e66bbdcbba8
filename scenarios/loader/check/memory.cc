// What a schedule will have to remember, before it runs: rate × life of what lives, and the free changes.
#include <algorithm>
#include <cmath>

#include "scenarios/loader/check/checks.h"
#include "scenarios/model/memory_bounds.h"

namespace freshet::loading {
namespace {

constexpr double kBytesPerLiving = kMostBytesPerInstance;
constexpr double kBytesPerFreeChange = kMostBytesPerFreeChange;
constexpr double kMostBytes = 4.0 * 1024 * 1024 * 1024;
constexpr double kEndlessRounds = 1000;  // transitions after which a life counts as endless

/// Of ranks 1 … n with probability ~ (rank + q)^-s: the first ones added up, the others by the integral.
double mean_rank(double s, double q, double n) {
  constexpr double kAdded = 1000;
  double weight = 0;
  double mean = 0;
  for (double rank = 1; rank <= std::min(n, kAdded); ++rank) {
    weight += std::pow(rank + q, -s);
    mean += rank * std::pow(rank + q, -s);
  }
  if (n <= kAdded) return mean / weight;
  const auto integral = [&](double power) {  // of (x + q)^power over the ranks that are left
    const double from = kAdded + 0.5 + q;
    const double to = n + 0.5 + q;
    if (std::abs(power + 1) < 1e-9) return std::log(to / from);
    return (std::pow(to, power + 1) - std::pow(from, power + 1)) / (power + 1);
  };
  const double rest = integral(-s);
  return (mean + integral(1 - s) - q * rest) / (weight + rest);
}

double mean_of_table(const Distribution& law) {
  double mean = 0;
  double total = 0;
  for (std::size_t i = 0; i < law.weights.size(); ++i) {
    if (law.law == Distribution::Law::Histogram) {
      mean += law.weights[i] * (law.points[2 * i] + law.points[2 * i + 1]) / 2;
      total += law.weights[i];
    } else if (i > 0) {
      const double share = law.weights[i] - law.weights[i - 1];
      mean += share * (law.points[i] + law.points[i - 1]) / 2;
      total += share;
    }
  }
  return mean / total;
}

/// Nearly: truncation moves it to the nearer limit at most.
double mean_of(const Distribution& law) {
  double mean = law.a;
  switch (law.law) {
    case Distribution::Law::Uniform:
      mean = (law.a + law.b) / 2;
      break;
    case Distribution::Law::Lognormal:
      mean = law.a * std::exp(law.b * law.b / 2);
      break;
    case Distribution::Law::Exponential:
      mean = law.min.value_or(0) + law.a;
      break;
    case Distribution::Law::Histogram:
    case Distribution::Law::Quantiles:
      mean = mean_of_table(law);
      break;
    case Distribution::Law::Zipf:
      mean = mean_rank(law.a, law.b, law.max.value_or(1));
      break;
    case Distribution::Law::Constant:
    case Distribution::Law::Normal:
    case Distribution::Law::Geometric:
      break;
  }
  return std::clamp(mean, law.min.value_or(-HUGE_VAL), law.max.value_or(HUGE_VAL));
}

/// Mean time from an insert to the last change, µs, before time_scale: the shares of lives in each state, transition by
/// transition.
double mean_life(const Entity& entity) {
  if (entity.life.empty()) return 0;
  std::vector<double> here(entity.life.size());
  here[0] = 1;
  double dead = 0;
  double time = 0;
  for (int round = 0; round < kEndlessRounds; ++round) {
    std::vector<double> next(here.size());
    double dies = 0;
    const auto leave = [&](const LifeState& state, double share) {
      if (state.final || share <= 0) return;
      const double leaving = share * state.share;
      time += leaving * mean_of(state.after);
      double total = 0;
      for (const double weight : state.weights) total += weight;
      for (std::size_t i = 0; i < state.to.size(); ++i) {
        const double part = leaving * state.weights[i] / total;
        (state.to[i] == kDeleted ? dies : next[static_cast<std::size_t>(state.to[i])]) += part;
      }
    };
    for (std::size_t i = 0; i < here.size(); ++i) leave(entity.life[i], here[i]);
    if (entity.revival) leave(*entity.revival, dead);
    here = std::move(next);
    dead = dies;
  }
  return time;
}

/// How many there are on average for each instance of the root.
double siblings(const Scenario& scenario, const Entity& entity) {
  double number = 1;
  for (const Entity* at = &entity; at->per; at = &scenario.entity(*at->per)) {
    if (at->count) number *= mean_of(*at->count);
  }
  return number;
}

double greatest_rate(const Load& load) {
  double greatest = 0;
  for (const Stage& stage : load.stages) greatest = std::max({greatest, stage.from_rate, stage.to_rate});
  return greatest;
}

std::string gibibytes(double bytes) {
  return std::to_string(static_cast<std::int64_t>(std::ceil(bytes / (1024.0 * 1024 * 1024)))) + " GiB";
}

}  // namespace

void check_memory(Context& context) {
  const Scenario& scenario = context.scenario;
  const double seconds = static_cast<double>(scenario.length().count()) / 1e6;
  for (const Load& load : scenario.load) {
    if (load.kind != Load::Kind::Arrivals) {
      const double bytes = greatest_rate(load) * seconds * kBytesPerFreeChange;
      if (bytes <= kMostBytes) continue;
      context.problems.error(load.origin, "free changes that take " + gibibytes(bytes) + " of memory to remember",
                             "a lower rate or a shorter run: at most " + gibibytes(kMostBytes));
      continue;
    }
    const double history = static_cast<double>(load.backfill.count()) / 1e6;
    double living = 0;
    for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
      const Entity& entity = scenario.entities[i];
      if (scenario.root_of(static_cast<EntityId>(i)) != load.entity) continue;
      double time = mean_life(entity);
      if (entity.per) time += mean_of(entity.delay);
      time /= scenario.time_scale * 1e6;
      // Of the history, at its end; of it and of the load, at the end of that.
      const double before = load.backfill_rate * std::min(time, history);
      const double after =
          greatest_rate(load) * std::min(time, seconds) + load.backfill_rate * std::clamp(time - seconds, 0.0, history);
      living += std::max(before, after) * siblings(scenario, entity);
    }
    if (living * kBytesPerLiving <= kMostBytes) continue;
    context.problems.error(load.origin,
                           "about " + std::to_string(static_cast<std::int64_t>(living)) +
                               " instances live at once, which takes " + gibibytes(living * kBytesPerLiving) +
                               " of memory",
                           "a lower rate, shorter lives or a greater \"time_scale\": at most " + gibibytes(kMostBytes));
  }
}

}  // namespace freshet::loading
