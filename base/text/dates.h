// Days of the proleptic Gregorian calendar as text and back: "2026-11-21". A day is counted from 1970-01-01.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freshet {

inline constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

/// The most bytes that put_date() writes for a day that 64 bits of microseconds can reach.
inline constexpr std::size_t kMostDate = 24;

/// Writes the day and returns the end. Within the years 0 to 9999 exactly ten bytes are written; other years have ISO
/// 8601's expanded form, with a sign: "+10000-01-01".
char* put_date(char* at, std::int64_t day);

/// Reads "2026-11-21", years 0 to 9999. False when the text has another form or names no day of the calendar.
[[nodiscard]] bool parse_date(std::string_view text, std::int64_t& day);

}  // namespace freshet
