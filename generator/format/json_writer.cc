#include "generator/format/json_writer.h"

#include <cmath>
#include <cstring>

#include "base/json_escapes.h"
#include "base/result.h"

namespace freshet {
namespace {

/// Literals are copied in blocks of this size; what is copied too much is overwritten next.
constexpr std::size_t kBlock = 16;

char* put_escaped(char* at, std::string_view text) {
  constexpr const char* kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char escape = kJsonEscapes[byte];
    if (escape == 0) {
      *at++ = c;
      continue;
    }
    *at++ = '\\';
    *at++ = escape;
    if (escape != 'u') continue;
    *at++ = '0';
    *at++ = '0';
    *at++ = kHex[byte >> 4];
    *at++ = kHex[byte & 15];
  }
  return at;
}

/// Copies eight bytes at a time while none needs an escape.
char* put_text(char* at, std::string_view text) {
  const char* from = text.data();
  std::size_t left = text.size();
  std::uint64_t bytes = 0;
  for (; left >= sizeof bytes; left -= sizeof bytes) {
    std::memcpy(&bytes, from, sizeof bytes);
    if (any_json_escape(bytes)) return put_escaped(at, {from, left});
    std::memcpy(at, &bytes, sizeof bytes);
    at += sizeof bytes;
    from += sizeof bytes;
  }
  return put_escaped(at, {from, left});
}

/// Looks back from `to`: the columns of one object mostly stand side by side.
bool earlier_column_has(const RecordType& type, std::size_t from, std::size_t to, std::string_view prefix) {
  for (std::size_t i = to; i-- > from;) {
    if (std::string_view(type.columns[i].name).starts_with(prefix)) return true;
  }
  return false;
}

void append_name(std::string_view name, std::string& literal) {
  Buffer quoted;
  append_json_text(name, quoted);
  literal.append(quoted.view());
  literal.push_back(':');
}

}  // namespace

void append_json_text(std::string_view text, Buffer& out) {
  constexpr std::size_t kMostPerByte = 6;
  char* at = out.room(text.size() * kMostPerByte + 2);
  *at++ = '"';
  at = put_text(at, text);
  *at++ = '"';
  out.took(at);
}

JsonWriter::JsonWriter(const RecordType& type) {
  compile(type);
  by_column_.resize(type.width());
  for (const Step& step : layouts_[0].steps) by_column_[step.column] = step;
  literals_.append(kBlock, '\0');
}

void JsonWriter::keep(const std::string& literal, std::uint32_t& at, std::uint32_t& size) {
  at = static_cast<std::uint32_t>(literals_.size());
  size = static_cast<std::uint32_t>(literal.size());
  literals_ += literal;
}

std::uint16_t JsonWriter::compile(const RecordType& type) {
  const auto index = static_cast<std::uint16_t>(layouts_.size());
  layouts_.emplace_back();
  Layout layout;
  layout.width = type.width();
  std::string literal = "{";
  if (type.width() > 0) compile_members(type, 0, 0, layout, literal);
  literal += '}';
  keep(literal, layout.tail, layout.tail_size);
  layouts_[index] = std::move(layout);
  return index;
}

/// Members of the object whose columns start with the first `depth` bytes (dot included) of the name of column `begin`.
/// Columns of one object need not stand side by side: it is written where its first column stands.
void JsonWriter::compile_members(const RecordType& type, std::size_t begin, std::size_t depth, Layout& layout,
                                 std::string& literal) {
  const std::string_view prefix = std::string_view(type.columns[begin].name).substr(0, depth);
  bool comma = false;
  for (std::size_t i = begin; i < type.width(); ++i) {
    const std::string_view name = type.columns[i].name;
    if (!name.starts_with(prefix)) continue;
    const std::size_t dot = name.find('.', depth);
    if (dot != std::string_view::npos && earlier_column_has(type, begin, i, name.substr(0, dot + 1))) continue;
    if (comma) literal.push_back(',');
    comma = true;
    append_name(name.substr(depth, dot == std::string_view::npos ? dot : dot - depth), literal);
    if (dot != std::string_view::npos) {
      literal.push_back('{');
      compile_members(type, i, dot + 1, layout, literal);
      literal.push_back('}');
      continue;
    }
    const ColumnType& column = type.columns[i].type;
    Step step;
    step.column = static_cast<std::uint32_t>(i);
    step.scale = static_cast<std::uint16_t>(column.scale);
    if (column.kind == Kind::List) {
      FRESHET_CHECK(column.item != nullptr, "a list column knows its items");
      step.item = compile(*column.item);
    }
    keep(literal, step.literal, step.literal_size);
    literal.clear();
    layout.steps.push_back(step);
  }
}

void JsonWriter::append_literal(std::uint32_t at, std::uint32_t size, Buffer& out) {
  char* to = out.room(size + kBlock);
  const char* from = literals_.data() + at;
  for (std::size_t i = 0; i < size; i += kBlock) std::memcpy(to + i, from + i, kBlock);
  out.took(to + size);
}

void JsonWriter::append(const Row& row, Buffer& out) { append_object(layouts_[0], row, 0, out); }

void JsonWriter::append_value(const Row& row, std::size_t column, Buffer& out) {
  append_cell(by_column_[column], row, row.cells[column], out);
}

void JsonWriter::append_object(const Layout& layout, const Row& row, std::size_t first, Buffer& out) {
  for (const Step& step : layout.steps) {
    append_literal(step.literal, step.literal_size, out);
    append_cell(step, row, row.cells[first + step.column], out);
  }
  append_literal(layout.tail, layout.tail_size, out);
}

void JsonWriter::append_cell(const Step& step, const Row& row, const Cell& cell, Buffer& out) {
  switch (cell.kind) {
    case Kind::Null:
      return out.append("null");
    case Kind::Boolean:
      return out.append(cell.number != 0 ? "true" : "false");
    case Kind::Integer:
      return out.took(put_integer(out.room(kMostNumber), cell.number));
    case Kind::Decimal:
      return out.took(put_decimal(out.room(kMostNumber), cell.number, step.scale));
    case Kind::Double: {
      // JSON has no name for what is not a number.
      const double value = as_double(cell);
      if (!std::isfinite(value)) return out.append("null");
      return out.took(put_double(out.room(kMostNumber), value));
    }
    case Kind::Text:
      return append_json_text(row.text_of(cell), out);
    case Kind::Time: {
      char* at = out.room(TimeText::kMost + 3);
      *at++ = '"';
      at = times_.put_iso(at, cell.number);
      *at++ = '"';
      return out.took(at);
    }
    case Kind::List:
      break;
  }
  const Layout& item = layouts_[step.item];
  out.push_back('[');
  for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
    if (i > 0) out.push_back(',');
    append_object(item, row, cell.begin + i * item.width, out);
  }
  out.push_back(']');
}

}  // namespace freshet
