// The contents of a binlog: tables, and changes of their rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/change.h"
#include "base/row.h"

namespace freshet {

/// The meaning of a column's values to its server: determines how they can be converted (conversion.h).
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

/// What a table's column has beside a record's column.
struct BinlogColumn {
  std::string declared;  ///< as the server declares it, "int(10) unsigned"; else the binlog's number of its type
  ServerKind kind = ServerKind::Text;
  std::string refusal;  ///< Unread: why its values are not read, and always Null
  int zero_fill = 0;    ///< the server pads it with zeros to this width
  /// Moment: digits of the second. Float, Double: digits after the point; below 0: as many as needed
  int fraction = 0;
  bool generated = false;  ///< computed by the server, which may omit it from an image although it has changed
};

/// A table as the binlog describes it at this point of the stream.
struct BinlogTable {
  std::string database;
  std::string name;
  RecordType record;                  ///< column names and the kinds their values are decoded to
  std::vector<BinlogColumn> columns;  ///< one for each column of the record
};

/// Which columns the images of an event contain, one flag per column of the table: a session decides
/// (binlog_row_image), and servers omit generated columns even from full images.
struct RowImages {
  std::vector<bool> before, after;
};

/// One row of one committed transaction. Rows are of `table->record`: `before` for Update and Delete, `after` for
/// Insert and Update. Columns that an image does not contain are Null.
struct RowChange {
  std::shared_ptr<const RowImages> partial;  ///< null if the images contain every column
  std::shared_ptr<const BinlogTable> table;
  Operation operation = Operation::Insert;
  Row before;
  Row after;
};

}  // namespace freshet
