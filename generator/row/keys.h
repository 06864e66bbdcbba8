// Keys: ordinal → text and back. A key is a permutation of the ordinal: random-looking, invertible, without memory.
//
// The salt of a run is part of its uuids. Sequences cannot carry it: the scenario's author chose their text, and the
// tables that contain them belong to this run.
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

/// The number that replaces the ordinal in the key of an instance after this many key changes. Below 2^48.
/// Precondition: ordinal < 2^41, changes ≤ kMostKeyChanges (timeline.h).
[[nodiscard]] constexpr Ordinal key_number(Ordinal ordinal, std::uint32_t changes) {
  return ordinal | Ordinal{changes} << kKeyChangeShift;
}

inline constexpr std::size_t kUuidLength = 36;
using UuidText = std::array<char, kUuidLength>;

/// A version 4 uuid (RFC 9562) of 122 bits: the low 48 of `high`, then the low 12 of `middle`, then the low 62 of
/// `low`.
[[nodiscard]] UuidText render_uuid(std::uint64_t high, std::uint64_t middle, std::uint64_t low);

/// A version 7 uuid (RFC 9562): the low 48 bits of the milliseconds of `at`, then the low 12 of `middle`, then the low
/// 62 of `low`.
[[nodiscard]] UuidText render_ordered_uuid(WallTime at, std::uint64_t middle, std::uint64_t low);

/// Uuids from which the ordinal can be computed: 48 bits are a permutation of it, the other 74 a hash that identifies
/// the run and entity.
class UuidKey {
 public:
  /// `stream` must be derived from seed, salt and entity.
  explicit UuidKey(Stream stream);
  /// Precondition: ordinal < 2^48.
  [[nodiscard]] UuidText render(Ordinal ordinal) const;
  /// The ordinal, if this is exactly what render() returns for one.
  [[nodiscard]] std::optional<Ordinal> parse(std::string_view text) const;

 private:
  Permutation permutation_;
  Stream check_;
};

/// Version 7 uuids from which the ordinal can be computed: the milliseconds of the instance's creation, a hash, and 48
/// bits that are a permutation of the ordinal.
class OrderedUuidKey {
 public:
  explicit OrderedUuidKey(Stream stream);
  /// `at`: µs since the Unix epoch. Precondition: ordinal < 2^48.
  [[nodiscard]] UuidText render(WallTime at, Ordinal ordinal) const;
  /// The ordinal whose key this would be, if that instance was created at that time. Call render() to verify it.
  [[nodiscard]] std::optional<Ordinal> guess(std::string_view text) const;

 private:
  Permutation permutation_;
  Stream check_;
};

/// "P%07d": a text with one number in it, first + ordinal, padded to a minimum number of digits.
class SequenceFormat {
 public:
  /// `pattern` contains one %d or %0Nd; without one the number is appended.
  SequenceFormat(std::string_view pattern, std::int64_t first);
  void append(Ordinal ordinal, std::string& out) const;
  /// True if append() adds a plain text (Cell::plain).
  [[nodiscard]] bool plain() const { return plain_; }
  [[nodiscard]] std::int64_t number(Ordinal ordinal) const;
  /// The ordinal, if this is exactly what append() writes for one.
  [[nodiscard]] std::optional<Ordinal> parse(std::string_view text) const;

 private:
  std::string prefix_;
  std::string suffix_;
  std::size_t digits_ = 0;
  std::int64_t first_;
  bool plain_;
};

}  // namespace freshet
