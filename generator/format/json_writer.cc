#include "generator/format/json_writer.h"

#include <cmath>
#include <cstring>

#include "base/result.h"
#include "base/text/json_text.h"

namespace freshet {
namespace {

/// The maximum size of a value that is not a text or a list.
constexpr std::size_t kMostValue = kMostNumber + 2;

}  // namespace

JsonWriter::JsonWriter(const RecordType& type) {
  compile(type);
  by_column_.resize(type.width());
  for (const Step& step : layouts_[0].steps) by_column_[step.column] = step;
  literals_.append(kBeyond, '\0');
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
  measure(layout);
  layouts_[index] = std::move(layout);
  return index;
}

/// Computes `rest` and `neighbours`, from the end to the beginning.
void JsonWriter::measure(Layout& layout) {
  std::size_t rest = layout.tail_size + 2 * kBeyond;  // includes the comma after it
  for (std::size_t i = layout.steps.size(); i-- > 0;) {
    Step& step = layout.steps[i];
    rest += kMostValue;
    step.rest = static_cast<std::uint32_t>(rest);
    rest += step.literal_size + kBeyond;
    step.place = places_++;
    if (i + 1 == layout.steps.size() || layout.steps[i + 1].column != step.column + 1) continue;
    step.neighbours = static_cast<std::uint16_t>(layout.steps[i + 1].neighbours + 1);
  }
  layout.most = static_cast<std::uint32_t>(rest);
}

/// The members that for_each_json_member() calls.
void JsonWriter::compile_members(const RecordType& type, std::size_t begin, std::size_t depth, Layout& layout,
                                 std::string& literal) {
  for_each_json_member(type, begin, depth, [&](const JsonMember& member) {
    if (!member.first) literal.push_back(',');
    append_json_text(member.name, literal);
    literal.push_back(':');
    if (member.inner == 0) return compile_value(type.columns[member.column].type, member.column, layout, literal);
    literal.push_back('{');
    compile_members(type, member.column, member.inner, layout, literal);
    literal.push_back('}');
  });
}

void JsonWriter::compile_value(const ColumnType& type, std::size_t column, Layout& layout, std::string& literal) {
  Step step;
  step.column = static_cast<std::uint32_t>(column);
  step.scale = static_cast<std::uint16_t>(type.scale);
  if (type.kind == Kind::List) {
    FRESHET_CHECK(type.item != nullptr, "a list column knows its items");
    step.item = compile(*type.item);
  }
  keep(literal, step.literal, step.literal_size);
  literal.clear();
  layout.steps.push_back(step);
}

void JsonWriter::put_literal(std::uint32_t at, std::uint32_t size, Pen& pen) const {
  pen.at = put_blocks(pen.at, literals_.data() + at, size);
}

/// Needs room for step.rest, and leaves room for the part of it after the value.
inline void JsonWriter::put_cell(const Step& step, const Row& row, const Cell& cell, Pen& pen) {
  if (cell.kind == Kind::Decimal) {
    pen.at = put_decimal(pen.at, cell.number, step.scale);
  } else if (cell.kind == Kind::Integer) {
    pen.at = put_integer(pen.at, cell.number);
  } else {
    put_rare(step, row, cell, pen);
  }
}

void JsonWriter::append(const Row& row, Buffer& out) {
  Pen pen(out);
  for (const Step& step : layouts_[0].steps) {
    const Cell& cell = row.cells[step.column];
    if (cell.kind == Kind::List && cell.number > 0) fetch_runs(layouts_[step.item], row, cell);
  }
  put_object(layouts_[0], row, 0, pen);
  pen.finish();
}

void JsonWriter::append_value(const Row& row, std::size_t column, Buffer& out) {
  Pen pen(out);
  pen.need(by_column_[column].rest);
  put_cell(by_column_[column], row, row.cells[column], pen);
  pen.finish();
}

void JsonWriter::put_object(const Layout& layout, const Row& row, std::size_t first, Pen& pen) {
  const Cell* const cells = row.cells.data() + first;
  const char* const literals = literals_.data();
  const Step* const begin = layout.steps.data();
  const Step* const end = begin + layout.steps.size();
  // a local copy, so that the compiler knows that writing through it does not change it
  char* at = pen.need(pen.at, layout.most);
  for (const Step* step = begin; step != end;) {
    const Cell& cell = cells[step->column];
    at = put_blocks(at, literals + step->literal, step->literal_size);
    if (cell.kind == Kind::Decimal) {
      at = put_decimal(at, cell.number, step->scale);
    } else if (cell.kind == Kind::Integer) {
      at = put_integer(at, cell.number);
    } else if (cell.kind == Kind::Text && cell.plain && cell.run < 2) {
      at = pen.need(at, cell.size + step->rest);
      *at = '"';
      at = put_plain(at + 1, row, cell);
      *at++ = '"';
    } else if (cell.run > 1 && cell.run <= step->neighbours) {
      at = put_run(layout, static_cast<std::size_t>(step - begin), row, first, pen, at);
      step += cell.run;
      continue;
    } else {
      pen.at = at;
      put_rare(*step, row, cell, pen);
      at = pen.at;
    }
    ++step;
  }
  pen.at = put_blocks(at, literals + layout.tail, layout.tail_size);
}

/// Writes the run that begins at step `begin`, whose literal is already written.
inline char* JsonWriter::put_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen,
                                 char* at) {
  const Step& step = layout.steps[begin];
  const std::string_view known = fragments_.find(step.place, row.cells[first + step.column]);
  if (!known.empty()) [[likely]] {
    at = pen.need(at, known.size() + step.rest);
    return put_blocks(at, known.data(), known.size());
  }
  pen.at = at;
  put_new_run(layout, begin, row, first, pen);
  return pen.at;
}

