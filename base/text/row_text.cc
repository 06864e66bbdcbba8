// Texts of cells: decimals, times, and the canonical form. Nothing allocates but the output string.
#include "base/text/put.h"

#include <array>
#include <cmath>

#include "base/result.h"
#include "base/row.h"
#include "base/text/digits.h"

namespace freshet {

namespace {

void append_time(std::int64_t micros, char separator, std::string_view zone, std::string& out) {
  thread_local TimeText times;
  std::array<char, TimeText::kMost> text;
  const char* const end = times.put(text.data(), micros, separator);
  out.append(text.data(), static_cast<std::size_t>(end - text.data())).append(zone);
}

void append_double(double value, std::string& out) {
  if (!std::isfinite(value)) return void(out.append(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"));
  std::array<char, kMostNumber> text;
  out.append(text.data(), static_cast<std::size_t>(put_double(text.data(), value) - text.data()));
}

// Reads the text after the seconds: nothing, ".f" to ".ffffff", then an optional Z.
bool read_fraction(std::string_view text, std::uint32_t& micros) {
  micros = 0;
  if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
  if (text.empty()) return true;
  if (text[0] != '.' || text.size() < 2 || text.size() > 7) return false;
  if (!read_digits(text, 1, text.size() - 1, micros)) return false;
  for (std::size_t digits = text.size() - 1; digits < 6; ++digits) micros *= 10;
  return true;
}

// Appends a digit to a magnitude. Returns false if the result would exceed 2^63.
bool push_digit(std::uint64_t& magnitude, char digit) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  const auto value = static_cast<std::uint64_t>(digit - '0');
  if (magnitude > (kLimit - value) / 10) return false;
  magnitude = magnitude * 10 + value;
  return true;
}

}  // namespace

void append_iso_time(std::int64_t micros_since_epoch, std::string& out) {
  append_time(micros_since_epoch, 'T', "Z", out);
}

void append_sql_time(std::int64_t micros_since_epoch, std::string& out) {
  append_time(micros_since_epoch, ' ', "", out);
}

bool parse_time(std::string_view text, std::int64_t& micros_since_epoch) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kSeconds = 19;
  std::int64_t day = 0;
  std::uint32_t hour = 0, minute = 0, second = 0, fraction = 0;
  if (!parse_date(text.substr(0, kDate), day)) return false;
  if (!read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) || !read_digits(text, 17, 2, second)) {
    return false;
  }
  if ((text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  if (!read_fraction(text.substr(kSeconds), fraction)) return false;
  const std::int64_t seconds = hour * 3600 + minute * 60 + second;
  micros_since_epoch = day * kMicrosPerDay + seconds * 1'000'000 + fraction;
  return true;
}

void append_decimal(std::int64_t units, int scale, std::string& out) {
  FRESHET_CHECK(scale <= kMostScale, "the scale is one that decimals can have");
  std::array<char, kMostNumber> text;
  out.append(text.data(), static_cast<std::size_t>(put_decimal(text.data(), units, scale) - text.data()));
}

bool parse_decimal(std::string_view text, int scale, std::int64_t& units) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  int after = 0;
  bool point = false, any = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(c)) return false;
    any = true;
    if (point && after == scale) {
      if (c != '0') return false;
      continue;
    }
    if (!push_digit(magnitude, c)) return false;
    if (point) ++after;
  }
  for (; any && after < scale; ++after) {
    if (!push_digit(magnitude, '0')) return false;
  }
  const std::uint64_t most = (std::uint64_t{1} << 63) - (negative ? 0 : 1);
  if (!any || magnitude > most) return false;
  units = static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude);
  return true;
}

void append_text(const Row& row, const Cell& cell, const ColumnType& type, std::string& out) {
  switch (cell.kind) {
    case Kind::Null:
      out.append("∅");
      return;
    case Kind::Boolean:
      out.append(cell.number != 0 ? "true" : "false");
      return;
    case Kind::Integer:
      return append_decimal(cell.number, 0, out);
    case Kind::Decimal:
      return append_decimal(cell.number, type.scale, out);
    case Kind::Double:
      return append_double(as_double(cell), out);
    case Kind::Text:
      out.append(row.text_of(cell));
      return;
    case Kind::Time:
      return append_iso_time(cell.number, out);
    case Kind::List:
      return append_json(row, cell, type, out);
  }
}

void append_content(const Row& row, const RecordType& type, std::string& out) {
  for (std::size_t i = 0; i < type.width(); ++i) {
    if (i > 0) out.push_back(kKeySeparator);
    append_text(row, row.cells[i], type.columns[i].type, out);
  }
}

}  // namespace freshet
