// Buffers that are reused, and that travel between threads without being reallocated.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace freshet {

/// A vector whose elements keep their buffers when it is cleared. add() returns an element in the state in which its
/// last user left it, and may move the other elements.
template <typename Item>
class Recycled {
 public:
  Item& add() {
    if (used_ == items_.size()) items_.emplace_back();
    return items_[used_++];
  }
  /// Removes the element added last.
  void drop_last() { --used_; }
  void clear() { used_ = 0; }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] bool empty() const { return used_ == 0; }
  [[nodiscard]] Item& operator[](std::size_t at) { return items_[at]; }
  [[nodiscard]] std::span<Item> items() { return {items_.data(), used_}; }

 private:
  std::vector<Item> items_;
  std::size_t used_ = 0;
};

/// A pool of batches that consumers return to producers. Thread-safe.
template <typename Batch>
class BatchPool {
 public:
  /// Returns an empty batch, reused if one is available.
  [[nodiscard]] std::unique_ptr<Batch> take() {
    {
      std::scoped_lock lock(mutex_);
      if (!free_.empty()) {
        auto batch = std::move(free_.back());
        free_.pop_back();
        return batch;
      }
    }
    return std::make_unique<Batch>();
  }
  void give_back(std::unique_ptr<Batch> batch) {
    batch->clear();
    std::scoped_lock lock(mutex_);
    if (free_.size() < kMostFree) free_.push_back(std::move(batch));
  }

 private:
  static constexpr std::size_t kMostFree = 32;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Batch>> free_;
};

}  // namespace freshet
