// Texts and names as JSON (RFC 8259). Texts are taken to be UTF-8 and pass through, escaped where the grammar asks for
// it; dotted names become nested objects.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/row.h"

namespace freshet {

class Buffer;

namespace json_detail {

/// What follows the backslash for each byte; 0 = not escaped, 'u' = \u00XX.
inline constexpr std::array<char, 256> kEscapes = [] {
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

/// True if one of the eight bytes needs an escape (below 0x20, quote, backslash). Rarely also true if none needs one
/// but a byte follows one that does: a borrow only reaches bytes above one that is already set.
[[nodiscard]] inline bool any_escape(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t quote = bytes ^ (kOnes * '"');
  const std::uint64_t backslash = bytes ^ (kOnes * '\\');
  return ((((bytes - kOnes * 0x20) & ~bytes) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) &
          (kOnes << 7)) != 0;
}

inline char* put_escaped(char* at, std::string_view text) {
  constexpr const char* kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char escape = kEscapes[byte];
    if (escape == 0) {
      *at++ = c;
      continue;
    }
    *at++ = '\\';
    *at++ = escape;
    if (escape != 'u') continue;
    *at++ = '0';
    *at++ = '0';
    *at++ = kHex[byte >> 4];
    *at++ = kHex[byte & 15];
  }
  return at;
}

}  // namespace json_detail

/// The most bytes that a byte of a text takes.
inline constexpr std::size_t kMostPerJsonByte = 6;

/// Writes the text without its quotes to where there is room for kMostPerJsonByte times its size, and returns the end.
/// Copies eight bytes at a time while none needs an escape.
inline char* put_json_text(char* at, std::string_view text) {
  const char* from = text.data();
  std::size_t left = text.size();
  std::uint64_t bytes = 0;
  for (; left >= sizeof bytes; left -= sizeof bytes) {
    std::memcpy(&bytes, from, sizeof bytes);
    if (json_detail::any_escape(bytes)) return json_detail::put_escaped(at, {from, left});
    std::memcpy(at, &bytes, sizeof bytes);
    at += sizeof bytes;
    from += sizeof bytes;
  }
  return json_detail::put_escaped(at, {from, left});
}

/// Appends the text with its quotes.
void append_json_text(std::string_view text, Buffer& out);
void append_json_text(std::string_view text, std::string& out);

/// Appends a name as a token of a JSON pointer (RFC 6901): ~ is ~0, / is ~1.
void append_pointer_token(std::string_view name, std::string& out);

namespace json_detail {
/// Searches backwards from `to`: the columns of one object are mostly adjacent.
[[nodiscard]] bool earlier_column_has(const RecordType& type, std::size_t from, std::size_t to,
                                      std::string_view prefix);
}  // namespace json_detail

/// A member of an object that a record's dotted names make.
struct JsonMember {
  std::string_view name;
  std::size_t column;  ///< of an object: where its first member stands
  std::size_t inner;   ///< of an object: the `depth` of its members; else 0
  bool first;          ///< nothing stands before it in its object
};

/// Calls visit(member) for each member of the object whose columns start with the first `depth` bytes (dot included) of
/// the name of column `begin`; the whole record is (0, 0). Columns of one object need not stand side by side: it comes
/// where its first column stands. Precondition: the record has columns.
template <typename Visit>
void for_each_json_member(const RecordType& type, std::size_t begin, std::size_t depth, const Visit& visit) {
  const std::string_view prefix = std::string_view(type.columns[begin].name).substr(0, depth);
  bool first = true;
  for (std::size_t i = begin; i < type.width(); ++i) {
    const std::string_view name = type.columns[i].name;
    if (!name.starts_with(prefix)) continue;
    const std::size_t dot = name.find('.', depth);
    const bool object = dot != std::string_view::npos;
    if (object && json_detail::earlier_column_has(type, begin, i, name.substr(0, dot + 1))) continue;
    visit(JsonMember{name.substr(depth, object ? dot - depth : dot), i, object ? dot + 1 : 0, first});
    first = false;
  }
}

}  // namespace freshet
