// Threads as a seam: who starts one, and who waits for another. A simulation runs them as tasks of its virtual clock.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

namespace freshet {

/// A thread that was started. Its owner destroys it.
class Thread {
 public:
  /// Asks it to stop, and joins it.
  virtual ~Thread() = default;
  virtual void request_stop() = 0;
  /// Returns when it has ended. It may be called again then.
  virtual void join() = 0;
};

/// What a condition variable is to threads. It is waited for only while no other lock is held than `lock`.
class Condition {
 public:
  virtual ~Condition() = default;
  /// Returns when `ready`, which is asked with the lock held.
  virtual void wait(std::unique_lock<std::mutex>& lock, const std::function<bool()>& ready) = 0;
  virtual void notify_all() = 0;
};

/// Safe from any thread. Outlives what it makes.
class Threads {
 public:
  virtual ~Threads() = default;
  /// `body` gets the token that request_stop() stops.
  [[nodiscard]] virtual std::unique_ptr<Thread> start(std::function<void(std::stop_token)> body) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Condition> make_condition() const = 0;
};

/// The machine's.
class SystemThreads final : public Threads {
 public:
  [[nodiscard]] std::unique_ptr<Thread> start(std::function<void(std::stop_token)> body) const override;
  [[nodiscard]] std::unique_ptr<Condition> make_condition() const override;
};

/// Lets one in at a time, like a mutex, but may be held while its holder sleeps or waits.
class Turn {
 public:
  explicit Turn(const Threads& threads) : free_(threads.make_condition()) {}

  void lock() {
    std::unique_lock guard(mutex_);
    free_->wait(guard, [this] { return !taken_; });
    taken_ = true;
  }
  void unlock() {
    {
      const std::scoped_lock guard(mutex_);
      taken_ = false;
    }
    free_->notify_all();
  }

 private:
  std::mutex mutex_;
  bool taken_ = false;
  const std::unique_ptr<Condition> free_;
};

}  // namespace freshet
