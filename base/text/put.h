// Numbers and times as text, written in place. Each put_… writes at `at`, where there is room for kMostNumber bytes,
// and returns the end of what it wrote; behind it may stand anything. Bytes in words are little-endian, as on x86-64
// and AArch64. The texts are those of base/row.h, which appends them to strings.
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/text/dates.h"

namespace freshet {

/// The longest text of any number: a double with its sign and exponent, or 64 bits with a scale of up to kMostScale.
inline constexpr std::size_t kMostNumber = 48;
/// The most digits after the point that any server's DECIMAL has.
inline constexpr int kMostScale = 38;

namespace put_detail {
/// "00" to "99".
inline constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();
}  // namespace put_detail

/// Two digits. Precondition: value < 100.
inline char* put_pair(char* at, std::uint64_t value) {
  std::memcpy(at, &put_detail::kDigitPairs[2 * value], 2);
  return at + 2;
}

/// The eight digits of a number below 10^8, the first in the lowest byte, each 0 to 9: halves, quarters and digits are
/// computed side by side in one word (Paul Khuong, "How to print integers really fast", 2017).
[[nodiscard]] inline std::uint64_t eight_digits(std::uint64_t value) {
  const std::uint64_t halves = value / 10'000 | (value % 10'000) << 32;
  const std::uint64_t hundreds = ((halves * 10'486) >> 20) & 0x7F'0000'007F;
  const std::uint64_t quarters = hundreds | (halves - 100 * hundreds) << 16;
  const std::uint64_t tens = ((quarters * 103) >> 10) & 0x000F'000F'000F'000F;
  return tens | (quarters - 10 * tens) << 8;
}
inline constexpr std::uint64_t kEightZeros = 0x3030'3030'3030'3030;
inline constexpr std::uint64_t kEightDigits = 100'000'000;

/// A number below 10^8 with at least `least` digits (1 to 8), without branches on the number of digits.
struct ShortText {
  std::uint64_t bytes;  ///< the first in the lowest
  int size;
};
template <int least>
[[nodiscard]] inline ShortText short_text(std::uint64_t value) {
  const std::uint64_t digits = eight_digits(value);
  const int zeros = std::countr_zero(digits | std::uint64_t{1} << (64 - 8 * least)) & ~7;  // leading zeros, in bits
  return {(digits + kEightZeros) >> zeros, (64 - zeros) / 8};
}
inline char* put_short(char* at, std::uint64_t value) {
  const ShortText text = short_text<1>(value);
  std::memcpy(at, &text.bytes, sizeof text.bytes);
  return at + text.size;
}

namespace put_detail {
/// Numbers from 10^8 on, which are rare.
[[gnu::noinline]] inline char* put_large(char* at, std::uint64_t value) {
  const std::uint64_t high = value / kEightDigits;
  at = high >= kEightDigits ? put_large(at, high) : put_short(at, high);
  const std::uint64_t digits = eight_digits(value % kEightDigits) + kEightZeros;
  std::memcpy(at, &digits, sizeof digits);
  return at + sizeof digits;
}
}  // namespace put_detail

/// May write up to eight bytes after the end of the text.
inline char* put_unsigned(char* at, std::uint64_t value) {
  if (value < 10) {
    *at = static_cast<char>('0' + value);
    return at + 1;
  }
  return value < kEightDigits ? put_short(at, value) : put_detail::put_large(at, value);
}

[[nodiscard]] inline std::uint64_t magnitude_of(std::int64_t value) {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

inline char* put_integer(char* at, std::int64_t value) {
  if (value < 0) *at++ = '-';
  return put_unsigned(at, magnitude_of(value));
}

namespace put_detail {
[[gnu::noinline]] inline char* put_other_decimal(char* at, std::int64_t units, int scale) {
  if (scale <= 0) return put_integer(at, units);
  if (units < 0) *at++ = '-';
  const std::uint64_t magnitude = magnitude_of(units);
  if (scale == 2) {
    at = put_unsigned(at, magnitude / 100);
    *at = '.';
    return put_pair(at + 1, magnitude % 100);
  }
  std::array<char, 32> digits;
  const auto size = static_cast<std::size_t>(put_unsigned(digits.data(), magnitude) - digits.data());
  const auto after = static_cast<std::size_t>(scale);
  const std::size_t before = size > after ? size - after : 0;
  if (before == 0) *at++ = '0';
  for (std::size_t i = 0; i < before; ++i) *at++ = digits[i];
  *at++ = '.';
  for (std::size_t i = size; i < after; ++i) *at++ = '0';
  for (std::size_t i = before; i < size; ++i) *at++ = digits[i];
  return at;
}

}  // namespace put_detail

/// Writes units of 10^-scale with exactly `scale` digits after the point. Amounts of money below a million are handled
/// inline: all digits at once, then the last two are moved to make room for the point.
inline char* put_decimal(char* at, std::int64_t units, int scale) {
  if (scale != 2 || static_cast<std::uint64_t>(units) >= kEightDigits) [[unlikely]]
    return put_detail::put_other_decimal(at, units, scale);
  const ShortText text = short_text<3>(static_cast<std::uint64_t>(units));
  std::memcpy(at, &text.bytes, sizeof text.bytes);
  at += text.size - 2;
  const auto cents = static_cast<std::uint16_t>(text.bytes >> (8 * (text.size - 2)));
  *at = '.';
  std::memcpy(at + 1, &cents, sizeof cents);
  return at + 3;
}

/// The shortest text that reads back as the same double; zero has no sign. Precondition: finite.
inline char* put_double(char* at, double value) {
  return std::to_chars(at, at + kMostNumber, value == 0 ? 0.0 : value).ptr;
}

/// Times as text. Caches the date of the last one, since the day hardly ever changes in a stream of rows. For one
/// thread.
class TimeText {
 public:
  /// The longest time that put() writes.
  static constexpr std::size_t kMost = 40;

  /// "2026-11-21", `separator`, "12:00:00.123456".
  char* put(char* at, std::int64_t micros, char separator) {
    std::int64_t day = micros / kMicrosPerDay;
    std::int64_t rest = micros % kMicrosPerDay;
    if (rest < 0) {
      rest += kMicrosPerDay;
      --day;
    }
    if (day != day_) set(day);
    std::memcpy(at, date_.data(), kShortDate);
    at += size_;
    *at++ = separator;
    const auto seconds = static_cast<std::uint64_t>(rest / 1'000'000);
    const auto fraction = static_cast<std::uint64_t>(rest % 1'000'000);
    at = put_pair(at, seconds / 3600);
    *at++ = ':';
    at = put_pair(at, seconds / 60 % 60);
    *at++ = ':';
    at = put_pair(at, seconds % 60);
    *at++ = '.';
    at = put_pair(at, fraction / 10'000);
    at = put_pair(at, fraction / 100 % 100);
    return put_pair(at, fraction % 100);
  }
  /// "2026-11-21T12:00:00.123456Z"
  char* put_iso(char* at, std::int64_t micros) {
    at = put(at, micros, 'T');
    *at = 'Z';
    return at + 1;
  }

 private:
  static constexpr std::size_t kShortDate = 16;  ///< copied in one piece; 64 bits of microseconds reach 13 characters

  void set(std::int64_t day) {
    day_ = day;
    size_ = static_cast<std::size_t>(put_date(date_.data(), day) - date_.data());
  }

  std::int64_t day_ = INT64_MIN;
  std::size_t size_ = 0;
  std::array<char, kMostDate> date_{};
};

}  // namespace freshet
