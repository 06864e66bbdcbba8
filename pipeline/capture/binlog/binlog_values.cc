#include "pipeline/capture/binlog/binlog_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>

#include "base/clock.h"

namespace freshet {
namespace {

// An integer of `size` bytes in two's complement, widened.
std::int64_t sign_extended(std::uint64_t value, std::size_t size) {
  const int unused = static_cast<int>(64 - 8 * size);
  return static_cast<std::int64_t>(value << unused) >> unused;
}

Cell unsigned_cell(std::uint64_t value, Row& row) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return integer_cell(static_cast<std::int64_t>(value));
  }
  std::array<char, 20> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return row.add_text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

Cell decode_integer(ByteReader& in, const ColumnLayout& column, std::size_t size, Row& row) {
  const std::uint64_t value = in.little(size);
  return column.is_unsigned ? unsigned_cell(value, row) : integer_cell(sign_extended(value, size));
}

// Converted through its shortest text, so that 0.1 stays 0.1 and does not become 0.10000000149011612.
Cell decode_float(ByteReader& in) {
  const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(in.little(4)));
  std::array<char, 32> text;
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double widened = 0;
  if (std::from_chars(text.data(), end, widened).ec != std::errc{}) widened = static_cast<double>(value);
  return double_cell(widened);
}

// Decimals are stored as groups of nine digits in four bytes, most significant first; a group of fewer digits, at the
// outer ends, takes fewer bytes. The first bit is inverted (so that bytes sort); in negative numbers all bits are.
constexpr int kGroupDigits = 9;
constexpr std::array<std::size_t, kGroupDigits + 1> kGroupBytes = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::array<std::uint32_t, kGroupDigits + 1> kPowerOfTen = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

std::size_t decimal_bytes(int digits) {
  return static_cast<std::size_t>(digits / kGroupDigits) * 4 + kGroupBytes[digits % kGroupDigits];
}

// Passes each group of digits, most significant first, to `visit(value, digits)`.
template <typename Visit>
void visit_groups(ByteReader& groups, int whole, int fraction, const Visit& visit) {
  const auto group = [&](int digits) {
    const std::uint64_t value = groups.big(kGroupBytes[digits]);
    if (value >= kPowerOfTen[digits]) groups.fail("a decimal has a digit above nine");
    visit(static_cast<std::uint32_t>(value), digits);
  };
  if (whole % kGroupDigits > 0) group(whole % kGroupDigits);
  for (int i = 0; i < whole / kGroupDigits; ++i) group(kGroupDigits);
  for (int i = 0; i < fraction / kGroupDigits; ++i) group(kGroupDigits);
  if (fraction % kGroupDigits > 0) group(fraction % kGroupDigits);
}

void append_digits(std::uint64_t value, int digits, std::string& out) {
  const std::size_t end = out.size() + static_cast<std::size_t>(digits);
  out.resize(end);
  for (std::size_t at = end; at > end - static_cast<std::size_t>(digits); value /= 10) {
    out[--at] = static_cast<char>('0' + value % 10);
  }
}

// "-12.30": `digits` holds whole and fraction digits without a point.
Cell decimal_text(bool negative, std::string_view digits, int whole, Row& row) {
  const std::string_view fraction = digits.substr(static_cast<std::size_t>(whole));
  std::string_view units = digits.substr(0, static_cast<std::size_t>(whole));
  units.remove_prefix(std::min(units.find_first_not_of('0'), units.size()));
  std::string text = negative ? "-" : "";
  text += units.empty() ? "0" : units;
  if (!fraction.empty()) text.append(".").append(fraction);
  return row.add_text(text);
}

