// Numbers for people: the one way to write durations, counts and shares in reports.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace freshet {

/// Three significant digits and a unit: "850 µs", "12.3 ms", "4.56 s", "5 m 3 s".
[[nodiscard]] std::string human_duration(double seconds);
/// Groups of three digits: "85,210".
[[nodiscard]] std::string human_count(std::int64_t count);
/// "97.3 MB".
[[nodiscard]] std::string human_bytes(std::int64_t bytes);
/// "97.31 %"
[[nodiscard]] std::string human_share(double share);
[[nodiscard]] constexpr double to_seconds(Nanos nanos) { return static_cast<double>(nanos.count()) / 1e9; }
/// "2026-11-21T12:00:00.123456Z"
[[nodiscard]] std::string iso_time(WallTime time);

/// Escapes text for HTML and XML, including quoted attributes.
[[nodiscard]] std::string escape_markup(const std::string& text);

}  // namespace freshet
