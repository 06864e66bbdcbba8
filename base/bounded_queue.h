// A bounded queue between threads. When it is full, the producer waits; how often that happened is counted.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace freshet {

struct QueueFigures {
  std::size_t capacity = 0;
  std::size_t high_water = 0;  ///< most items that waited at a time
  std::size_t waits = 0;       ///< how often a producer found it full
};

/// Any number of producers and consumers. Once the queue is closed, pushes are refused and pops drain what is left.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room. Returns false, and drops the item, if the queue is closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    if (items_.size() >= capacity_ && !closed_) ++waits_;
    room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    if (items_.size() > high_water_) high_water_ = items_.size();
    lock.unlock();
    ready_.notify_one();
    return true;
  }

  /// Waits for an item. Returns nullopt once the queue is closed and drained.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return closed_ || !items_.empty(); });
    return take(lock);
  }

  /// Returns an item that arrives within `timeout`; nullopt on timeout, or once the queue is closed and drained.
  template <typename Duration>
  std::optional<T> pop_for(Duration timeout) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, timeout, [&] { return closed_ || !items_.empty(); });
    return take(lock);
  }

  void close() {
    {
      std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    room_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    std::scoped_lock lock(mutex_);
    return items_.size();
  }
  /// Closed, and nothing is left: no item will come.
  [[nodiscard]] bool drained() const {
    std::scoped_lock lock(mutex_);
    return closed_ && items_.empty();
  }
  [[nodiscard]] QueueFigures figures() const {
    std::scoped_lock lock(mutex_);
    return {capacity_, high_water_, waits_};
  }

 private:
  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    room_.notify_one();
    return item;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable room_;
  std::deque<T> items_;
  std::size_t high_water_ = 0;
  std::size_t waits_ = 0;
  bool closed_ = false;
};

}  // namespace freshet
