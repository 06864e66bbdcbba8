// Texts with units: durations, rates, shares, decimals, patterns of sequences, names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace freshet::loading {

inline constexpr double kMaxRate = 10e6;                                 ///< per second
inline constexpr Micros kMaxDuration = 366 * 86'400 * kMicrosPerSecond;  ///< a leap year
inline constexpr int kMaxScale = 9;
inline constexpr std::size_t kMaxNameLength = 64;  ///< MySQL's limit for identifiers

/// "2s", "1.5m", "300ms", "10us", "1h" → µs. Not negative, at most kMaxDuration.
[[nodiscard]] std::optional<double> parse_duration(std::string_view text);
/// "200/s", "30/m", "5/h" → per second. Not negative; the caller checks the upper bound.
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);
/// "97%" → 0.97.
[[nodiscard]] std::optional<double> parse_percent(std::string_view text);
/// "+02:00", "-03:30", "Z" → minutes east of UTC.
[[nodiscard]] std::optional<int> parse_zone(std::string_view text);
/// A plain number without exponent, and nothing else.
[[nodiscard]] std::optional<double> parse_plain_number(std::string_view text);

/// A decimal as written: digits with at most one point. `scale` = digits after it.
struct DecimalText {
  std::int64_t units = 0;
  int scale = 0;
};
[[nodiscard]] std::optional<DecimalText> parse_decimal_text(std::string_view text);

/// The one %d or %0Nd in a sequence's pattern.
struct SequencePattern {
  std::size_t width = 0;    ///< minimum number of digits
  std::size_t literal = 0;  ///< size of the rest in bytes
};
[[nodiscard]] std::optional<SequencePattern> parse_sequence(std::string_view pattern);

/// A letter or _, then letters, digits and _; at most kMaxNameLength.
[[nodiscard]] bool is_name(std::string_view text);
/// Names joined by dots.
[[nodiscard]] bool is_dotted_name(std::string_view text);
/// The column's name in a table: dots become underscores, letters become lower case. Two columns of one record must
/// differ in it, because MySQL compares column names that way.
[[nodiscard]] std::string table_name_of(std::string_view column);

}  // namespace freshet::loading
