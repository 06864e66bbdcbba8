// A virtual clock: sleeping takes no time, it makes time pass. What is planned for an instant happens when the clock
// gets there, in order, so that a whole run is a function of its seed.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/clock.h"

namespace freshet::fakes {

/// Reads are safe from any thread; sleep_until and run_until are for the one thread that drives the simulation.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant start = kNanosPerSecond, Micros wall_at_zero = 1'700'000'000 * kMicrosPerSecond)
      : now_(start), wall_at_zero_(wall_at_zero) {}

  [[nodiscard]] Instant now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  [[nodiscard]] Micros wall() const override { return wall_at_zero_ + now() / kNanosPerMicro; }

  /// Time passes up to `instant`, event by event. A stop request (also one made by an event) ends the sleep there.
  void sleep_until(Instant instant, std::stop_token stop) const override {
    while (!stop.stop_requested()) {
      std::optional<std::function<void()>> event = step(instant);
      if (!event) return;
      (*event)();
    }
  }
  void run_until(Instant instant) const { sleep_until(instant, std::stop_token{}); }

  /// Plans `event` for `instant` (at once, when that has passed: at the next sleep). Events of one instant happen in
  /// the order in which they were planned.
  void at(Instant instant, std::function<void()> event) const {
    const std::scoped_lock lock(mutex_);
    events_.emplace(instant, std::move(event));
  }
  [[nodiscard]] std::optional<Instant> next_event() const {
    const std::scoped_lock lock(mutex_);
    return events_.empty() ? std::nullopt : std::optional<Instant>(events_.begin()->first);
  }

 private:
  /// Moves to the next event that is due by `instant` and takes it; without one, moves to `instant`.
  std::optional<std::function<void()>> step(Instant instant) const {
    const std::scoped_lock lock(mutex_);
    const auto next = events_.begin();
    if (next == events_.end() || next->first > instant) {
      now_ = std::max(now_, instant);
      return std::nullopt;
    }
    now_ = std::max(now_, next->first);
    std::function<void()> event = std::move(next->second);
    events_.erase(next);
    return event;
  }

  mutable std::mutex mutex_;
  mutable Instant now_;
  mutable std::multimap<Instant, std::function<void()>> events_;
  const Micros wall_at_zero_;
};

}  // namespace freshet::fakes
