#include "app/parts/headroom.h"

#include <atomic>
#include <stop_token>
#include <thread>
#include <vector>

#include "generator/write/lanes/lanes.h"
#include "generator/write/null/null_writer.h"

namespace freshet {

double generator_limit(const Scenario& scenario, const Rows& rows, const RunIdentity& identity, int lanes, Nanos budget,
                       const Clock& clock, const std::stop_token& stop) {
  const OutcomeSink nowhere = [](std::span<const Settled>) {};
  std::atomic<std::int64_t> made = 0;
  const Instant began = clock.now();
  {
    std::vector<std::jthread> threads;
    for (int lane = 0; lane < lanes; ++lane) {
      threads.emplace_back([&, lane](const std::stop_token& ended) {
        while (!ended.stop_requested()) {
          LaneWriters writers = null_writers(scenario, nowhere, clock);
          const auto schedule = make_schedule(scenario, rows, identity, lane, lanes, Stretch::Live);
          LaneOptions options;
          options.zero = clock.now() - scenario.length();  // all of it is due
          const std::int64_t taken = run_lane(scenario, rows, *schedule, writers, clock, options, ended);
          if (taken == 0) return;
          made += taken;
        }
      });
    }
    clock.sleep_until(began + budget, stop);
    for (std::jthread& thread : threads) thread.request_stop();
  }
  return static_cast<double>(made) * 1e9 / static_cast<double>((clock.now() - began).count());
}

}  // namespace freshet
