// Texts with units.
#include "scenarios/loader/json/units.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/row.h"
#include "base/text/digits.h"
#include "base/text/lower_case.h"

namespace freshet::loading {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Splits "1.5m" into 1.5 and "m".
std::optional<double> leading_number(std::string_view text, std::string_view& unit) {
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  unit = text.substr(end);
  return parse_plain_number(text.substr(0, end));
}

}  // namespace

std::optional<double> parse_plain_number(std::string_view text) {
  // from_chars also accepts ".5", "inf" and "nan"; the language does not.
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}};
  std::string_view unit;
  const auto number = leading_number(text, unit);
  if (!number) return std::nullopt;
  for (const auto& [name, micros] : kUnits) {
    if (unit != name) continue;
    const double value = *number * micros;
    return value <= static_cast<double>(kMaxDuration.count()) ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> parse_rate(std::string_view text) {
  std::string_view unit;
  const auto number = leading_number(text, unit);
  if (!number) return std::nullopt;
  if (unit == "/s") return *number;
  if (unit == "/m") return *number / 60;
  if (unit == "/h") return *number / 3600;
  return std::nullopt;
}

std::optional<double> parse_percent(std::string_view text) {
  std::string_view unit;
  const auto number = leading_number(text, unit);
  if (!number || unit != "%") return std::nullopt;
  return *number / 100;
}

std::optional<int> parse_zone(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  for (const std::size_t i : {1, 2, 4, 5}) {
    if (!is_digit(text[i])) return std::nullopt;
  }
  const int hours = (text[1] - '0') * 10 + (text[2] - '0');
  const int minutes = (text[4] - '0') * 10 + (text[5] - '0');
  if (hours > 14 || minutes > 59) return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

std::optional<DecimalText> parse_decimal_text(std::string_view text) {
  const std::string_view digits = text.substr(!text.empty() && text.front() == '-' ? 1 : 0);
  if (digits.empty() || !is_digit(digits.front()) || !is_digit(digits.back())) return std::nullopt;
  for (const char c : digits) {
    if (!is_digit(c) && c != '.') return std::nullopt;
  }
  const std::size_t point = digits.find('.');
  const std::size_t scale = point == std::string_view::npos ? 0 : digits.size() - point - 1;
  if (scale > static_cast<std::size_t>(kMaxScale)) return std::nullopt;
  DecimalText out{0, static_cast<int>(scale)};
  return parse_decimal(text, out.scale, out.units) ? std::optional(out) : std::nullopt;
}

std::optional<SequencePattern> parse_sequence(std::string_view pattern) {
  const std::size_t percent = pattern.find('%');
  if (percent == std::string_view::npos || pattern.find('%', percent + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  std::size_t end = percent + 1;
  SequencePattern out;
  if (end < pattern.size() && pattern[end] == '0') {
    ++end;
    for (; end < pattern.size() && is_digit(pattern[end]) && out.width < 10; ++end) {
      out.width = out.width * 10 + static_cast<std::size_t>(pattern[end] - '0');
    }
    if (out.width == 0 || out.width > 19) return std::nullopt;
  }
  if (end >= pattern.size() || pattern[end] != 'd') return std::nullopt;
  out.literal = pattern.size() - (end + 1 - percent);
  return out;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameLength || !is_letter(text.front())) return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return true;
}

bool is_dotted_name(std::string_view text) {
  if (text.size() > kMaxNameLength) return false;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = text.find('.', begin);
    if (!is_name(text.substr(begin, dot == std::string_view::npos ? dot : dot - begin))) return false;
    if (dot == std::string_view::npos) return true;
    begin = dot + 1;
  }
}

std::string table_name_of(std::string_view column) {
  std::string out;
  for (const char c : column) out += c == '.' ? '_' : lower_case(c);
  return out;
}

}  // namespace freshet::loading
