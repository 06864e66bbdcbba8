// The machine's clocks, and a sleep that a stop request ends.
#include "base/clock.h"

#include <time.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace freshet {

namespace {

Nanos read_clock(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return t.tv_sec * kNanosPerSecond + Nanos{t.tv_nsec};
}

}  // namespace

Instant SystemClock::now() const { return Instant{read_clock(CLOCK_MONOTONIC)}; }

WallTime SystemClock::wall() const { return WallTime{whole_micros(read_clock(CLOCK_REALTIME))}; }

void SystemClock::sleep_until(Instant instant, std::stop_token stop) const {
  if (stop.stop_requested() || now() >= instant) return;
  // steady_clock counts CLOCK_MONOTONIC on this platform, so an Instant converts to its time point.
  const std::chrono::steady_clock::time_point until{instant.time_since_epoch()};
  std::mutex mutex;
  std::condition_variable woken;
  // The callback takes the mutex, so that a request that arrives between the check and the wait is not missed.
  const std::stop_callback wake(stop, [&] {
    const std::scoped_lock lock(mutex);
    woken.notify_all();
  });
  std::unique_lock lock(mutex);
  woken.wait_until(lock, until, [&] { return stop.stop_requested(); });
}

}  // namespace freshet
