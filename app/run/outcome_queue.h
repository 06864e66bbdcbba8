// Outcomes on their way from the writers to the judge.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/change.h"
#include "base/threads.h"

namespace freshet {

/// A bounded queue that also tells when everything in it has been dealt with. Many producers, one consumer.
class OutcomeQueue {
 public:
  using Batch = std::vector<Settled>;

  OutcomeQueue(std::size_t capacity, const Threads& threads)
      : capacity_(capacity), changed_(threads.make_condition()) {}

  /// Waits for room. What comes after close() is dropped.
  void push(Batch batch) {
    std::unique_lock lock(mutex_);
    changed_->wait(lock, [this] { return closed_ || batches_.size() < capacity_; });
    if (closed_) return;
    batches_.push_back(std::move(batch));
    ++pushed_;
    lock.unlock();
    changed_->notify_all();
  }

  /// Waits for a batch; calling it again means that the one before has been dealt with. Empty when the queue is closed
  /// and drained.
  std::optional<Batch> pop() {
    std::unique_lock lock(mutex_);
    const bool done_with_one = std::exchange(taken_, false);
    if (done_with_one) ++done_;
    if (done_with_one) changed_->notify_all();
    changed_->wait(lock, [this] { return closed_ || !batches_.empty(); });
    if (batches_.empty()) return std::nullopt;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    taken_ = true;
    lock.unlock();
    changed_->notify_all();
    return batch;
  }

  /// Returns when all that was pushed before has been dealt with.
  void catch_up() {
    std::unique_lock lock(mutex_);
    changed_->wait(lock, [this, pushed = pushed_] { return done_ >= pushed; });
  }

  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    changed_->notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  const std::unique_ptr<Condition> changed_;
  std::deque<Batch> batches_;
  std::int64_t pushed_ = 0;
  std::int64_t done_ = 0;
  bool taken_ = false;
  bool closed_ = false;
};

}  // namespace freshet
