// Which values of a server's columns can become which values of an entity's fields, and how.
//
// | column ↓  field →           | text                   | integer, decimal | double   | boolean | time     | list |
// |-----------------------------|------------------------|------------------|----------|---------|----------|------|
// | TINYINT … BIGINT, YEAR      | as the server prints   | if it fits       | if exact | 0, 1    | –        | –    |
// | BIT                         | –                      | if it fits       | if exact | 0, 1    | –        | –    |
// | DECIMAL                     | as the server prints   | if it fits       | if exact | –       | –        | –    |
// | FLOAT, DOUBLE               | as the server prints   | –                | yes      | –       | –        | –    |
// | DATE                        | as the server prints   | –                | –        | –       | midnight | –    |
// | TIME                        | as the server prints   | –                | –        | –       | –        | –    |
// | DATETIME, TIMESTAMP         | as the server prints   | –                | –        | –       | yes, UTC | –    |
// | CHAR … TEXT, ENUM, SET,     | yes                    | if it says one   | if it    | –       | if it    | JSON |
// |   UUID, INET4, INET6        |                        | that fits        | says one |         | says one |      |
// | BINARY, VARBINARY, BLOB     | if UTF-8               | as texts         | as texts | –       | as texts | JSON |
// | what refusal_of() names     | –                      | –                | –        | –       | –        | –    |
//
// "–" is refused at start, by name. "If" is asked of each value, and one that cannot be represented ends the reading.
#pragma once

#include <string>

#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/codec/json_row.h"

namespace freshet {

/// True if the table has an entry other than "–".
[[nodiscard]] bool convertible(ServerKind from, const ColumnType& to);
/// For messages: "a decimal", and the columns that can be converted to it.
struct Wanted {
  const char* value;
  const char* columns;
};
[[nodiscard]] Wanted wanted_of(const ColumnType& to);

/// Converts the value to `to`; its text goes to `row`. `type` is the type to which the cell was decoded; `list` reads
/// lists, and is null for other fields. Usage error, with the value, if it cannot be represented. Not for nulls.
[[nodiscard]] Result<Cell> convert_cell(const Row& from, const Cell& cell, const ColumnType& type,
                                        const BinlogColumn& column, const ColumnType& to, JsonRowDecoder* list,
                                        Row& row);

/// Appends a FLOAT or DOUBLE as MySQL and MariaDB print it: six digits of a FLOAT, as many as needed of a DOUBLE; with
/// `fraction` ≥ 0 that many digits after the point.
void append_server_number(double value, bool single, int fraction, std::string& out);

}  // namespace freshet
