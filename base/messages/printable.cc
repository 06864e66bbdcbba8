#include "base/messages/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace freshet {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr char32_t kNoCharacter = 0xFFFD;

/// A UTF-8 character and its length in bytes; 0 bytes if the text is not valid there.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;
};

Character next(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
  char32_t code = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[bytes] || code > 0x10FFFF || surrogate) return {};
  return {code, bytes};
}

bool obeyed(char32_t code) {
  const auto within = [&](char32_t from, char32_t to) { return code >= from && code <= to; };
  return within(0x80, 0x9F) || code == 0x061C || within(0x200E, 0x200F) || within(0x2028, 0x202E) ||
         within(0x2066, 0x2069);
}

void append_byte(unsigned char byte, std::string& out) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\x";
      out += kHexDigits[byte >> 4];
      out += kHexDigits[byte & 15];
  }
}

/// Everything that is escaped fits in four digits.
void append_hex(char32_t code, std::string& out) {
  for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[(code >> shift) & 15];
}

void append_json_code(char32_t code, std::string& out) {
  out += "\\u";
  append_hex(code, out);
}

enum class Form : std::uint8_t { Line, Lines, Json };

std::string escaped(std::string_view text, Form form) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = next(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const bool control = character.bytes == 1 && (character.code < 0x20 || character.code == 0x7F);
    if (control && character.code == '\n' && form != Form::Line) {
      out += '\n';
    } else if (form == Form::Json && (character.bytes == 0 || control || obeyed(character.code))) {
      append_json_code(character.bytes == 0 ? kNoCharacter : character.code, out);
    } else if (character.bytes == 0 || control) {
      append_byte(static_cast<unsigned char>(text[0]), out);
    } else if (obeyed(character.code)) {
      out += "\\u{";
      append_hex(character.code, out);
      out += '}';
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text, Form::Line); }

std::string printable_json(std::string_view json) { return escaped(json, Form::Json); }

std::string printable_lines(std::string_view text) { return escaped(text, Form::Lines); }

}  // namespace freshet
