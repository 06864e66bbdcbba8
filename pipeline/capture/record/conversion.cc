#include "pipeline/capture/record/conversion.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace freshet {

namespace {

bool is_number(ServerKind kind) {
  return kind == ServerKind::Integer || kind == ServerKind::Bit || kind == ServerKind::Decimal;
}
bool is_text(ServerKind kind) { return kind == ServerKind::Text || kind == ServerKind::Binary; }

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : 3;
    if ((more == 3 && (lead < 0xF0 || lead > 0xF4)) || text.size() - i <= more) return false;
    std::uint32_t code = more == 0 ? lead : lead & (0x3FU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3FU);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xD800 && code < 0xE000))) ||
        (more == 3 && (code < 0x10000 || code > 0x10FFFF))) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

// The double of a decimal, if no digit is lost: the double's own shortest text must be the decimal again.
bool exact_double(std::string_view text, int scale, std::int64_t units, double& value) {
  std::from_chars(text.data(), text.data() + text.size(), value);
  std::array<char, 400> shortest;
  const char* end =
      std::to_chars(shortest.data(), shortest.data() + shortest.size(), value, std::chars_format::fixed).ptr;
  std::int64_t back = 0;
  return parse_decimal({shortest.data(), static_cast<std::size_t>(end - shortest.data())}, scale, back) &&
         back == units;
}

// The number's text: digits and point. Decimals have exactly their column's scale.
std::string number_text(const Row& from, const Cell& cell, const ColumnType& type) {
  std::string text;
  if (cell.kind == Kind::Text) {
    text = from.text_of(cell);
  } else {
    append_decimal(cell.number, cell.kind == Kind::Decimal ? type.scale : 0, text);
  }
  return text;
}

// As the server prints it.
std::string printed(const Row& from, const Cell& cell, const ColumnType& type, const BinlogColumn& column) {
  std::string text;
  if (cell.kind == Kind::Double) {
    append_server_number(as_double(cell), column.kind == ServerKind::Float, column.fraction, text);
  } else if (cell.kind == Kind::Time) {
    append_sql_time(cell.number, text);
    text.resize(text.size() - static_cast<std::size_t>(column.fraction == 0 ? 7 : 6 - column.fraction));
  } else {
    text = number_text(from, cell, type);
  }
  const auto width = static_cast<std::size_t>(column.zero_fill);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

bool is_day(std::string_view text) {
  std::int64_t ignored = 0;
  return text.size() == 10 && parse_time(std::string(text) + " 00:00:00", ignored);
}

bool to_text(const Row& from, const Cell& cell, const ColumnType& type, const BinlogColumn& column,
             const ColumnType& to, Row& row, Cell& out) {
  if (cell.kind == Kind::Text && column.zero_fill == 0) {
    const std::string_view text = from.text_of(cell);
    if (column.kind == ServerKind::Binary && !is_utf8(text)) return false;
    if (to.date && !is_day(text)) return false;
    out = row.add_text(text);
    return true;
  }
  out = row.add_text(printed(from, cell, type, column));
  return true;
}

bool to_time(const Row& from, const Cell& cell, const BinlogColumn& column, Cell& out) {
  if (cell.kind == Kind::Time) {
    out = cell;
    return true;
  }
  std::string text(from.text_of(cell));
  if (column.kind == ServerKind::Date) text += " 00:00:00";
  std::int64_t micros = 0;
  if (!parse_time(text, micros)) return false;
  out = time_cell(micros);
  return true;
}

bool to_double(const Row& from, const Cell& cell, const ColumnType& type, const BinlogColumn& column, Cell& out) {
  if (cell.kind == Kind::Double) {
    out = cell;
    return true;
  }
  const std::string text = number_text(from, cell, type);
  double value = 0;
  if (is_text(column.kind)) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return false;
  } else {
    const int scale = column.kind == ServerKind::Decimal ? type.scale : 0;
    if (cell.kind == Kind::Text || !exact_double(text, scale, cell.number, value)) return false;
  }
  out = double_cell(value);
  return true;
}

bool to_number(const Row& from, const Cell& cell, const ColumnType& type, const ColumnType& to, Cell& out) {
  std::int64_t units = 0;
  if (!parse_decimal(number_text(from, cell, type), to.kind == Kind::Decimal ? to.scale : 0, units)) return false;
  out = number_cell(to.kind, units);
  return true;
}

// The usual case: the cell already has the wanted type.
bool is_kept(const Cell& cell, const ColumnType& type, const ColumnType& to) {
  if (cell.kind != to.kind || cell.kind == Kind::Text) return false;
  return cell.kind != Kind::Decimal || type.scale == to.scale;
}

