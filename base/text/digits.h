// Digits of ASCII, read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freshet {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads exactly `count` digits from `at` on. False when they are not there.
[[nodiscard]] constexpr bool read_digits(std::string_view text, std::size_t at, std::size_t count,
                                         std::uint32_t& value) {
  if (text.size() < at + count) return false;
  value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + static_cast<std::uint32_t>(text[i] - '0');
  }
  return true;
}

}  // namespace freshet
