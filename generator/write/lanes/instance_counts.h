// Counts something per instance: a hash table without a node per entry, for entries that come and go with every
// message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/change.h"

namespace freshet {

struct InstanceId {
  EntityId entity{};
  Ordinal ordinal = 0;
  bool operator==(const InstanceId&) const = default;
};

[[nodiscard]] constexpr std::uint64_t hash_of(const InstanceId& id) {
  return (id.ordinal + (std::uint64_t{index_of(id.entity)} << 48)) * 0x9E3779B97F4A7C15ULL;
}

/// Linear probing; at most half full, so that a probe is short. Allocates only to grow. For one thread.
class InstanceCounts {
 public:
  void add(const InstanceId& id) {
    if (2 * (size_ + 1) > entries_.size()) grow();
    Entry& entry = entries_[find(id)];
    if (entry.count++ == 0) {
      entry.id = id;
      ++size_;
    }
  }
  /// Subtracts one, if there is any.
  void take(const InstanceId& id) {
    if (size_ == 0) return;
    const std::size_t at = find(id);
    if (entries_[at].count == 0 || --entries_[at].count > 0) return;
    --size_;
    close_gap(at);
  }
  [[nodiscard]] bool contains(const InstanceId& id) const { return size_ > 0 && entries_[find(id)].count > 0; }
  /// The number of instances that have some.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    InstanceId id;
    std::uint32_t count = 0;  ///< 0: no entry
  };
  [[nodiscard]] std::size_t home(const InstanceId& id) const {
    return static_cast<std::size_t>(hash_of(id) >> 32) & (entries_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  /// The position of the entry, or where it would be.
  [[nodiscard]] std::size_t find(const InstanceId& id) const {
    std::size_t at = home(id);
    while (entries_[at].count > 0 && !(entries_[at].id == id)) at = next(at);
    return at;
  }
  /// Moves back the entries that a probe ending at the gap would miss.
  void close_gap(std::size_t gap) {
    for (std::size_t at = next(gap); entries_[at].count > 0; at = next(at)) {
      const std::size_t wanted = home(entries_[at].id);
      // It is at least as far from its home as from the gap: the gap is on its probe path.
      if (((at - wanted) & (entries_.size() - 1)) < ((at - gap) & (entries_.size() - 1))) continue;
      entries_[gap] = std::exchange(entries_[at], Entry{});
      gap = at;
    }
  }
  void grow() {
    constexpr std::size_t kLeast = 64;
    std::vector<Entry> old(entries_.empty() ? kLeast : 2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.count > 0) entries_[find(entry.id)] = entry;
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace freshet
