// A virtual clock: sleeping takes no time, it makes time pass. What is planned for an instant happens when the clock
// gets there, in order, so that a whole run is a function of its seed.
//
// Code that blocks (a lane) runs as a task: on a thread of its own, but never two at once. A sleeping task hands the
// clock back and is woken by an event like any other, so that tasks interleave the same way every time.
#pragma once

#include <semaphore.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace freshet::fakes {

/// Reads are safe from any thread; run_until and run_tasks are for the one thread that drives the simulation,
/// sleep_until for it and for its tasks.
class FakeClock final : public Clock {
 public:
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

  /// Runs them side by side, beginning in this order; time passes until the last has ended.
  void run_tasks(std::vector<std::function<void()>> bodies) const {
    std::vector<std::shared_ptr<Task>> tasks;
    for (std::function<void()>& body : bodies) {
      const auto task = std::make_shared<Task>();
      task->thread = std::jthread([this, task, run = std::move(body)] {
        task_ = task;
        task->turn.acquire();
        run();
        task->ended = true;
        driver_.release();
      });
      at(now(), [this, task] { give_turn(*task); });
      tasks.push_back(task);
    }
    while (!std::ranges::all_of(tasks, [](const auto& task) { return task->ended; })) {
      const std::optional<Instant> next = next_event();
      FRESHET_CHECK(next, "a task waits, and nothing is planned that could wake it");
      run_until(*next);
    }
    for (const auto& task : tasks) task->thread.join();
  }

 private:
  /// std::binary_semaphore of libstdc++ 12 spins before it sleeps: a third of a simulation's time, more on a busy
  /// machine.
  class Turn {
   public:
    Turn() { FRESHET_CHECK(::sem_init(&semaphore_, 0, 0) == 0, "a semaphore can be made"); }
    ~Turn() { ::sem_destroy(&semaphore_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    void acquire() {
      while (::sem_wait(&semaphore_) != 0) FRESHET_CHECK(errno == EINTR, "a semaphore can be waited for");
    }
    void release() { FRESHET_CHECK(::sem_post(&semaphore_) == 0, "a semaphore can be released"); }

   private:
    sem_t semaphore_;
  };
  struct Task {
    std::jthread thread;
    Turn turn;
    bool ended = false;
    std::uint64_t sleeps = 0;  ///< an event wakes only the sleep for which it was planned
  };

  /// On the driver's thread: lets a task run until it sleeps or ends.
  void give_turn(Task& task) const {
    task.turn.release();
    driver_.acquire();
  }

  void sleep_as_task(Instant instant, const std::stop_token& stop) const {
    if (stop.stop_requested() || instant <= now()) return;
    const auto wake = [this, task = task_, sleep = ++task_->sleeps] {
      if (task->sleeps != sleep) return;
      ++task->sleeps;
      give_turn(*task);
    };
    at(instant, wake);
    const std::stop_callback at_stop(stop, [this, wake] { at(now(), wake); });
    driver_.release();
    task_->turn.acquire();
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
  mutable Turn driver_;
  static inline thread_local std::shared_ptr<Task> task_;
  const WallTime wall_at_zero_;
};

}  // namespace freshet::fakes
