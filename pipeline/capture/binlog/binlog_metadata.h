// The contents of a TABLE_MAP event: always column types; names, signs, labels, character sets and the primary key if
// the server runs with binlog_row_metadata=FULL. The rest comes from information_schema.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/capture/binlog/binlog_bytes.h"
#include "pipeline/capture/binlog/binlog_values.h"

namespace freshet {

/// The kind of server. Both number their events and types alike, and differ in details of the metadata.
enum class Dialect : std::uint8_t { MariaDb, MySql };

/// The front of a TABLE_MAP event's body: enough to recognise our tables. Views into the event.
struct TableIdentity {
  std::uint64_t id = 0;  ///< identifies the table in row events until the statement ends
  std::string_view database;
  std::string_view name;
};
[[nodiscard]] Result<TableIdentity> identify_table(Bytes body);

struct TableMap {
  std::uint64_t id = 0;
  std::string database;
  std::string name;
  std::vector<ColumnLayout> columns;
  std::vector<std::uint32_t> primary_key;  ///< columns; empty if there is none, or it is unknown
  bool described = false;                  ///< names, signs, labels and character sets of columns are known
};

/// Reads the whole body (the event without its header and checksum).
[[nodiscard]] Result<TableMap> parse_table_map(Bytes body, Dialect dialect);

/// One row of information_schema.columns, in UTF-8.
struct SchemaColumn {
  std::string name;
  std::string column_type;  ///< as COLUMN_TYPE says: "int(10) unsigned", "enum('a','b')"
  std::string charset;      ///< CHARACTER_SET_NAME; empty = NULL: not a text
  bool generated = false;
};

/// Adds what only the schema knows. A map that is not `described` is completed by position; a schema with other columns
/// is refused, because it is from another time. In a described map, columns with the same name and type are completed.
Status describe(TableMap& map, std::span<const SchemaColumn> schema);

/// A table ready to decode: `table->record` and `table->columns` have one entry for each of `columns`.
struct TablePlan {
  std::shared_ptr<const BinlogTable> table;
  std::vector<ColumnLayout> columns;
};

/// Refuses, by name, columns whose values can be neither read nor skipped.
[[nodiscard]] Result<TablePlan> plan_table(TableMap map);

}  // namespace freshet
