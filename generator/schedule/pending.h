// Pending: the next changes of living instances, soonest first. A heap with four children per node has half the depth
// of a binary one, and the children of a node are adjacent in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <tuple>
#include <type_traits>

#include "base/change.h"
#include "base/result.h"
#include "scenarios/model/memory_bounds.h"

namespace freshet {

/// The next change of one instance.
struct PendingChange {
  Micros intended{};
  Ordinal ordinal = 0;
  Version version = 0;
  EntityId entity{};
  std::int16_t state = 0;  ///< state of the image after it; for a delete, before it
  Operation operation = Operation::Insert;

  /// The order of a schedule.
  [[nodiscard]] friend bool operator<(const PendingChange& a, const PendingChange& b) {
    if (a.intended != b.intended) [[likely]]
      return a.intended < b.intended;
    return std::tie(a.entity, a.ordinal, a.version) < std::tie(b.entity, b.ordinal, b.version);
  }
};

/// Takes at most kMostBytesPerInstance from the first instance to the last: its array grows by a quarter, in place
/// where the allocator can move pages instead of bytes.
class Pending {
 public:
  static constexpr std::size_t kMostBytes = sizeof(PendingChange) + sizeof(PendingChange) / 4;  ///< per change
  static_assert(kMostBytes <= kMostBytesPerInstance, "memory per living instance is promised");

  Pending() = default;
  ~Pending() { std::free(heap_); }
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Precondition: not empty.
  [[nodiscard]] const PendingChange& top() const { return heap_[0]; }

  void push(const PendingChange& change) {
    if (size_ == capacity_) grow();
    std::size_t at = size_++;
    while (at > 0) {
      const std::size_t above = (at - 1) / kFan;
      if (!(change < heap_[above])) break;
      heap_[at] = heap_[above];
      at = above;
    }
    heap_[at] = change;
  }
  /// Replaces the top by `change` in one step. Precondition: not empty.
  void replace_top(const PendingChange& change) { sink(change); }
  /// Precondition: not empty.
  void pop() {
    const PendingChange last = heap_[--size_];
    if (size_ > 0) sink(last);
  }

 private:
  static constexpr std::size_t kFan = 4;
  static_assert(std::is_trivially_copyable_v<PendingChange>, "realloc moves bytes");

  void grow() {
    constexpr std::size_t kLeast = 64;
    capacity_ = std::max(kLeast, capacity_ + capacity_ / 4);
    auto* const heap = static_cast<PendingChange*>(std::realloc(heap_, capacity_ * sizeof(PendingChange)));
    FRESHET_CHECK(heap != nullptr, "there is memory for the living instances");
    heap_ = heap;
  }

  [[nodiscard]] std::size_t sooner(std::size_t a, std::size_t b) const { return heap_[b] < heap_[a] ? b : a; }

  void sink(const PendingChange& change) {
    std::size_t at = 0;
    for (;;) {
      const std::size_t first = at * kFan + 1;
      std::size_t least = first;
      if (first + kFan <= size_) {
        least = sooner(sooner(first, first + 1), sooner(first + 2, first + 3));
      } else if (first < size_) {
        for (std::size_t i = first + 1; i < size_; ++i) least = sooner(least, i);
      } else {
        break;
      }
      if (!(heap_[least] < change)) break;
      heap_[at] = heap_[least];
      at = least;
    }
    heap_[at] = change;
  }

  PendingChange* heap_ = nullptr;  ///< owned
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace freshet
