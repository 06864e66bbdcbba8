#include "generator/format/csv_writer.h"

#include <algorithm>
#include <cmath>

namespace freshet {
namespace {

bool needs_quotes(std::string_view text) {
  return text.empty() ||
         std::any_of(text.begin(), text.end(), [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; });
}

void append_field(std::string_view text, Buffer& out) {
  if (!needs_quotes(text)) return out.append(text);
  char* at = out.room(2 * text.size() + 2);
  *at++ = '"';
  for (const char c : text) {
    if (c == '"') *at++ = '"';
    *at++ = c;
  }
  *at++ = '"';
  out.took(at);
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
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out.push_back(',');
    const Cell& cell = row.cells[i];
    switch (cell.kind) {
      case Kind::Null:
        break;
      case Kind::Boolean:
        out.append(cell.number != 0 ? "true" : "false");
        break;
      case Kind::Integer:
        out.took(put_integer(out.room(kMostNumber), cell.number));
        break;
      case Kind::Decimal:
        out.took(put_decimal(out.room(kMostNumber), cell.number, columns_[i].scale));
        break;
      case Kind::Double:
        if (std::isfinite(as_double(cell))) out.took(put_double(out.room(kMostNumber), as_double(cell)));
        break;
      case Kind::Text:
        append_field(row.text_of(cell), out);
        break;
      case Kind::Time:
        out.took(times_.put_iso(out.room(TimeText::kMost), cell.number));
        break;
      case Kind::List:
        append_list(row, i, out);
        break;
    }
  }
  out.append("\r\n");
}

void CsvWriter::append_list(const Row& row, std::size_t column, Buffer& out) {
  scratch_.clear();
  json_.append_value(row, column, scratch_);
  append_field(scratch_.view(), out);
}

}  // namespace freshet
