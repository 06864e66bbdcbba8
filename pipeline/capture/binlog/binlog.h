// What a binlog tells: tables, and changes of their rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/change.h"
#include "base/row.h"

namespace freshet {

/// What a column's values are to its server: decides what they can become (conversion.h).
enum class ServerKind : std::uint8_t {
  Integer,
  Bit,
  Float,
  Double,
  Decimal,
  Date,
  Clock,
  Moment,
  Text,
  Binary,
  Unread
};

/// What a record's column does not say of a table's.
struct BinlogColumn {
  std::string declared;  ///< as the server declares it, "int(10) unsigned"; else the binlog's number of its type
  ServerKind kind = ServerKind::Text;
  std::string refusal;  ///< Unread: why its values are not read, and always Null
  int zero_fill = 0;    ///< the server prints it with zeros in front, so wide
  int fraction = 0;     ///< Moment: digits of the second. Float, Double: after the point; below 0: as many as it takes
  bool generated = false;  ///< computed by the server, which may leave it out of an image although it has changed
};

/// A table as the binlog describes it at this point of the stream.
struct BinlogTable {
  std::string database;
  std::string name;
  RecordType record;                  ///< column names and the kinds their values are decoded to
  std::vector<BinlogColumn> columns;  ///< one for each of the record's
};

/// Which columns the images of an event hold, one for each of the table's: a session chooses (binlog_row_image), and
/// servers leave generated columns out even of full images.
struct RowImages {
  std::vector<bool> before, after;
};

/// One row of one committed transaction. Rows are of `table->record`: `before` for Update and Delete, `after` for
/// Insert and Update. Columns that an image does not hold are Null.
struct RowChange {
  std::shared_ptr<const RowImages> partial;  ///< null when the images hold every column
  std::shared_ptr<const BinlogTable> table;
  Operation operation = Operation::Insert;
  Row before;
  Row after;
};

}  // namespace freshet
