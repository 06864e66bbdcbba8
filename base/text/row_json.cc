// Rows as JSON (RFC 8259). Texts are taken to be UTF-8 and pass through, escaped where the grammar asks for it.
#include <cmath>
#include <cstring>

#include "base/result.h"
#include "base/row.h"
#include "base/text/json_escapes.h"
#include "base/text/row_text.h"

namespace freshet {

namespace {

// Index of the first byte from `at` on that needs an escape, or the size.
std::size_t find_escape(std::string_view text, std::size_t at) {
  for (std::uint64_t bytes = 0; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    if (any_json_escape(bytes)) break;
  }
  while (at < text.size() && kJsonEscapes[static_cast<unsigned char>(text[at])] == 0) ++at;
  return at;
}

void append_json_string(std::string_view text, std::string& out) {
  constexpr const char* kHex = "0123456789abcdef";
  out.push_back('"');
  for (std::size_t from = 0;;) {
    const std::size_t at = find_escape(text, from);
    out.append(text.data() + from, at - from);
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    out.push_back('\\');
    out.push_back(kJsonEscapes[byte]);
    if (kJsonEscapes[byte] == 'u') {
      out.append("00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
    from = at + 1;
  }
  out.push_back('"');
}

// Looks back from `to`: the columns of one object mostly stand side by side.
bool earlier_column_has(const RecordType& type, std::size_t from, std::size_t to, std::string_view prefix) {
  for (std::size_t i = to; i-- > from;) {
    if (std::string_view(type.columns[i].name).starts_with(prefix)) return true;
  }
  return false;
}

// Members of the object whose columns start with the first `depth` bytes (dot included) of the name of column `begin`.
// Columns of one object need not stand side by side: it is written where its first column stands.
void append_members(const Row& row, std::size_t first, const RecordType& type, std::size_t begin, std::size_t depth,
                    std::string& out) {
  const std::string_view prefix = std::string_view(type.columns[begin].name).substr(0, depth);
  bool comma = false;
  for (std::size_t i = begin; i < type.width(); ++i) {
    const std::string_view name = type.columns[i].name;
    if (!name.starts_with(prefix)) continue;
    const std::size_t dot = name.find('.', depth);
    if (dot != std::string_view::npos && earlier_column_has(type, begin, i, name.substr(0, dot + 1))) continue;
    if (comma) out.push_back(',');
    comma = true;
    append_json_string(name.substr(depth, dot == std::string_view::npos ? dot : dot - depth), out);
    out.push_back(':');
    if (dot == std::string_view::npos) {
      append_json(row, row.cells[first + i], type.columns[i].type, out);
    } else {
      out.push_back('{');
      append_members(row, first, type, i, dot + 1, out);
      out.push_back('}');
    }
  }
}

void append_list(const Row& row, const Cell& cell, const ColumnType& type, std::string& out) {
  FRESHET_CHECK(type.item != nullptr, "a list column knows its items");
  const std::size_t width = type.item->width();
  out.push_back('[');
  for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
    if (i > 0) out.push_back(',');
    append_json_object(row, cell.begin + i * width, *type.item, out);
  }
  out.push_back(']');
}

void append_quoted_time(std::int64_t micros, std::string& out) {
  out.push_back('"');
  append_iso_time(micros, out);
  out.push_back('"');
}

}  // namespace

void append_json_object(const Row& row, std::size_t first, const RecordType& type, std::string& out) {
  out.push_back('{');
  if (type.width() > 0) append_members(row, first, type, 0, 0, out);
  out.push_back('}');
}

void append_json(const Row& row, const Cell& cell, const ColumnType& type, std::string& out) {
  switch (cell.kind) {
    case Kind::Null:
      out.append("null");
      return;
    case Kind::Boolean:
      out.append(cell.number != 0 ? "true" : "false");
      return;
    case Kind::Integer:
      return append_integer(cell.number, out);
    case Kind::Decimal:
      return append_decimal(cell.number, type.scale, out);
    case Kind::Double: {
      // JSON has no name for what is not a number.
      const double value = as_double(cell);
      if (!std::isfinite(value)) return void(out.append("null"));
      return append_double(value, out);
    }
    case Kind::Text:
      return append_json_string(row.text_of(cell), out);
    case Kind::Time:
      return append_quoted_time(cell.number, out);
    case Kind::List:
      return append_list(row, cell, type, out);
  }
}

}  // namespace freshet
