// Permutation: a keyed bijection of 0 … n-1, computed, not stored.
//
// An alternating Feistel network over the smallest power of two that holds n, walked until it lands inside (Black and
// Rogaway, "Ciphers with arbitrary finite domains", 2002; fewer than 2 walks are expected). It scatters neighbours, but
// it is not a cipher.
#pragma once

#include <cstdint>

namespace freshet {

class Permutation {
 public:
  /// A permutation of 0 … n-1, 1 ≤ n ≤ 2^62.
  Permutation(std::uint64_t n, std::uint64_t key);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Precondition: value < size().
  [[nodiscard]] std::uint64_t forward(std::uint64_t value) const;
  /// forward(inverse(v)) == v. Precondition: value < size().
  [[nodiscard]] std::uint64_t inverse(std::uint64_t value) const;

 private:
  [[nodiscard]] std::uint64_t scramble(std::uint64_t value) const;
  [[nodiscard]] std::uint64_t unscramble(std::uint64_t value) const;
  [[nodiscard]] std::uint64_t round(int index, std::uint64_t half) const;

  std::uint64_t size_;
  std::uint64_t key_;
  int low_bits_;
  std::uint64_t low_mask_;
  std::uint64_t high_mask_;
};

}  // namespace freshet
