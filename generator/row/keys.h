// Keys: ordinal → text and back. A key is a permutation of the ordinal: random-looking, invertible, without memory.
//
// The salt of a run is in its uuids. Sequences cannot carry it: they are what the scenario's author wrote, and the
// tables that hold them belong to this run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/change.h"
#include "generator/draw/permutation.h"
#include "generator/draw/random.h"

namespace freshet {

inline constexpr int kKeyChangeShift = 41;

/// What the key of an instance is made of, in the place of its ordinal, once it has changed so many times. Below 2^48.
/// Precondition: ordinal < 2^41, changes ≤ kMostKeyChanges (timeline.h).
[[nodiscard]] constexpr Ordinal key_number(Ordinal ordinal, std::uint32_t changes) {
  return ordinal | Ordinal{changes} << kKeyChangeShift;
}

inline constexpr std::size_t kUuidLength = 36;
using UuidText = std::array<char, kUuidLength>;

/// A version 4 uuid (RFC 9562) of 122 bits: the low 48 of `high` come first, then the low 12 of `middle`,
/// then the low 62 of `low`.
[[nodiscard]] UuidText render_uuid(std::uint64_t high, std::uint64_t middle, std::uint64_t low);

/// A version 7 uuid (RFC 9562): the low 48 bits of the milliseconds of `at`, then the low 12 of `middle`, then the low
/// 62 of `low`.
[[nodiscard]] UuidText render_ordered_uuid(WallTime at, std::uint64_t middle, std::uint64_t low);

/// Uuids that tell their ordinal: 48 bits are a permutation of it, the other 74 a hash that nobody else's uuid has.
class UuidKey {
 public:
  /// `stream` must come from seed, salt and entity.
  explicit UuidKey(Stream stream);
  /// Precondition: ordinal < 2^48.
  [[nodiscard]] UuidText render(Ordinal ordinal) const;
  /// The ordinal, if this is exactly what render() makes of one.
  [[nodiscard]] std::optional<Ordinal> parse(std::string_view text) const;

 private:
  Permutation permutation_;
  Stream check_;
};

/// Version 7 uuids that tell their ordinal: the milliseconds of the instance's creation, a hash, and 48 bits that are a
/// permutation of the ordinal.
class OrderedUuidKey {
 public:
  explicit OrderedUuidKey(Stream stream);
  /// `at`: µs since the Unix epoch. Precondition: ordinal < 2^48.
  [[nodiscard]] UuidText render(WallTime at, Ordinal ordinal) const;
  /// The ordinal of which this would be the key, if that instance was created then: render() it to be sure.
  [[nodiscard]] std::optional<Ordinal> guess(std::string_view text) const;

 private:
  Permutation permutation_;
  Stream check_;
};

/// "P%07d": text with one number in it, first + ordinal, with at least so many digits.
class SequenceFormat {
 public:
  /// `pattern` holds one %d or %0Nd; without one the number is appended.
  SequenceFormat(std::string_view pattern, std::int64_t first);
  void append(Ordinal ordinal, std::string& out) const;
  /// What it appends is a plain text (Cell::plain).
  [[nodiscard]] bool plain() const { return plain_; }
  [[nodiscard]] std::int64_t number(Ordinal ordinal) const;
  /// The ordinal, if this is exactly what append() makes of one.
  [[nodiscard]] std::optional<Ordinal> parse(std::string_view text) const;

 private:
  std::string prefix_;
  std::string suffix_;
  std::size_t digits_ = 0;
  std::int64_t first_;
  bool plain_;
};

}  // namespace freshet