Cell decode_decimal(ByteReader& in, const ColumnLayout& column, Row& row) {
  const int fraction = column.scale;
  const int whole = column.precision - fraction;
  const Bytes stored = in.take(decimal_bytes(whole) + decimal_bytes(fraction));
  std::array<std::byte, 64> plain;
  if (stored.empty() || stored.size() > plain.size()) {
    in.fail("a decimal has an impossible size");
    return null_cell();
  }
  const bool negative = (stored[0] & std::byte{0x80}) == std::byte{0};
  const std::byte mask = negative ? std::byte{0xff} : std::byte{0};
  std::transform(stored.begin(), stored.end(), plain.begin(), [mask](std::byte byte) { return byte ^ mask; });
  plain[0] ^= std::byte{0x80};

  ByteReader groups(Bytes(plain).first(stored.size()));
  Cell cell;
  if (column.precision <= kMostDecimalDigits) {
    std::int64_t units = 0;
    visit_groups(groups, whole, fraction,
                 [&](std::uint32_t value, int digits) { units = units * kPowerOfTen[digits] + value; });
    cell = decimal_cell(negative ? -units : units);
  } else {
    std::string digits;
    visit_groups(groups, whole, fraction, [&](std::uint32_t value, int count) { append_digits(value, count, digits); });
    cell = decimal_text(negative, digits, whole, row);
  }
  if (!groups.ok()) in.fail(groups.reason());
  return cell;
}

std::size_t fraction_bytes(int digits) { return static_cast<std::size_t>(digits + 1) / 2; }

