// Rows as JSON, appended to strings.
#include <algorithm>
#include <cmath>

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
  constexpr std::size_t kPiece = 128;
  std::array<char, kPiece * kMostPerJsonByte> escaped;
  out.push_back('"');
  for (; !text.empty(); text.remove_prefix(std::min(kPiece, text.size()))) {
    const char* const end = put_json_text(escaped.data(), text.substr(0, kPiece));
    out.append(escaped.data(), static_cast<std::size_t>(end - escaped.data()));
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
  const bool quoted = cell.kind == Kind::Time;
  // JSON has no name for what is not a number.
  const bool null = cell.kind == Kind::Null || (cell.kind == Kind::Double && !std::isfinite(as_double(cell)));
  if (null) return void(out.append("null"));
  if (cell.kind == Kind::Text) return append_json_text(row.text_of(cell), out);
  if (cell.kind == Kind::List) return append_list(row, cell, type, out);
  if (quoted) out.push_back('"');
  append_text(row, cell, type, out);
  if (quoted) out.push_back('"');
}

}  // namespace freshet
