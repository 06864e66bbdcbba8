// CsvWriter: rows as lines of comma-separated values (RFC 4180). CRLF ends a line. A field that contains a comma, a
// quote or a line break is quoted, and quotes in it are doubled. Null is an empty field, the empty text is "". Lists
// are JSON.
#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "base/text/buffer.h"
#include "base/text/put.h"
#include "generator/format/json_writer.h"

namespace freshet {

/// For one thread.
class CsvWriter {
 public:
  explicit CsvWriter(const RecordType& type);
  /// The names of the columns, with underscores for dots, as in tables.
  void append_header(Buffer& out) const;
  void append(const Row& row, Buffer& out);

 private:
  struct Column {
    std::string name;
    int scale = 0;
    std::size_t rest = 0;  ///< maximum size from its value to the end of the line in bytes, without texts and lists
  };
  void put_rare(const Column& column, const Row& row, const Cell& cell, Pen& pen);
  std::string_view list_text(const Row& row, const Cell& cell);

  std::vector<Column> columns_;
  JsonWriter json_;
  TimeText times_;
  Buffer scratch_;
};

}  // namespace freshet
