#include "writers_schedule.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "generator/schedule/schedule.h"
#include "generator/write/lanes/lanes.h"
#include "generator/write/null/null_writer.h"
#include "writers_scenario.h"

namespace freshet::bench {

namespace {

constexpr int kRate = 50'000;

/// Runs `lane` on a thread for each, with a place for its errors, in µs, that has room for all of them: growing it
/// would be an error of ours.
std::vector<double> errors_of(int lanes, std::size_t changes,
                              const std::function<void(int, std::vector<double>&)>& lane) {
  std::vector<std::vector<double>> errors(static_cast<std::size_t>(lanes), std::vector<double>(changes));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < lanes; ++i) {
      std::vector<double>& mine = errors[static_cast<std::size_t>(i)];
      mine.clear();
      threads.emplace_back([&lane, &mine, i] { lane(i, mine); });
    }
  }
  std::vector<double> all;
  for (const auto& some : errors) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return all;
}

void print_errors(const char* name, const std::vector<double>& sorted, const char* goal) {
  if (sorted.empty()) return;
  const auto at = [&](double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
  };
  fmt::print("{:<34} µs: p50 {:.0f}  p99 {:.0f}  p99.9 {:.0f}  p99.99 {:.0f}  most {:.0f}{}\n", name, at(0.5), at(0.99),
             at(0.999), at(0.9999), sorted.back(), goal);
  std::fflush(stdout);
}

}  // namespace

void print_schedule_error(int lanes, int seconds) {
  constexpr Nanos kLead = 200 * kNanosPerMilli;
  const Bench bench = orders(kRate * seconds, "", kRate);
  const SystemClock clock;
  const auto changes = static_cast<std::size_t>(kRate) * static_cast<std::size_t>(seconds);
  Instant zero = clock.now() + kLead;
  const auto ours = errors_of(lanes, changes, [&](int lane, std::vector<double>& mine) {
    const OutcomeSink sink = [&](std::span<const Settled> settled) {
      for (const Settled& one : settled) {
        mine.push_back(static_cast<double>((one.released - zero - one.change.intended).count()) / 1e3);
      }
    };
    const auto outcomes = std::make_shared<LaneOutcomes>(bench.scenario, sink);
    LaneWriters writers{{std::make_shared<NullWriter>(outcomes, clock)}, outcomes};
    const auto schedule = make_schedule(bench.scenario, *bench.rows, bench.identity, lane, lanes);
    LaneOptions options;
    options.zero = zero;
    run_lane(bench.scenario, *bench.rows, *schedule, writers, clock, options, {});
  });
  zero = clock.now() + kLead;
  const auto bare = errors_of(lanes, changes, [&](int lane, std::vector<double>& mine) {
    for (auto i = static_cast<std::size_t>(lane); i < changes; i += static_cast<std::size_t>(lanes)) {
      const Instant due = zero + static_cast<std::int64_t>(i) * kNanosPerSecond / kRate;
      clock.sleep_until(due, {});
      mine.push_back(static_cast<double>((clock.now() - due).count()) / 1e3);
    }
  });
  print_errors(fmt::format("schedule error at {}/s", kRate).c_str(), ours, "  (goal: p99 < 200 idle)");
  print_errors("  of threads that only wait", bare, "");
}

}  // namespace freshet::bench
