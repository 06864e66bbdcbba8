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

/// Needs no room; leaves kMostRest.
void put_field(std::string_view text, Pen& pen) {
  if (!needs_quotes(text)) {
    pen.need(text.size() + kMostRest);
    pen.at = put_bytes(pen.at, text.data(), text.size());
    return;
  }
  pen.need(2 * text.size() + kMostRest);
  *pen.at++ = '"';
  for (const char c : text) {
    if (c == '"') *pen.at++ = '"';
    *pen.at++ = c;
  }
  *pen.at++ = '"';
}

void append_field(std::string_view text, Buffer& out) {
  Pen pen(out);
  put_field(text, pen);
  pen.finish();
}

}  // namespace

CsvWriter::CsvWriter(const RecordType& type) : json_(type) {
  for (const freshet::Column& column : type.columns) {
    std::string name = column.name;
    std::replace(name.begin(), name.end(), '.', '_');
    columns_.push_back(Column{name, column.type.scale});
  }
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
  const Cell* cell = row.cells.data();
  for (std::size_t i = 0; i < columns_.size(); ++i, ++cell) {
    pen.need(kMostRest);
    if (i > 0) *pen.at++ = ',';
    switch (cell->kind) {
      case Kind::Null:
        break;
      case Kind::Boolean:
        pen.at = cell->number != 0 ? put_bytes(pen.at, "true", 4) : put_bytes(pen.at, "false", 5);
        break;
      case Kind::Integer:
        pen.at = put_integer(pen.at, cell->number);
        break;
      case Kind::Decimal:
        pen.at = put_decimal(pen.at, cell->number, columns_[i].scale);
        break;
      case Kind::Double:
        if (std::isfinite(as_double(*cell))) pen.at = put_double(pen.at, as_double(*cell));
        break;
      case Kind::Text:
        if (!cell->plain) {
          put_field(row.text_of(*cell), pen);
          break;
        }
        pen.need(cell->size + kMostRest);
        pen.at = put_bytes(pen.at, row.text_of(*cell).data(), cell->size);
        break;
      case Kind::Time:
        pen.at = times_.put_iso(pen.at, cell->number);
        break;
      case Kind::List:
        put_field(list_text(row, i), pen);
        break;
    }
  }
  pen.need(kMostRest);
  pen.at = put_bytes(pen.at, "\r\n", 2);
  pen.finish();
}

std::string_view CsvWriter::list_text(const Row& row, std::size_t column) {
  scratch_.clear();
  json_.append_value(row, column, scratch_);
  return scratch_.view();
}

}  // namespace freshet
