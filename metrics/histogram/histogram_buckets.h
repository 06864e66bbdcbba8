// The bucket layout of HdrHistogram for 3 significant digits, lowest value 1, unit magnitude 0.
//
// Values below 2,048 have a bucket each. From there on, every doubling [2^(k+10), 2^(k+11)) is divided into 1,024
// buckets of width 2^k. Values are in µs.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace freshet::buckets {

inline constexpr int kSignificantDigits = 3;
inline constexpr std::int64_t kLowest = 1;
inline constexpr std::int64_t kHighest = std::int64_t{24} * 3600 * 1'000'000;
inline constexpr int kHalfBits = 10;
inline constexpr std::int64_t kHalf = std::int64_t{1} << kHalfBits;

/// The bucket of a value ≥ 0.
[[nodiscard]] constexpr std::size_t index_of(std::int64_t micros) {
  const auto value = static_cast<std::uint64_t>(micros);
  const int shift = static_cast<int>(std::bit_width(value | (2 * kHalf - 1))) - (kHalfBits + 1);
  return static_cast<std::size_t>((static_cast<std::uint64_t>(shift) << kHalfBits) + (value >> shift));
}

/// The lowest value of a bucket.
[[nodiscard]] constexpr std::int64_t lowest_of(std::size_t index) {
  const auto doubling = static_cast<std::int64_t>(index >> kHalfBits);
  if (doubling <= 1) return static_cast<std::int64_t>(index);
  return (static_cast<std::int64_t>(index & (kHalf - 1)) + kHalf) << (doubling - 1);
}

/// The highest value of a bucket.
[[nodiscard]] constexpr std::int64_t highest_of(std::size_t index) { return lowest_of(index + 1) - 1; }

/// The number of buckets for values up to kHighest, in whole doublings, as readers of the encoding allocate them.
inline constexpr std::size_t kBuckets = ((index_of(kHighest) >> kHalfBits) + 1) << kHalfBits;
/// The same for every number of µs that fits in a Nanos.
inline constexpr std::size_t kAllBuckets = ((index_of(INT64_MAX / 1000) >> kHalfBits) + 1) << kHalfBits;

}  // namespace freshet::buckets
