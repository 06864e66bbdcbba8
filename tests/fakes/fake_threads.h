// Threads on a virtual clock: each is one of the clock's tasks, so that whatever code does with threads and conditions
// happens in the same order every time.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/threads.h"
#include "fakes/fake_clock.h"

namespace freshet::fakes {

class FakeThreads final : public Threads {
 public:
  /// `clock` outlives all that is made here.
  explicit FakeThreads(const FakeClock& clock) : clock_(clock) {}

  [[nodiscard]] std::unique_ptr<Thread> start(std::function<void(std::stop_token)> body) const override {
    return std::make_unique<FakeThread>(clock_, std::move(body));
  }
  [[nodiscard]] std::unique_ptr<Condition> make_condition() const override {
    return std::make_unique<FakeCondition>(clock_);
  }

 private:
  class FakeThread final : public Thread {
   public:
    FakeThread(const FakeClock& clock, std::function<void(std::stop_token)> body)
        : clock_(clock), task_(clock.start([token = stop_.get_token(), run = std::move(body)] { run(token); })) {}
    ~FakeThread() override {
      stop_.request_stop();
      join();
    }
    FakeThread(const FakeThread&) = delete;
    FakeThread& operator=(const FakeThread&) = delete;
    void request_stop() override { stop_.request_stop(); }
    void join() override { clock_.join(*task_); }

   private:
    const FakeClock& clock_;
    std::stop_source stop_;
    const std::shared_ptr<FakeClock::Task> task_;
  };

  class FakeCondition final : public Condition {
   public:
    explicit FakeCondition(const FakeClock& clock) : clock_(clock) {}
    void wait(std::unique_lock<std::mutex>& lock, const std::function<bool()>& ready) override {
      if (ready()) return;
      lock.unlock();
      clock_.wait(waiters_, [&] {
        lock.lock();
        const bool is_ready = ready();
        if (!is_ready) lock.unlock();
        return is_ready;
      });
    }
    void notify_all() override { clock_.wake(waiters_); }

   private:
    const FakeClock& clock_;
    FakeClock::Waiters waiters_;
  };

  const FakeClock& clock_;
};

}  // namespace freshet::fakes
