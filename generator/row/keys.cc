#include "generator/row/keys.h"

#include <charconv>

#include "base/result.h"
#include "base/row.h"
#include "base/text/put.h"

namespace freshet {
namespace {

constexpr int kOrdinalBits = 48;
constexpr char kHexDigits[] = "0123456789abcdef";

void put_hex(char* out, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = kHexDigits[value & 15];
    value >>= 4;
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

UuidText render_uuid(std::uint64_t high, std::uint64_t middle, std::uint64_t low) {
  UuidText text;
  put_hex(&text[0], high >> 16, 8);
  put_hex(&text[9], high, 4);
  put_hex(&text[14], 0x4000 | (middle & 0x0FFF), 4);
  put_hex(&text[19], 0x8000 | ((low >> 48) & 0x3FFF), 4);
  put_hex(&text[24], low, 12);
  text[8] = text[13] = text[18] = text[23] = '-';
  return text;
}

UuidText render_ordered_uuid(WallTime at, std::uint64_t middle, std::uint64_t low) {
  const auto millis =
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
  UuidText text = render_uuid(millis, middle, low);
  text[14] = '7';
  return text;
}

OrderedUuidKey::OrderedUuidKey(Stream stream)
    : permutation_(std::uint64_t{1} << kOrdinalBits, draw(stream, 0)), check_(Stream{draw(stream, 1)}) {}

UuidText OrderedUuidKey::render(WallTime at, Ordinal ordinal) const {
  FRESHET_CHECK(ordinal < permutation_.size(), "ordinals are below 2^48");
  const std::uint64_t check = draw(check_, ordinal);
  return render_ordered_uuid(at, check, (check >> 12 << kOrdinalBits) | permutation_.forward(ordinal));
}

std::optional<Ordinal> OrderedUuidKey::guess(std::string_view text) const {
  if (text.size() != kUuidLength) return std::nullopt;
  std::uint64_t low = 0;
  for (const char c : text.substr(24)) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    low = (low << 4) | static_cast<std::uint64_t>(digit);
  }
  return permutation_.inverse(low);
}

UuidKey::UuidKey(Stream stream)
    : permutation_(std::uint64_t{1} << kOrdinalBits, draw(stream, 0)), check_(Stream{draw(stream, 1)}) {}

UuidText UuidKey::render(Ordinal ordinal) const {
  FRESHET_CHECK(ordinal < permutation_.size(), "ordinals are below 2^48");
  const std::uint64_t check = draw(check_, ordinal);
  return render_uuid(permutation_.forward(ordinal), mix64(check), check);
}

std::optional<Ordinal> UuidKey::parse(std::string_view text) const {
  if (text.size() != kUuidLength) return std::nullopt;
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    if (i == 8) continue;
    const int digit = hex_value(text[i]);
    if (digit < 0) return std::nullopt;
    high = (high << 4) | static_cast<std::uint64_t>(digit);
  }
  const Ordinal ordinal = permutation_.inverse(high);
  const UuidText expected = render(ordinal);
  if (text != std::string_view(expected.data(), expected.size())) return std::nullopt;
  return ordinal;
}

SequenceFormat::SequenceFormat(std::string_view pattern, std::int64_t first)
    : first_(first), plain_(is_plain(pattern)) {
  const std::size_t percent = pattern.find('%');
  const std::size_t letter = percent == std::string_view::npos ? percent : pattern.find('d', percent);
  if (letter == std::string_view::npos) {
    prefix_ = pattern;
    return;
  }
  prefix_ = pattern.substr(0, percent);
  suffix_ = pattern.substr(letter + 1);
  const std::string_view width = pattern.substr(percent + 1, letter - percent - 1);
  std::from_chars(width.data(), width.data() + width.size(), digits_);
}

std::int64_t SequenceFormat::number(Ordinal ordinal) const {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(first_) + ordinal);
}

void SequenceFormat::append(Ordinal ordinal, std::string& out) const {
  char digits[kMostNumber];
  const auto size = static_cast<std::size_t>(put_integer(digits, number(ordinal)) - digits);
  if (!prefix_.empty()) out.append(prefix_);
  if (size < digits_) out.append(digits_ - size, '0');
  out.append(digits, size);
  if (!suffix_.empty()) out.append(suffix_);
}

std::optional<Ordinal> SequenceFormat::parse(std::string_view text) const {
  if (!text.starts_with(prefix_) || !text.ends_with(suffix_)) return std::nullopt;
  if (text.size() <= prefix_.size() + suffix_.size()) return std::nullopt;
  const std::string_view digits = text.substr(prefix_.size(), text.size() - prefix_.size() - suffix_.size());
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < first_) return std::nullopt;
  const Ordinal ordinal = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(first_);
  std::string expected;
  append(ordinal, expected);
  if (expected != text) return std::nullopt;
  return ordinal;
}

}  // namespace freshet
