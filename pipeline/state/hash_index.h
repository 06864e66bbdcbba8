// A hash index over items that are stored elsewhere: from a 64-bit hash to 32-bit ids, 8 bytes per bucket.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace freshet {

/// Linear probing, at most 3/4 full. Ids are below 2^32 - 1. For one thread.
class HashIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// The id with this hash for which `same(id)` holds, or kNone.
  template <typename Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Same& same) const {
    if (buckets_.empty()) return kNone;
    for (std::size_t at = tag_of(hash) & mask_;; at = (at + 1) & mask_) {
      const Bucket& bucket = buckets_[at];
      if (bucket.id == kNone) return kNone;
      if (bucket.tag == tag_of(hash) && same(bucket.id)) return bucket.id;
    }
  }

  /// Adds an id that find() does not know.
  void add(std::uint64_t hash, std::uint32_t id) {
    if (4 * (count_ + 1) > 3 * buckets_.size()) grow();
    place({id, tag_of(hash)});
    ++count_;
  }

  /// Removes an id that was added with this hash. Later entries move up, so that no gap is left.
  void remove(std::uint64_t hash, std::uint32_t id) {
    std::size_t gap = tag_of(hash) & mask_;
    while (buckets_[gap].id != id) gap = (gap + 1) & mask_;
    for (std::size_t at = (gap + 1) & mask_; buckets_[at].id != kNone; at = (at + 1) & mask_) {
      const std::size_t home = buckets_[at].tag & mask_;
      if (((at - home) & mask_) < ((at - gap) & mask_)) continue;  // it would be before its home
      buckets_[gap] = buckets_[at];
      gap = at;
    }
    buckets_[gap] = Bucket{};
    --count_;
  }

  /// Removes all ids, keeps the capacity.
  void clear() {
    buckets_.assign(buckets_.size(), Bucket{});
    count_ = 0;
  }

  /// The size in bytes of an index with this many ids.
  [[nodiscard]] static std::size_t bytes_for(std::size_t ids) {
    std::size_t buckets = 16;
    while (4 * ids > 3 * buckets) buckets *= 2;
    return buckets * sizeof(Bucket);
  }

  [[nodiscard]] std::size_t bytes() const { return buckets_.capacity() * sizeof(Bucket); }

 private:
  struct Bucket {
    std::uint32_t id = kNone;
    std::uint32_t tag = 0;
  };

  // The position of a bucket follows from its tag alone, so that growing needs no hash.
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash ^ (hash >> 32)); }

  void place(Bucket bucket) {
    std::size_t at = bucket.tag & mask_;
    while (buckets_[at].id != kNone) at = (at + 1) & mask_;
    buckets_[at] = bucket;
  }

  void grow() {
    std::vector<Bucket> old(buckets_.empty() ? 16 : 2 * buckets_.size());
    old.swap(buckets_);
    mask_ = buckets_.size() - 1;
    for (const Bucket& bucket : old) {
      if (bucket.id != kNone) place(bucket);
    }
  }

  std::vector<Bucket> buckets_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
};

/// The hash that the pipeline's tables use for key texts.
[[nodiscard]] inline std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

}  // namespace freshet
