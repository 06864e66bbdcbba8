// A virtual clock: sleeping takes no time, it makes time pass. What is planned for an instant happens when the clock
// gets there, in order, so that a whole run is a function of its seed.
//
// Code that blocks (a lane) runs as a task: a fiber, of which one runs at a time. A sleeping task hands the clock back
// and is woken by an event like any other, so that tasks interleave the same way every time.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fakes/fiber.h"

namespace freshet::fakes {

/// Reads are safe from any thread; everything else is for the one thread that drives the simulation, and its tasks.
class FakeClock final : public Clock {
 public:
  /// Tasks that wait for the same thing.
  class Waiters {
    friend class FakeClock;
    std::vector<std::function<void()>> wakes_;
  };
  /// Code that runs on the virtual clock.
  class Task : public std::enable_shared_from_this<Task> {
    friend class FakeClock;
    explicit Task(std::function<void()> body) : fiber(std::move(body)) {}
    Fiber fiber;
    std::uint64_t sleeps = 0;  ///< an event wakes only the sleep for which it was planned
    Waiters joining;
  };

  explicit FakeClock(Instant start = Instant{kNanosPerSecond},
                     WallTime wall_at_zero = WallTime{1'700'000'000 * kMicrosPerSecond})
      : now_(start), wall_at_zero_(wall_at_zero) {}

  [[nodiscard]] Instant now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  [[nodiscard]] WallTime wall() const override { return wall_at_zero_ + whole_micros(now().time_since_epoch()); }

  /// Time passes up to `instant`, event by event. A stop request (also one made by an event) ends the sleep there.
  void sleep_until(Instant instant, std::stop_token stop) const override {
    if (task_) return sleep_as_task(instant, stop);
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

  /// Begins now, when the caller sleeps or waits.
  std::shared_ptr<Task> start(std::function<void()> body) const {
    const std::shared_ptr<Task> task(new Task(std::move(body)));
    at(now(), [this, task] { give_turn(task); });
    return task;
  }
  /// Returns when the task has ended.
  void join(Task& task) const {
    wait(task.joining, [&task] { return task.fiber.ended(); });
  }
  /// Runs them side by side, beginning in this order; time passes until the last has ended.
  void run_tasks(std::vector<std::function<void()>> bodies) const {
    std::vector<std::shared_ptr<Task>> tasks;
    for (std::function<void()>& body : bodies) tasks.push_back(start(std::move(body)));
    for (const auto& task : tasks) join(*task);
  }

  /// Time passes until `ready`, which is asked now, and by a task again whenever wake() is called for `waiters`.
  void wait(Waiters& waiters, const std::function<bool()>& ready) const {
    while (!ready()) {
      if (task_) {
        waiters.wakes_.push_back(waker());
        task_->fiber.give_way();
        continue;
      }
      const std::optional<Instant> next = next_event();
      FRESHET_CHECK(next, "a task waits, and nothing is planned that could wake it");
      if (std::optional<std::function<void()>> event = step(*next)) (*event)();
    }
  }
  void wake(Waiters& waiters) const {
    for (std::function<void()>& wake : std::exchange(waiters.wakes_, {})) at(now(), std::move(wake));
  }

 private:
  /// On the driver's stack: lets a task run until it sleeps or ends.
  void give_turn(const std::shared_ptr<Task>& task) const {
    task_ = task.get();
    task->fiber.resume();
    task_ = nullptr;
    if (task->fiber.ended()) wake(task->joining);
  }

  /// Ends the sleep that the running task is about to begin, and no other.
  [[nodiscard]] std::function<void()> waker() const {
    return [this, task = task_->shared_from_this(), sleep = ++task_->sleeps] {
      if (task->sleeps != sleep) return;
      ++task->sleeps;
      give_turn(task);
    };
  }

  void sleep_as_task(Instant instant, const std::stop_token& stop) const {
    if (stop.stop_requested() || instant <= now()) return;
    const std::function<void()> wake = waker();
    at(instant, wake);
    const std::stop_callback at_stop(stop, [this, wake] { at(now(), wake); });
    task_->fiber.give_way();
  }

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
  mutable Task* task_ = nullptr;  ///< that runs now
  const WallTime wall_at_zero_;
};

}  // namespace freshet::fakes
