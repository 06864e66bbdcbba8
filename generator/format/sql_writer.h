// SqlWriter: changes as statements for MySQL and MariaDB, one per line. Literals are for a session with character set
// utf8mb4, time zone +00:00 and backslash escapes, which sql_prelude() sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/change.h"
#include "base/row.h"
#include "base/text/buffer.h"
#include "base/text/put.h"
#include "generator/format/json_writer.h"

namespace freshet {

/// The statements that set up the session, separated by line breaks.
[[nodiscard]] std::string_view sql_prelude();

/// Writes an INSERT of every column, an UPDATE of every column except the key (column 0) by key, a DELETE by key; for a
/// row that gets another key, one UPDATE of every column by the old key. Lists are JSON texts. For one thread.
class SqlWriter {
 public:
  SqlWriter(const std::string& table, const RecordType& type);
  void append(Operation operation, const Row& row, Buffer& out);
  /// Appends the update of the row that had the key of `before`.
  void append_rekey(const Row& before, const Row& row, Buffer& out);

 private:
  /// Appends the assignments of every column except the key.
  void append_assignments(const Row& row, Buffer& out);
  void append_literal(const Row& row, std::size_t column, Buffer& out);

  struct Column {
    std::string assignment;  ///< ", `name` = "
    int scale = 0;
  };
  std::vector<Column> columns_;
  std::string insert_;  ///< up to the first value
  std::string update_;  ///< up to the first assignment
  std::string erase_;   ///< up to WHERE
  std::string where_;   ///< " WHERE `key` = "
  JsonWriter json_;
  TimeText times_;
  Buffer scratch_;
};

}  // namespace freshet