// The fraction of a second after a time, most significant byte first, in units of 10^-2, 10^-4 or 10^-6, as µs.
std::int64_t fraction_micros(ByteReader& in, std::uint64_t stored, int digits) {
  constexpr std::array<std::uint64_t, 4> kMicros = {0, 10'000, 100, 1};
  const std::uint64_t micros = stored * kMicros[fraction_bytes(digits)];
  if (micros >= static_cast<std::uint64_t>(kMicrosPerSecond.count())) in.fail("a fraction of a second is out of range");
  return static_cast<std::int64_t>(micros);
}

void append_clock(std::uint64_t hours, std::uint64_t minutes, std::uint64_t seconds, std::string& out) {
  append_digits(hours, hours > 99 ? 3 : 2, out);
  out += ':';
  append_digits(minutes, 2, out);
  out += ':';
  append_digits(seconds, 2, out);
}

void append_day(std::uint64_t year, std::uint64_t month, std::uint64_t day, std::string& out) {
  append_digits(year, 4, out);
  out += '-';
  append_digits(month, 2, out);
  out += '-';
  append_digits(day, 2, out);
}

// TIME: a sign bit, an unused bit, 10 bits of hours, 6 of minutes, 6 of seconds, and the fraction, as one number with
// an offset so that negatives sort first.
Cell decode_time(ByteReader& in, const ColumnLayout& column, Row& row) {
  const std::size_t extra = fraction_bytes(column.scale);
  const std::size_t size = 3 + extra;
  const std::int64_t offset = std::int64_t{1} << (8 * size - 1);
  const std::int64_t value = static_cast<std::int64_t>(in.big(size)) - offset;
  if (!in.ok()) return null_cell();
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
  const std::uint64_t clock = magnitude >> (8 * extra);
  const std::int64_t micros = fraction_micros(in, magnitude & ((std::uint64_t{1} << (8 * extra)) - 1), column.scale);
  const std::uint64_t minutes = clock >> 6 & 63;
  const std::uint64_t seconds = clock & 63;
  if (minutes > 59 || seconds > 59) in.fail("a time is out of range");

  std::string text = value < 0 ? "-" : "";
  append_clock(clock >> 12 & 1023, minutes, seconds, text);
  if (column.scale > 0) {
    text += '.';
    append_digits(static_cast<std::uint64_t>(micros), 6, text);
    text.resize(text.size() - (6U - column.scale));
  }
  return row.add_text(text);
}

Cell decode_date(ByteReader& in, Row& row) {
  const std::uint64_t value = in.little(3);
  const std::uint64_t day = value & 31;
  const std::uint64_t month = value >> 5 & 15;
  if (month > 12) in.fail("a date is out of range");
  std::string text;
  append_day(value >> 9, month, day, text);
  return row.add_text(text);
}

// A value that is in no calendar ("0000-00-00 00:00:00", "2024-02-31 10:00:00.50"), as the server prints it.
Cell odd_moment(std::string text, std::int64_t micros, int digits, Row& row) {
  if (digits > 0) {
    text += '.';
    append_digits(static_cast<std::uint64_t>(micros), 6, text);
    text.resize(text.size() - static_cast<std::size_t>(6 - digits));
  }
  return row.add_text(text);
}

// DATETIME: year·13 + month, 5 bits of day, 5 of hours, 6 of minutes, 6 of seconds, offset by the sign bit.
Cell decode_datetime(ByteReader& in, const ColumnLayout& column, Row& row) {
  constexpr std::uint64_t kSign = 0x80'0000'0000;
  const std::uint64_t stored = in.big(5);
  const std::uint64_t fraction = in.big(fraction_bytes(column.scale));
  const std::int64_t micros = fraction_micros(in, fraction, column.scale);
  if (in.ok() && stored < kSign) in.fail("a date and time is negative");
  const std::uint64_t value = stored - kSign;
  const std::uint64_t months = value >> 22;
  const auto hours = static_cast<std::int64_t>(value >> 12 & 31);
  const auto minutes = static_cast<std::int64_t>(value >> 6 & 63);
  const auto seconds = static_cast<std::int64_t>(value & 63);
  if (!in.ok()) return null_cell();
  if (months / 13 > 9999 || hours > 23 || minutes > 59 || seconds > 59) {
    in.fail("a date and time is out of range");
    return null_cell();
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(months / 13)),
                                         std::chrono::month(static_cast<unsigned>(months % 13)),
                                         std::chrono::day(static_cast<unsigned>(value >> 17 & 31))};
  if (!date.ok()) {
    std::string text;
    append_day(months / 13, months % 13, value >> 17 & 31, text);
    text += ' ';
    append_clock(static_cast<std::uint64_t>(hours), static_cast<std::uint64_t>(minutes),
                 static_cast<std::uint64_t>(seconds), text);
    return odd_moment(std::move(text), micros, column.scale, row);
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return time_cell((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * kMicrosPerSecond.count() + micros);
}

Cell decode_timestamp(ByteReader& in, const ColumnLayout& column, Row& row) {
  const auto seconds = static_cast<std::int64_t>(in.big(4));
  const std::uint64_t fraction = in.big(fraction_bytes(column.scale));
  const std::int64_t micros = fraction_micros(in, fraction, column.scale);
  // The server stores the zero date as the epoch; no TIMESTAMP can be that instant.
  if (seconds == 0 && micros == 0) return odd_moment("0000-00-00 00:00:00", 0, column.scale, row);
  return time_cell(seconds * kMicrosPerSecond.count() + micros);
}

Cell decode_text(const ByteReader& in, const ColumnLayout& column, Bytes value, Row& row) {
  if (column.charset == Charset::Utf8 || column.charset == Charset::Binary) return row.add_text(as_text(value));
  std::string text;
  if (!in.ok() || !append_utf8(value, column.charset, text)) return null_cell();
  return row.add_text(text);
}

// The C library writes "::" for two or more groups of zeros, the server also for one, the first.
std::string shortened(std::string address) {
  if (address.find("::") != std::string::npos) return address;
  const std::string groups = ":" + address + ":";
  const std::size_t zero = groups.find(":0:");
  if (zero == std::string::npos) return address;
  const std::string before = zero == 0 ? "" : groups.substr(1, zero - 1);
  const std::string after = zero + 3 == groups.size() ? "" : groups.substr(zero + 3, groups.size() - zero - 4);
  return before + "::" + after;
}

// UUID and INETn: their bytes in the order in which they are written, without the zero bytes at the end.
Cell decode_address(Bytes value, Meaning meaning, Row& row) {
  if (meaning == Meaning::Unknown) return null_cell();
  std::array<std::byte, 16> bytes{};
  std::copy_n(value.begin(), std::min(value.size(), bytes.size()), bytes.begin());
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (meaning == Meaning::Inet4) return row.add_text(inet_ntop(AF_INET, bytes.data(), text.data(), text.size()));
  if (meaning == Meaning::Inet6) {
    return row.add_text(shortened(inet_ntop(AF_INET6, bytes.data(), text.data(), text.size())));
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  char* at = text.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
    *at++ = kDigits[std::to_integer<unsigned>(bytes[i]) >> 4];
    *at++ = kDigits[std::to_integer<unsigned>(bytes[i]) & 15];
  }
  return row.add_text({text.data(), static_cast<std::size_t>(at - text.data())});
}

// CHAR, VARCHAR, BINARY, VARBINARY: a length of one byte, or of two if a value may have more than 255 bytes.
Cell decode_string(ByteReader& in, const ColumnLayout& column, Row& row) {
  const std::size_t size = in.little(column.length > 255 ? 2 : 1);
  if (size > column.length) in.fail("a text is longer than its column");
  const Bytes value = in.take(in.ok() ? size : 0);
  if (column.meaning != Meaning::Plain) return decode_address(value, column.meaning, row);
  Cell cell = decode_text(in, column, value, row);
  // The log omits the zero bytes at the end of a BINARY(n).
  if (in.ok() && column.type == FieldType::String && column.charset == Charset::Binary) {
    row.text.append(column.length - size, '\0');
    cell.size = column.length;
  }
  return cell;
}

Cell decode_enum(ByteReader& in, const ColumnLayout& column, Row& row) {
  const std::uint64_t index = in.little(column.length);
  if (index > column.labels.size()) in.fail("an ENUM value has no label");
  // 0 is the server's mark for an invalid value.
  return row.add_text(index == 0 || !in.ok() ? std::string_view{} : column.labels[index - 1]);
}

Cell decode_set(ByteReader& in, const ColumnLayout& column, Row& row) {
  const std::uint64_t members = in.little(column.length);
  if (column.labels.size() < 64 && members >> column.labels.size() != 0) in.fail("a SET member has no label");
  std::string text;
  for (std::size_t i = 0; in.ok() && i < column.labels.size() && i < 64; ++i) {
    if ((members >> i & 1) == 0) continue;
    if (!text.empty()) text += ',';
    text += column.labels[i];
  }
  return row.add_text(text);
}

}  // namespace

Cell decode_value(ByteReader& in, const ColumnLayout& column, Row& row) {
  switch (column.type) {
    case FieldType::Tiny:
      return decode_integer(in, column, 1, row);
    case FieldType::Short:
      return decode_integer(in, column, 2, row);
    case FieldType::Int24:
      return decode_integer(in, column, 3, row);
    case FieldType::Long:
      return decode_integer(in, column, 4, row);
    case FieldType::LongLong:
      return decode_integer(in, column, 8, row);
    case FieldType::Year: {
      const std::uint8_t stored = in.byte();
      return integer_cell(stored == 0 ? 0 : 1900 + stored);
    }
    case FieldType::Float:
      return decode_float(in);
    case FieldType::Double:
      return double_cell(std::bit_cast<double>(in.little(8)));
    case FieldType::Decimal:
      return decode_decimal(in, column, row);
    case FieldType::Date:
      return decode_date(in, row);
    case FieldType::Time:
      return decode_time(in, column, row);
    case FieldType::Datetime:
      return decode_datetime(in, column, row);
    case FieldType::Timestamp:
      return decode_timestamp(in, column, row);
    case FieldType::Bit:
      return unsigned_cell(in.big(column.length), row);
    case FieldType::Enum:
      return decode_enum(in, column, row);
    case FieldType::Set:
      return decode_set(in, column, row);
    case FieldType::String:
    case FieldType::VarChar:
      return decode_string(in, column, row);
    case FieldType::TinyBlob:
    case FieldType::MediumBlob:
    case FieldType::LongBlob:
    case FieldType::Blob: {
      const std::size_t size = in.little(column.length);
      return decode_text(in, column, in.take(size), row);
    }
    case FieldType::Json:
    case FieldType::Vector:
    case FieldType::CompressedBlob:
    case FieldType::Geometry:
      in.take(in.little(column.length));
      return null_cell();
    case FieldType::CompressedVarChar:
      in.take(in.little(column.length > 255 ? 2 : 1));
      return null_cell();
    default:
      in.fail("its type is not read");
      return null_cell();
  }
}

bool append_utf8(Bytes bytes, Charset charset, std::string& out) {
  if (charset == Charset::Other) return false;
  if (charset != Charset::Latin1) {
    out.append(as_text(bytes));
    return true;
  }
  // The servers' latin1 is Windows-1252, with its five holes mapped to the control characters of the same number.
  constexpr std::array<char16_t, 32> kWindows1252 = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                     0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};
  for (const std::byte byte : bytes) {
    auto code = std::to_integer<char16_t>(byte);
    if (code >= 0x80 && code < 0xA0) code = kWindows1252[code - 0x80U];
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      out += static_cast<char>(0xE0 | code >> 12);
      out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return true;
}

}  // namespace freshet
