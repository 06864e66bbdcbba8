// "00" to "99", for writers of numbers that take two digits at a time.
#pragma once

#include <array>
#include <cstddef>

namespace freshet {

[[nodiscard]] constexpr std::array<char, 200> digit_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}

}  // namespace freshet
