// Randomness of the generator: one keyed hash, no state.
//
// A draw is a function of (seed, stream, position). A stream belongs to one concern of one entity and is named by them,
// so that adding an entity or a field does not change any other value. A position is what the stream counts: an
// ordinal, or an ordinal combined with an item's index, a version or an attempt.
//
// The hash is SplitMix64 with random access: draw(stream, n) is the n-th output of SplitMix64 seeded with `stream`
// (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

/// The odd constant of SplitMix64: 2^64 divided by the golden ratio.
inline constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;

/// SplitMix64's finaliser: a bijection in which every input bit moves about half of the output bits.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// A named sequence of draws.
enum class Stream : std::uint64_t {};

/// The draw of `stream` at `position`; uniform over all 64-bit values, distinct for distinct positions.
[[nodiscard]] constexpr std::uint64_t draw(Stream stream, std::uint64_t position) {
  return mix64(static_cast<std::uint64_t>(stream) + kGolden * position);
}

/// A position with a second coordinate (item index, version, attempt). Not invertible; with `coordinate` 0 it differs
/// from the position itself.
[[nodiscard]] constexpr std::uint64_t combine(std::uint64_t position, std::uint64_t coordinate) {
  return mix64(kGolden * position + 0xD1B54A32D192ED03u * (coordinate + 1));
}

/// FNV-1a, 64 bits: names to numbers.
[[nodiscard]] constexpr std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

/// The stream of `concern` ("price", "basketItems.quantity", "#delay") of `entity`.
[[nodiscard]] constexpr Stream stream_of(std::uint64_t seed, std::string_view entity, std::string_view concern) {
  return Stream{mix64(mix64(mix64(seed + kGolden) ^ hash_name(entity)) ^ hash_name(concern))};
}

__extension__ typedef unsigned __int128 UInt128;

/// 0 … n-1 from one draw, almost evenly (bias below n / 2^64).
[[nodiscard]] constexpr std::uint64_t below(std::uint64_t random, std::uint64_t n) {
  return static_cast<std::uint64_t>((static_cast<UInt128>(random) * n) >> 64);
}

/// A number in (0, 1), both ends excluded: the middle of one of 2^52 equal cells, which a double holds exactly.
[[nodiscard]] constexpr double unit(std::uint64_t random) {
  return (static_cast<double>(random >> 12) + 0.5) * 0x1p-52;
}

}  // namespace freshet
