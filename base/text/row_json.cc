// Rows as JSON, appended to strings.
#include <array>
#include <cmath>
#include <cstring>

#include "base/result.h"
#include "base/row.h"
#include "base/text/buffer.h"
#include "base/text/json_text.h"

namespace freshet {

namespace {

// The members that for_each_json_member() calls; `first` is where the record's cells begin.
void append_members(const Row& row, std::size_t first, const RecordType& type, std::size_t begin, std::size_t depth,
                    std::string& out) {
  for_each_json_member(type, begin, depth, [&](const JsonMember& member) {
    if (!member.first) out.push_back(',');
    append_json_text(member.name, out);
    out.push_back(':');
    if (member.inner == 0)
      return append_json(row, row.cells[first + member.column], type.columns[member.column].type, out);
    out.push_back('{');
    append_members(row, first, type, member.column, member.inner, out);
    out.push_back('}');
  });
}

// How many bytes stand before the first one that needs an escape.
std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t bytes = 0; size + sizeof bytes <= text.size(); size += sizeof bytes) {
    std::memcpy(&bytes, text.data() + size, sizeof bytes);
    if (json_detail::any_escape(bytes)) break;
  }
  while (size < text.size() && json_detail::kEscapes[static_cast<unsigned char>(text[size])] == 0) ++size;
  return size;
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

}  // namespace

namespace json_detail {

bool earlier_column_has(const RecordType& type, std::size_t from, std::size_t to, std::string_view prefix) {
  for (std::size_t i = to; i-- > from;) {
    if (std::string_view(type.columns[i].name).starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace json_detail

void append_json_text(std::string_view text, Buffer& out) {
  char* at = out.room(text.size() * kMostPerJsonByte + 2);
  *at++ = '"';
  at = put_json_text(at, text);
  *at++ = '"';
  out.took(at);
}

void append_json_text(std::string_view text, std::string& out) {
  out.push_back('"');
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.data(), plain);
    if (plain == text.size()) break;
    std::array<char, kMostPerJsonByte> escaped;
    const char* const end = json_detail::put_escaped(escaped.data(), text.substr(plain, 1));
    out.append(escaped.data(), static_cast<std::size_t>(end - escaped.data()));
    text.remove_prefix(plain + 1);
  }
  out.push_back('"');
}

void append_pointer_token(std::string_view name, std::string& out) {
  for (const char letter : name) {
    if (letter == '~' || letter == '/') {
      out.append(letter == '~' ? "~0" : "~1");
    } else {
      out.push_back(letter);
    }
  }
}

void append_json_object(const Row& row, std::size_t first, const RecordType& type, std::string& out) {
  out.push_back('{');
  if (type.width() > 0) append_members(row, first, type, 0, 0, out);
  out.push_back('}');
}

void append_json(const Row& row, const Cell& cell, const ColumnType& type, std::string& out) {
  switch (cell.kind) {
    case Kind::Text:
      return append_json_text(row.text_of(cell), out);
    case Kind::List:
      return append_list(row, cell, type, out);
    case Kind::Null:
      return void(out.append("null"));
    case Kind::Double:
      if (std::isfinite(as_double(cell))) break;
      return void(out.append("null"));  // JSON has no name for what is not a number
    case Kind::Time:
      out.push_back('"');
      append_iso_time(cell.number, out);
      return out.push_back('"');
    case Kind::Decimal:
      return append_decimal(cell.number, type.scale, out);
    case Kind::Boolean:
    case Kind::Integer:
      break;
  }
  append_text(row, cell, type, out);
}

}  // namespace freshet
