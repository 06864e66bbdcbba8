#include "generator/format/csv_writer.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

/// Room for quotes, a number or a time, a comma and the end of the line.
constexpr std::size_t kMostRest = 2 * kMostNumber;

bool needs_quotes(std::string_view text) {
  return text.empty() ||
         std::any_of(text.begin(), text.end(), [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; });
}

/// Needs no room; leaves room for `rest`.
void put_field(std::string_view text, std::size_t rest, Pen& pen) {
  if (!needs_quotes(text)) {
    pen.need(text.size() + rest);
    pen.at = put_bytes(pen.at, text.data(), text.size());
    return;
  }
  pen.need(2 * text.size() + rest);
  *pen.at++ = '"';
  for (const char c : text) {
    if (c == '"') *pen.at++ = '"';
    *pen.at++ = c;
  }
  *pen.at++ = '"';
}

void append_field(std::string_view text, Buffer& out) {
  Pen pen(out);
  put_field(text, kMostRest, pen);
  pen.finish();
}

}  // namespace

CsvWriter::CsvWriter(const RecordType& type) : json_(type) {
  for (const freshet::Column& column : type.columns) {
    std::string name = column.name;
    std::replace(name.begin(), name.end(), '.', '_');
    columns_.push_back(Column{name, column.type.scale, 0});
  }
  std::size_t rest = 0;
  for (std::size_t i = columns_.size(); i-- > 0;) columns_[i].rest = rest += kMostRest;
}

void CsvWriter::append_header(Buffer& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_field(columns_[i].name, out);
  }
  out.append("\r\n");
}

void CsvWriter::append(const Row& row, Buffer& out) {
  Pen pen(out);
  pen.need(columns_.empty() ? kMostRest : columns_[0].rest);
  const Cell* cell = row.cells.data();
  char* at = pen.at;  // a local copy, so that the compiler knows that writing through it does not change it
  for (const Column& column : columns_) {
    if (cell->kind == Kind::Integer) {
      at = put_integer(at, cell->number);
    } else if (cell->kind == Kind::Decimal) {
      at = put_decimal(at, cell->number, column.scale);
    } else if (cell->kind == Kind::Text && cell->plain) {
      at = put_plain(pen.need(at, cell->size + column.rest), row, *cell);
    } else {
      pen.at = at;
      put_rare(column, row, *cell, pen);
      at = pen.at;
    }
    *at++ = ',';
    ++cell;
  }
  if (!columns_.empty()) --at;
  pen.at = put_bytes(at, "\r\n", 2);
  pen.finish();
}

/// Needs room for column.rest, and leaves room for the part of it after the value.
void CsvWriter::put_rare(const Column& column, const Row& row, const Cell& cell, Pen& pen) {
  switch (cell.kind) {
    case Kind::Null:
    case Kind::Integer:
    case Kind::Decimal:
      return;  // writes nothing, or is not rare
    case Kind::Boolean:
      pen.at = cell.number != 0 ? put_bytes(pen.at, "true", 4) : put_bytes(pen.at, "false", 5);
      return;
    case Kind::Double:
      if (std::isfinite(as_double(cell))) pen.at = put_double(pen.at, as_double(cell));
      return;
    case Kind::Text:
      return put_field(row.text_of(cell), column.rest, pen);
    case Kind::Time:
      pen.at = times_.put_iso(pen.at, cell.number);
      return;
    case Kind::List:
      return put_field(list_text(row, cell), column.rest, pen);
  }
}

std::string_view CsvWriter::list_text(const Row& row, const Cell& cell) {
  scratch_.clear();
  json_.append_value(row, static_cast<std::size_t>(&cell - row.cells.data()), scratch_);
  return scratch_.view();
}

}  // namespace freshet
