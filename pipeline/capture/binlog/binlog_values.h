// Values of the binlog's row images: from the storage form of each column type to cells.
//
// | column                                  | cell                                                              |
// |-----------------------------------------|-------------------------------------------------------------------|
// | TINYINT … BIGINT, YEAR, BIT             | Integer; above 2^63-1: Text of the digits                         |
// | FLOAT, DOUBLE                           | Double; of a FLOAT the one with the shortest decimal text         |
// | DECIMAL up to 18 digits, with more      | Decimal, Text with exactly the declared digits after the point    |
// | CHAR, VARCHAR, TEXT, ENUM, SET          | Text in UTF-8 (from utf8, ascii and latin1)                       |
// | BINARY, VARBINARY, BLOB                 | Text of the raw bytes; BINARY padded to its length                |
// | UUID, INET4, INET6, DATE, TIME          | Text as the server writes them                                    |
// | DATETIME, TIMESTAMP                     | Time; DATETIME is taken as UTC                                    |
// | one that is zero, or no calendar's      | Text as the server writes it                                      |
// | what refusal_of() names                 | Null; its bytes are passed over                                   |
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/row.h"
#include "pipeline/capture/binlog/binlog.h"
#include "pipeline/capture/binlog/binlog_bytes.h"

namespace freshet {

/// Column types by their numbers in the binlog. Refused types are listed so that messages can name them.
enum class FieldType : std::uint8_t {
  OldDecimal = 0,
  Tiny = 1,
  Short = 2,
  Long = 3,
  Float = 4,
  Double = 5,
  OldTimestamp = 7,
  LongLong = 8,
  Int24 = 9,
  Date = 10,
  OldTime = 11,
  OldDatetime = 12,
  Year = 13,
  VarChar = 15,
  Bit = 16,
  Timestamp = 17,
  Datetime = 18,
  Time = 19,
  CompressedBlob = 140,
  CompressedVarChar = 141,
  Vector = 242,
  Json = 245,
  Decimal = 246,
  Enum = 247,
  Set = 248,
  TinyBlob = 249,
  MediumBlob = 250,
  LongBlob = 251,
  Blob = 252,
  String = 254,
  Geometry = 255,
};

/// The encoding of a text column.
enum class Charset : std::uint8_t { Utf8, Latin1, Binary, Other };

/// Types that a log does not distinguish from BINARY(n), and unknown ones.
enum class Meaning : std::uint8_t { Plain, Uuid, Inet4, Inet6, Unknown };

/// Everything needed to decode the values of one column.
struct ColumnLayout {
  std::string name;
  FieldType type = FieldType::Tiny;  ///< never a String that is really an Enum or a Set
  /// String, VarChar: maximum size in bytes. Blobs: bytes of the length prefix. Enum, Set, Bit: bytes of a value.
  std::uint32_t length = 0;
  std::uint8_t precision = 0;  ///< Decimal: digits in all
  std::uint8_t scale = 0;      ///< Decimal: digits after the point. Time, Datetime, Timestamp: digits of the second
  bool is_unsigned = false;
  Charset charset = Charset::Utf8;
  std::vector<std::string> labels;  ///< Enum, Set

  // Known only to information_schema (table_schema.h); the binlog's values can be decoded without it.
  Meaning meaning = Meaning::Plain;
  std::string declared;  ///< "int(10) unsigned zerofill"; empty: unknown
  int zero_fill = 0;     ///< as in BinlogColumn
  int fraction = -1;     ///< Float, Double: digits after the point
  bool generated = false;
};

/// TINYINT to BIGINT, and YEAR.
[[nodiscard]] bool is_integer(FieldType type);
/// True for types whose values begin with their length, in `ColumnLayout::length` bytes.
[[nodiscard]] bool has_length_prefix(FieldType type);
/// Enum and Set.
[[nodiscard]] bool has_labels(FieldType type);

/// The maximum number of digits of a decimal that a cell can hold as units.
inline constexpr int kMostDecimalDigits = 18;

/// The kind of cells that decode_value makes for this column.
[[nodiscard]] ColumnType cell_type(const ColumnLayout& column);

/// The column as described to the code that reads its values.
[[nodiscard]] BinlogColumn describe_column(const ColumnLayout& column);

/// Why values of this column are not read ("has the type VECTOR"), or null.
[[nodiscard]] const char* refusal_of(const ColumnLayout& column);
/// True if the size of the values is known, so that they can be skipped.
[[nodiscard]] bool can_be_passed_over(const ColumnLayout& column);

/// Takes one value from `in`. Texts go to the row's buffer. If the bytes are not a value of this column, `in` fails
/// with the reason and the cell is invalid.
[[nodiscard]] Cell decode_value(ByteReader& in, const ColumnLayout& column, Row& row);

/// Appends `bytes` in this charset as UTF-8. Returns false if the charset is Other.
[[nodiscard]] bool append_utf8(Bytes bytes, Charset charset, std::string& out);

}  // namespace freshet
