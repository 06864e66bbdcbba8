// The memory that a schedule will need, estimated before it runs: rate × life of the living instances, and the
// background updates.
#include <algorithm>
#include <cmath>

#include "base/overloaded.h"
#include "scenarios/loader/check/checks.h"
#include "scenarios/model/memory_bounds.h"

namespace freshet::loading {
namespace {

constexpr double kBytesPerLiving = kMostBytesPerInstance;
constexpr double kBytesPerBackgroundUpdate = kMostBytesPerBackgroundUpdate;
constexpr double kMostBytes = 4.0 * 1024 * 1024 * 1024;
constexpr double kEndlessRounds = 1000;  // number of transitions after which a life counts as endless

/// The mean of ranks 1 … n with probability ~ (rank + q)^-s: the first ones summed, the others by the integral.
double mean_rank(double s, double q, double n) {
  constexpr double kAdded = 1000;
  double weight = 0;
  double mean = 0;
  for (double rank = 1; rank <= std::min(n, kAdded); ++rank) {
    weight += std::pow(rank + q, -s);
    mean += rank * std::pow(rank + q, -s);
  }
  if (n <= kAdded) return mean / weight;
  const auto integral = [&](double power) {  // integral of (x + q)^power over the remaining ranks
    const double from = kAdded + 0.5 + q;
    const double to = n + 0.5 + q;
    if (std::abs(power + 1) < 1e-9) return std::log(to / from);
    return (std::pow(to, power + 1) - std::pow(from, power + 1)) / (power + 1);
  };
  const double rest = integral(-s);
  return (mean + integral(1 - s) - q * rest) / (weight + rest);
}

double mean_of(const distributions::Histogram& histogram) {
  double mean = 0;
  double total = 0;
  for (const auto& bin : histogram.bins) {
    mean += bin.weight * (bin.from + bin.to) / 2;
    total += bin.weight;
  }
  return mean / total;
}

double mean_of(const distributions::Quantiles& quantiles) {
  double mean = 0;
  double total = 0;
  for (std::size_t i = 1; i < quantiles.points.size(); ++i) {
    const auto& point = quantiles.points[i];
    const auto& before = quantiles.points[i - 1];
    const double share = point.share - before.share;
    mean += share * (point.value + before.value) / 2;
    total += share;
  }
  return mean / total;
}

/// Approximate: truncation moves it to the nearer limit at most.
double mean_of(const Distribution& distribution) {
  namespace d = distributions;
  const double mean =
      std::visit(Overloaded{
                     [](const d::Constant& constant) { return constant.value; },
                     [](const d::Uniform& uniform) { return (uniform.least + uniform.most) / 2; },
                     [](const d::LogNormal& lognormal) {
                       return lognormal.median * std::exp(lognormal.sigma * lognormal.sigma / 2);
                     },
                     [&](const d::Exponential& exponential) { return distribution.min.value_or(0) + exponential.mean; },
                     [](const OneOf<d::Normal, d::Geometric> auto& around) { return around.mean; },
                     [](const d::Zipf& zipf) { return mean_rank(zipf.exponent, zipf.shift, zipf.ranks); },
                     [](const OneOf<d::Histogram, d::Quantiles> auto& table) { return mean_of(table); },
                 },
                 distribution.shape);
  return std::clamp(mean, distribution.min.value_or(-HUGE_VAL), distribution.max.value_or(HUGE_VAL));
}

/// Mean time from an insert to the last change, in µs, before time_scale: adds up the shares of lives in each state,
/// transition by transition.
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
        (state.to[i] ? next[*state.to[i]] : dies) += part;
      }
    };
    for (std::size_t i = 0; i < here.size(); ++i) leave(entity.life[i], here[i]);
    if (entity.revival) leave(*entity.revival, dead);
    here = std::move(next);
    dead = dies;
  }
  return time;
}

/// The average number of instances for each instance of the root.
double siblings(const Scenario& scenario, const Entity& entity) {
  double number = 1;
  for (const Entity* at = &entity; at->per; at = &scenario.entity(*at->per)) {
    if (at->count) number *= mean_of(*at->count);
  }
  return number;
}

std::string gibibytes(double bytes) {
  return std::to_string(static_cast<std::int64_t>(std::ceil(bytes / (1024.0 * 1024 * 1024)))) + " GiB";
}

}  // namespace

void check_memory(Context& context) {
  const Scenario& scenario = context.scenario;
  const double seconds = static_cast<double>(scenario.length().count()) / 1e6;
  for (const Load& load : scenario.load) {
    const auto* arrivals = load.as<loads::Arrivals>();
    if (arrivals == nullptr) {
      const double bytes = load.greatest_rate() * seconds * kBytesPerBackgroundUpdate;
      if (bytes <= kMostBytes) continue;
      context.problems.error(load.origin, "background updates that take " + gibibytes(bytes) + " of memory to remember",
                             "a lower rate or a shorter run: at most " + gibibytes(kMostBytes));
      continue;
    }
    const double history = static_cast<double>(arrivals->backfill.count()) / 1e6;
    double living = 0;
    for (std::size_t i = 0; i < scenario.entities.size(); ++i) {
      const Entity& entity = scenario.entities[i];
      if (scenario.root_of(static_cast<EntityId>(i)) != load.entity) continue;
      double time = mean_life(entity);
      if (entity.per) time += mean_of(entity.delay);
      time /= scenario.time_scale * 1e6;
      // The instances of the history at its end; those of history and load at the end of the load.
      const double before = arrivals->backfill_rate * std::min(time, history);
      const double after = load.greatest_rate() * std::min(time, seconds) +
                           arrivals->backfill_rate * std::clamp(time - seconds, 0.0, history);
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
