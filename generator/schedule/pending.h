// Pending: the changes that living instances still have to come, soonest first. A heap of four children per node: half
// the depth of a binary one, and a node's children are neighbours in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "base/change.h"

namespace freshet {

/// The next change of one instance.
struct PendingChange {
  Micros intended = 0;
  Ordinal ordinal = 0;
  Version version = 0;
  EntityId entity{};
  std::int16_t state = 0;  ///< of the image after it; for a delete, before it
  Operation operation = Operation::Insert;

  /// The order of a schedule.
  [[nodiscard]] friend bool operator<(const PendingChange& a, const PendingChange& b) {
    if (a.intended != b.intended) return a.intended < b.intended;
    return std::tie(a.entity, a.ordinal, a.version) < std::tie(b.entity, b.ordinal, b.version);
  }
};
static_assert(sizeof(PendingChange) <= 32, "memory per living instance is promised");

class Pending {
 public:
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  /// Precondition: not empty.
  [[nodiscard]] const PendingChange& top() const { return heap_.front(); }

  void push(const PendingChange& change) {
    heap_.push_back(change);
    std::size_t at = heap_.size() - 1;
    while (at > 0) {
      const std::size_t above = (at - 1) / kFan;
      if (!(change < heap_[above])) break;
      heap_[at] = heap_[above];
      at = above;
    }
    heap_[at] = change;
  }
  /// Takes the top away and puts `change` in, in one go. Precondition: not empty.
  void replace_top(const PendingChange& change) { sink(change); }
  /// Precondition: not empty.
  void pop() {
    const PendingChange last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
  }

 private:
  static constexpr std::size_t kFan = 4;

  void sink(const PendingChange& change) {
    std::size_t at = 0;
    for (;;) {
      const std::size_t first = at * kFan + 1;
      if (first >= heap_.size()) break;
      const std::size_t last = first + kFan < heap_.size() ? first + kFan : heap_.size();
      std::size_t least = first;
      for (std::size_t i = first + 1; i < last; ++i) {
        if (heap_[i] < heap_[least]) least = i;
      }
      if (!(heap_[least] < change)) break;
      heap_[at] = heap_[least];
      at = least;
    }
    heap_[at] = change;
  }

  std::vector<PendingChange> heap_;
};

}  // namespace freshet
