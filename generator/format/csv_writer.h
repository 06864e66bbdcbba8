// CsvWriter: rows as lines of comma-separated values (RFC 4180): CRLF ends a line, a field that holds a comma, a quote
// or a line break is quoted, a quote in it doubled. Null is nothing, the empty text is "". Lists are JSON.
#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "base/text/buffer.h"
#include "base/text/put.h"
#include "generator/format/json_writer.h"

namespace freshet {

/// One thread.
class CsvWriter {
 public:
  explicit CsvWriter(const RecordType& type);
  /// The names of the columns, dots as underscores, as in tables.
  void append_header(Buffer& out) const;
  void append(const Row& row, Buffer& out);

 private:
  struct Column {
    std::string name;
    int scale = 0;
    std::size_t rest = 0;  ///< most bytes from its value to the end of the line, texts and lists apart
  };
  void put_rare(const Column& column, const Row& row, const Cell& cell, Pen& pen);
  std::string_view list_text(const Row& row, const Cell& cell);

  std::vector<Column> columns_;
  JsonWriter json_;
  TimeText times_;
  Buffer scratch_;
};

}  // namespace freshet
