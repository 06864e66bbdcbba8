// Texts of cells: integers, decimals, times, and the canonical form. Nothing allocates but the output string.
#include "base/text/row_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/row.h"
#include "base/text/digit_pairs.h"

namespace freshet {

namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

constexpr std::array<char, 200> kDigitPairs = digit_pairs();

void put_pair(char* at, std::uint32_t value) { std::memcpy(at, &kDigitPairs[2 * value], 2); }

struct Date {
  std::int64_t year;
  std::uint32_t month;
  std::uint32_t day;
};

// Proleptic Gregorian calendar. Years are counted from March, so that the leap day is the last of its year and a
// month's first day is a linear function; 400 years have 146,097 days.
constexpr std::int64_t kDaysToEpoch = 719'468;  // from 0000-03-01 to 1970-01-01
constexpr std::int64_t kDaysPerEra = 146'097;

constexpr Date date_of(std::int64_t days_since_epoch) {
  const std::int64_t days = days_since_epoch + kDaysToEpoch;
  const std::int64_t era = (days >= 0 ? days : days - (kDaysPerEra - 1)) / kDaysPerEra;
  const auto day_of_era = static_cast<std::uint32_t>(days - era * kDaysPerEra);
  const std::uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t month = (5 * day_of_year + 2) / 153;  // 0 = March
  return {.year = era * 400 + year_of_era + (month >= 10 ? 1 : 0),
          .month = month < 10 ? month + 3 : month - 9,
          .day = day_of_year - (153 * month + 2) / 5 + 1};
}

constexpr std::int64_t days_of(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  return era * kDaysPerEra + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - kDaysToEpoch;
}
static_assert(days_of({1970, 1, 1}) == 0 && days_of({2000, 3, 1}) == 11'017);

constexpr std::uint32_t days_in_month(std::int64_t year, std::uint32_t month) {
  constexpr std::uint32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// "2026-11-21" of the day asked for last: in a stream of rows the day hardly ever changes.
struct DayText {
  std::int64_t day = INT64_MIN;
  std::size_t size = 0;
  std::array<char, 16> text{};

  void set(std::int64_t new_day) {
    day = new_day;
    const Date date = date_of(new_day);
    char* at = text.data();
    if (date.year >= 0 && date.year <= 9999) {
      put_pair(at, static_cast<std::uint32_t>(date.year / 100));
      put_pair(at + 2, static_cast<std::uint32_t>(date.year % 100));
      at += 4;
    } else {
      // Outside four digits: ISO 8601's expanded form, signed. 64 bits of microseconds reach ±292,277 years.
      if (date.year > 0) *at++ = '+';
      at = std::to_chars(at, text.data() + 8, date.year).ptr;
    }
    *at++ = '-';
    put_pair(at, date.month);
    at[2] = '-';
    put_pair(at + 3, date.day);
    size = static_cast<std::size_t>(at + 5 - text.data());
  }
};

void append_time(std::int64_t micros, char separator, std::string_view zone, std::string& out) {
  std::int64_t day = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --day;
  }
  thread_local DayText last;
  if (last.day != day) last.set(day);

  const auto seconds = static_cast<std::uint32_t>(rest / 1'000'000);
  const auto fraction = static_cast<std::uint32_t>(rest % 1'000'000);
  std::array<char, 40> buffer;
  char* at = buffer.data();
  std::memcpy(at, last.text.data(), last.text.size());
  at += last.size;
  *at++ = separator;
  put_pair(at, seconds / 3600);
  at[2] = ':';
  put_pair(at + 3, seconds / 60 % 60);
  at[5] = ':';
  put_pair(at + 6, seconds % 60);
  at[8] = '.';
  put_pair(at + 9, fraction / 10'000);
  put_pair(at + 11, fraction / 100 % 100);
  put_pair(at + 13, fraction % 100);
  at += 15;
  for (const char c : zone) *at++ = c;
  out.append(buffer.data(), static_cast<std::size_t>(at - buffer.data()));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads exactly `count` digits at `at`.
bool read_digits(std::string_view text, std::size_t at, std::size_t count, std::uint32_t& value) {
  if (text.size() < at + count) return false;
  value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + static_cast<std::uint32_t>(text[i] - '0');
  }
  return true;
}

// Reads what follows the seconds: nothing, ".f" to ".ffffff", then an optional Z.
bool read_fraction(std::string_view text, std::uint32_t& micros) {
  micros = 0;
  if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
  if (text.empty()) return true;
  if (text[0] != '.' || text.size() < 2 || text.size() > 7) return false;
  if (!read_digits(text, 1, text.size() - 1, micros)) return false;
  for (std::size_t digits = text.size() - 1; digits < 6; ++digits) micros *= 10;
  return true;
}

// Adds a digit to a magnitude. False when it would pass 2^63.
bool push_digit(std::uint64_t& magnitude, char digit) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  const auto value = static_cast<std::uint64_t>(digit - '0');
  if (magnitude > (kLimit - value) / 10) return false;
  magnitude = magnitude * 10 + value;
  return true;
}

}  // namespace

void append_integer(std::int64_t value, std::string& out) {
  std::array<char, 24> buffer;
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

void append_double(double value, std::string& out) {
  std::array<char, 32> buffer;
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value == 0 ? 0.0 : value).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

void append_iso_time(std::int64_t micros_since_epoch, std::string& out) {
  append_time(micros_since_epoch, 'T', "Z", out);
}

void append_sql_time(std::int64_t micros_since_epoch, std::string& out) {
  append_time(micros_since_epoch, ' ', "", out);
}

bool parse_time(std::string_view text, std::int64_t& micros_since_epoch) {
  std::uint32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
  if (!read_digits(text, 0, 4, year) || !read_digits(text, 5, 2, month) || !read_digits(text, 8, 2, day) ||
      !read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) || !read_digits(text, 17, 2, second)) {
    return false;
  }
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') {
    return false;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  if (!read_fraction(text.substr(19), fraction)) return false;
  const std::int64_t seconds = days_of({year, month, day}) * 86'400 + hour * 3600 + minute * 60 + second;
  micros_since_epoch = seconds * 1'000'000 + fraction;
  return true;
}

void append_decimal(std::int64_t units, int scale, std::string& out) {
  if (scale <= 0) return append_integer(units, out);
  const bool negative = units < 0;
  const std::uint64_t magnitude = negative ? ~static_cast<std::uint64_t>(units) + 1 : static_cast<std::uint64_t>(units);
  std::array<char, 24> buffer;
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude).ptr;
  const auto digits = static_cast<std::size_t>(end - buffer.data());
  const auto after = static_cast<std::size_t>(scale);
  if (negative) out.push_back('-');
  if (digits > after) {
    out.append(buffer.data(), digits - after);
    out.push_back('.');
    out.append(end - after, after);
  } else {
    out.append("0.");
    out.append(after - digits, '0');
    out.append(buffer.data(), digits);
  }
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
      return append_integer(cell.number, out);
    case Kind::Decimal:
      return append_decimal(cell.number, type.scale, out);
    case Kind::Double: {
      const double value = as_double(cell);
      if (std::isfinite(value)) return append_double(value, out);
      out.append(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
      return;
    }
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