bool convert(const Row& from, const Cell& cell, const ColumnType& type, const BinlogColumn& column,
             const ColumnType& to, Row& row, Cell& out) {
  switch (to.kind) {
    case Kind::Text:
      return to_text(from, cell, type, column, to, row, out);
    case Kind::Integer:
    case Kind::Decimal:
      return to_number(from, cell, type, to, out);
    case Kind::Double:
      return to_double(from, cell, type, column, out);
    case Kind::Boolean:
      if (cell.kind != Kind::Integer || cell.number < 0 || cell.number > 1) return false;
      out = boolean_cell(cell.number == 1);
      return true;
    case Kind::Time:
      return to_time(from, cell, column, out);
    case Kind::Null:
    case Kind::List:
      break;
  }
  return false;
}

}  // namespace

bool convertible(ServerKind from, const ColumnType& to) {
  switch (to.kind) {
    case Kind::Text:
      if (to.date) return from == ServerKind::Date || is_text(from);
      return from != ServerKind::Bit && from != ServerKind::Unread;
    case Kind::Integer:
    case Kind::Decimal:
      return is_number(from) || is_text(from);
    case Kind::Double:
      return is_number(from) || is_text(from) || from == ServerKind::Float || from == ServerKind::Double;
    case Kind::Boolean:
      return from == ServerKind::Integer || from == ServerKind::Bit;
    case Kind::Time:
      return from == ServerKind::Moment || from == ServerKind::Date || is_text(from);
    case Kind::List:
      return is_text(from);
    case Kind::Null:
      break;
  }
  return false;
}

Wanted wanted_of(const ColumnType& to) {
  switch (to.kind) {
    case Kind::Text:
      if (to.date) return {"a date", "DATE, or a text"};
      return {"a text", "a text, a number or a time"};
    case Kind::Integer:
      return {"an integer", "an integer, DECIMAL, or a text of digits"};
    case Kind::Decimal:
      return {"a decimal", "an integer, DECIMAL, or a text of digits"};
    case Kind::Double:
      return {"a double", "FLOAT, DOUBLE, another number, or a text of one"};
    case Kind::Boolean:
      return {"a boolean", "TINYINT(1), another integer, or BIT(1)"};
    case Kind::Time:
      return {"a time", "DATETIME, TIMESTAMP, DATE, or a text of one"};
    case Kind::List:
      return {"a list", "a text of JSON"};
    case Kind::Null:
      break;
  }
  return {"nothing", ""};
}

Result<Cell> convert_cell(const Row& from, const Cell& cell, const ColumnType& type, const BinlogColumn& column,
                          const ColumnType& to, JsonRowDecoder* list, Row& row) {
  if (is_kept(cell, type, to)) return cell;
  if (list != nullptr && cell.kind == Kind::Text) return list->append_list(from.text_of(cell), row);
  Cell out;
  if (convert(from, cell, type, column, to, row, out)) return out;
  std::string text;
  append_text(from, cell, type, text);
  if (column.kind == ServerKind::Binary && !is_utf8(text))
    text = fmt::format("{} bytes that are not UTF-8", text.size());
  return Error{ErrorKind::Usage,
               fmt::format("the value \"{}\" of type {} cannot become {} without loss", text.substr(0, 80),
                           column.declared, wanted_of(to).value),
               ""};
}

void append_server_number(double value, bool single, int fraction, std::string& out) {
  // The cell of a FLOAT holds its shortest text; the servers round the float itself.
  if (single) value = static_cast<double>(static_cast<float>(value));
  if (fraction >= 0) {
    fmt::format_to(std::back_inserter(out), "{:.{}f}", value, fraction);
    return;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  constexpr int kFloatDigits = 6;
  // "-1.2345e+05"
  std::array<char, 40> buffer;
  char* end =
      single ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific,
                             kFloatDigits - 1)
                   .ptr
             : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + mark + (text[mark + 1] == '+' ? 2 : 1), end, exponent);
  std::string digits;
  for (const char c : text.substr(0, mark)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  digits.erase(digits.find_last_not_of('0') + 1);
  if (value < 0) out += '-';

  // The position of the point in 0.digits × 10^point. The servers print numbers from 10^-15 to below 10^15 without
  // exponent.
  const int point = exponent + 1;
  const auto size = static_cast<int>(digits.size());
  if (point < -14 || point > 15) {
    out += digits[0];
    if (size > 1) out.append(".").append(digits, 1);
    fmt::format_to(std::back_inserter(out), "e{}", exponent);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (size <= point) {
    out.append(digits).append(static_cast<std::size_t>(point - size), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  }
}

}  // namespace freshet
