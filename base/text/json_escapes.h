// Which bytes of a text JSON (RFC 8259) wants escaped, one by one and eight at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace freshet {

/// What follows the backslash for each byte; 0 = the byte stands for itself, 'u' = \u00XX.
inline constexpr std::array<char, 256> kJsonEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

/// True when one of the eight bytes needs an escape (below 0x20, quote, backslash), or, rarely, when none does and a
/// byte follows one that does: a borrow can only reach bytes above one that is set already.
[[nodiscard]] inline bool any_json_escape(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t quote = bytes ^ (kOnes * '"');
  const std::uint64_t backslash = bytes ^ (kOnes * '\\');
  return ((((bytes - kOnes * 0x20) & ~bytes) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) &
          (kOnes << 7)) != 0;
}

}  // namespace freshet
