// Planted delays: what the report says of each operation's freshness, beside what the sink really showed. Prints the
// table.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "simulation/checks.h"
#include "simulation/simulation.h"

namespace freshet::simulation {
namespace {

Nanos quantile(std::vector<Nanos> sorted, double q) {
  std::ranges::sort(sorted);
  return sorted.at(static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size()))) - 1);
}
double ms(Nanos nanos) { return static_cast<double>(nanos.count()) / 1e6; }

/// By operation, commit to visible of each version of the measured phase, as the sink's own history has it.
std::map<std::string, std::vector<Nanos>> truth_of(Simulation& simulation, ViewId view) {
  std::map<std::string, std::vector<Nanos>> truth;
  for (const auto& [key, dues] : simulation.expectations().dues(view)) {
    for (std::size_t i = 0; i < dues.size(); ++i) {
      if (dues[i].phase != Phase::Measured) continue;
      const SeenBetween seen = seen_of(simulation, view, key, dues, i);
      EXPECT_NE(seen.earliest, kNever) << key;
      truth[dues[i].series].push_back(seen.earliest - dues[i].acknowledged);
    }
  }
  return truth;
}

struct Planted {
  const char* name;
  Nanos read;
  Nanos freeze{};
};

class PlantedDelay : public testing::TestWithParam<Planted> {};

TEST_P(PlantedDelay, IsReportedAsItIs) {
  Plan plan;
  plan.rate = "10/s";
  plan.duration = "120s";
  plan.time_scale = "20";  // rows live for seconds: some are gone before they were seen
  plan.read = GetParam().read;
  plan.linger = kNanosPerMilli;
  plan.look_interval = 10 * kNanosPerMilli;
  plan.look = kNanosPerMilli;
  plan.freeze = GetParam().freeze;
  plan.freeze_at = 30 * kNanosPerSecond;
  Simulation simulation(plan);
  simulation.run();
  EXPECT_EQ(simulation.record().verdict, Verdict::Pass);
  for (const Observe& observe : simulation.scenario().observe) {
    const ViewRecord& view = simulation.view_record(observe.view);
    for (const auto& [series, truth] : truth_of(simulation, observe.view)) {
      const FreshnessSeries& judged = view.series.at(series);
      ASSERT_EQ(judged.delay.count(), static_cast<std::int64_t>(truth.size())) << series;
      std::printf("%-12s %-14s %-16s n %5zu bounded %4lld", GetParam().name, view.name.c_str(), series.c_str(),
                  truth.size(), static_cast<long long>(judged.bounded));
      for (const double q : {0.5, 0.99}) {
        const Nanos reported = judged.delay.quantile(q);
        const Nanos real = quantile(truth, q);
        std::printf("  p%-2.0f %9.2f true %9.2f ms", 100 * q, ms(reported), ms(real));
        EXPECT_GE(reported, real - real / 100) << series << ": freshness is flattered";
        // A row that was deleted before it was seen is bounded by the evidence of a marker.
        if (judged.bounded == 0) {
          EXPECT_LE(reported, real + real / 100 + simulation.look_window()) << series;
        }
      }
      std::printf("\n");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, PlantedDelay,
                         testing::Values(Planted{"3 ms", 3 * kNanosPerMilli}, Planted{"30 ms", 30 * kNanosPerMilli},
                                         Planted{"300 ms", 300 * kNanosPerMilli}, Planted{"3 s", 3 * kNanosPerSecond},
                                         Planted{"freeze 6 s", 3 * kNanosPerMilli, 6 * kNanosPerSecond}),
                         [](const auto& planted) {
                           std::string name = planted.param.name;
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace freshet::simulation