void JsonWriter::put_new_run(const Layout& layout, std::size_t begin, const Row& row, std::size_t first, Pen& pen) {
  const Step& step = layout.steps[begin];
  const Cell& cell = row.cells[first + step.column];
  const std::size_t offset = pen.offset();
  put_cell(step, row, cell, pen);
  for (std::size_t i = begin + 1; i < begin + cell.run; ++i) {
    const Step& next = layout.steps[i];
    put_literal(next.literal, next.literal_size, pen);
    put_cell(next, row, row.cells[first + next.column], pen);
  }
  fragments_.keep(step.place, cell, pen.since(offset));
}

void JsonWriter::put_rare(const Step& step, const Row& row, const Cell& cell, Pen& pen) {
  switch (cell.kind) {
    case Kind::Null:
      pen.at = put_bytes(pen.at, "null", 4);
      return;
    case Kind::Boolean:
      pen.at = cell.number != 0 ? put_bytes(pen.at, "true", 4) : put_bytes(pen.at, "false", 5);
      return;
    case Kind::Integer:
    case Kind::Decimal:
      return;  // not rare
    case Kind::Double: {
      // JSON cannot represent NaN or infinity.
      const double value = as_double(cell);
      pen.at = std::isfinite(value) ? put_double(pen.at, value) : put_bytes(pen.at, "null", 4);
      return;
    }
    case Kind::Text: {
      const std::string_view text = row.text_of(cell);
      pen.need(kMostPerJsonByte * text.size() + step.rest);
      *pen.at++ = '"';
      pen.at = put_json_text(pen.at, text);
      *pen.at++ = '"';
      return;
    }
    case Kind::Time:
      *pen.at++ = '"';
      pen.at = times_.put_iso(pen.at, cell.number);
      *pen.at++ = '"';
      return;
    case Kind::List:
      return put_list(step, row, cell, pen);
  }
}

/// Prefetches the fragments of a list's items together, while the text before the list is written, instead of one by
/// one when each is copied.
void JsonWriter::fetch_runs(const Layout& item, const Row& row, const Cell& list) const {
  const Cell* cells = row.cells.data() + list.begin;
  for (const Step& step : item.steps) {
    if (cells[step.column].run < 2) continue;
    for (std::size_t i = 0; i < static_cast<std::size_t>(list.number); ++i) {
      fragments_.fetch(step.place, cells[i * item.width + step.column]);
    }
    return;
  }
}

void JsonWriter::put_list(const Step& step, const Row& row, const Cell& cell, Pen& pen) {
  const Layout& item = layouts_[step.item];
  *pen.at++ = '[';
  for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
    if (i > 0) *pen.at++ = ',';
    put_object(item, row, cell.begin + i * item.width, pen);
  }
  pen.need(step.rest);
  *pen.at++ = ']';
}

}  // namespace freshet
