#include "generator/draw/permutation.h"

#include <algorithm>
#include <bit>

#include "base/result.h"
#include "generator/draw/random.h"

namespace freshet {
namespace {
constexpr int kRounds = 6;  // three for either half: enough to leave no visible structure
}

Permutation::Permutation(std::uint64_t n, std::uint64_t key) : size_(n), key_(key) {
  FRESHET_CHECK(n >= 1 && n <= (std::uint64_t{1} << 62), "a permutation has 1 to 2^62 values");
  const int bits = std::max(2, static_cast<int>(std::bit_width(n - 1)));
  low_bits_ = bits / 2;
  low_mask_ = (std::uint64_t{1} << low_bits_) - 1;
  high_mask_ = (std::uint64_t{1} << (bits - low_bits_)) - 1;
}

std::uint64_t Permutation::round(int index, std::uint64_t half) const {
  return mix64(key_ + kGolden * ((half << 3) + static_cast<std::uint64_t>(index)));
}

std::uint64_t Permutation::scramble(std::uint64_t value) const {
  std::uint64_t low = value & low_mask_;
  std::uint64_t high = value >> low_bits_;
  for (int i = 0; i < kRounds; i += 2) {
    low ^= round(i, high) & low_mask_;
    high ^= round(i + 1, low) & high_mask_;
  }
  return (high << low_bits_) | low;
}

std::uint64_t Permutation::unscramble(std::uint64_t value) const {
  std::uint64_t low = value & low_mask_;
  std::uint64_t high = value >> low_bits_;
  for (int i = kRounds - 2; i >= 0; i -= 2) {
    high ^= round(i + 1, low) & high_mask_;
    low ^= round(i, high) & low_mask_;
  }
  return (high << low_bits_) | low;
}

std::uint64_t Permutation::forward(std::uint64_t value) const {
  do value = scramble(value);
  while (value >= size_);
  return value;
}

std::uint64_t Permutation::inverse(std::uint64_t value) const {
  do value = unscramble(value);
  while (value >= size_);
  return value;
}

}  // namespace freshet
