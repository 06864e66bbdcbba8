// Rows: typed, flat, reusable. Encoders, observers and the audit use the same representation.
//
// A record type lists columns. Objects are flattened ("store.id" is one column), so a row is an array of cells and one
// text buffer. A list cell points to a run of item cells in the same array. Items have the fixed width of their record
// type and may contain lists themselves. Clearing keeps the capacity, so refilling a Row does not allocate.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

enum class Kind : std::uint8_t {
  Null,
  Boolean,
  Integer,
  Decimal,  ///< a whole number of 10^-scale units (money: scale 2)
  Double,
  Text,
  Time,  ///< microseconds since the Unix epoch, UTC
  List,
};

struct RecordType;

struct ColumnType {
  Kind kind = Kind::Text;
  int scale = 0;                           ///< Decimal: digits after the point
  int max_length = 0;                      ///< Text: maximum length in bytes (for DDL); 0 = unknown
  std::shared_ptr<const RecordType> item;  ///< List: the type of its items
  bool date = false;                       ///< Text: always a date, "2026-11-21"; Avro has a type for that
};

/// `name` is the flattened path with dots ("store.id"); in tables the dots are underscores.
struct Column {
  std::string name;
  ColumnType type;
};

/// Which column of a record, and which of a row's first cells.
enum class ColumnIndex : std::size_t {};
[[nodiscard]] constexpr std::size_t index_of(ColumnIndex column) { return static_cast<std::size_t>(column); }

struct RecordType {
  std::vector<Column> columns;
  [[nodiscard]] std::size_t width() const { return columns.size(); }
  [[nodiscard]] const Column& operator[](ColumnIndex column) const { return columns[index_of(column)]; }
  /// The column with this name.
  [[nodiscard]] std::optional<ColumnIndex> find(std::string_view name) const;
};

struct Cell {
  Kind kind = Kind::Null;
  bool lent : 1 = false;   ///< Text: stored outside the row, see lent_text
  bool plain : 1 = false;  ///< Text: not empty, and nothing in it needs escaping or quoting in JSON or CSV
  /// Lent text, if above 1: the number of neighbouring cells, this one included, whose values are always the same when
  /// the run begins with this text. An encoder can then encode the run once and find the result by `instance`.
  std::uint8_t run : 6 = 0;
  std::uint16_t instance = 0;
  union {
    std::uint32_t size = 0;  ///< Text: bytes
    std::uint32_t begin;     ///< List: index in Row::cells of the first item's first cell
  };
  /// Boolean 0/1 · Integer · Decimal units · Time µs · List: number of items · Double: bit pattern · Text: offset in
  /// Row::text, or the address if it is lent.
  std::int64_t number = 0;
};
static_assert(sizeof(Cell) == 16, "a cell is two words: it moves in registers");

[[nodiscard]] inline Cell number_cell(Kind kind, std::int64_t number) {
  Cell cell;
  cell.kind = kind;
  cell.number = number;
  return cell;
}
[[nodiscard]] double as_double(const Cell& cell);
[[nodiscard]] inline Cell null_cell() { return {}; }
[[nodiscard]] inline Cell integer_cell(std::int64_t value) { return number_cell(Kind::Integer, value); }
[[nodiscard]] inline Cell decimal_cell(std::int64_t units) { return number_cell(Kind::Decimal, units); }
[[nodiscard]] inline Cell double_cell(double value) {
  return number_cell(Kind::Double, std::bit_cast<std::int64_t>(value));
}
[[nodiscard]] inline Cell time_cell(std::int64_t micros_since_epoch) {
  return number_cell(Kind::Time, micros_since_epoch);
}
[[nodiscard]] inline Cell boolean_cell(bool value) { return number_cell(Kind::Boolean, value ? 1 : 0); }
/// True if the text is not empty and nothing in it needs escaping or quoting in JSON or CSV (Cell::plain).
[[nodiscard]] bool is_plain(std::string_view text);
/// The number of bytes that must be readable after a lent text, whatever they hold: writers copy short texts in whole
/// blocks.
inline constexpr std::size_t kAfterLent = 32;
/// A text cell that refers to its bytes instead of copying them. The bytes, and kAfterLent more, must outlive all rows
/// that contain the cell. At most 4 GiB.
[[nodiscard]] Cell lent_text(std::string_view value);

/// The cells of one record. `cells[0 .. width)` are its columns; the items of lists follow. Not thread-safe. Cheap to
/// reuse, expensive to copy.
class Row {
 public:
  std::vector<Cell> cells;
  std::string text;

  [[nodiscard]] const Cell& operator[](ColumnIndex column) const { return cells[index_of(column)]; }
  [[nodiscard]] Cell& operator[](ColumnIndex column) { return cells[index_of(column)]; }
  /// Empties it and makes room for `width` null columns. Keeps capacity.
  void reset(std::size_t width);
  [[nodiscard]] std::string_view text_of(const Cell& cell) const {
    return {cell.lent ? std::bit_cast<const char*>(cell.number) : text.data() + cell.number, cell.size};
  }
  /// Appends to the text buffer and returns a Text cell that refers to it.
  Cell add_text(std::string_view value);
  /// Appends `items` × `width` null cells and returns a List cell that refers to them.
  Cell add_list(std::size_t items, std::size_t width);
};

/// Appends the canonical text of the cell. Equal values have equal texts, whichever server they came from. Null is "∅";
/// decimals have exactly `scale` digits; times are ISO 8601 with µs and Z; lists are JSON arrays of objects with nested
/// names. Used in keys, messages and examples, not on the wire.
void append_text(const Row& row, const Cell& cell, const ColumnType& type, std::string& out);

/// Appends the canonical texts of all columns, joined by kKeySeparator. Equal rows have equal content.
void append_content(const Row& row, const RecordType& type, std::string& out);

/// True if both cells hold the same value (lists are compared item by item).
[[nodiscard]] bool equal_cells(const Row& a, const Cell& x, const Row& b, const Cell& y, const ColumnType& type);

/// Appends the cell as JSON (RFC 8259): decimals as plain numbers with `scale` digits, times as ISO 8601
/// strings with microseconds and Z, dotted names as nested objects.
void append_json(const Row& row, const Cell& cell, const ColumnType& type, std::string& out);
/// Appends the `width` cells that start at `first` as one JSON object.
void append_json_object(const Row& row, std::size_t first, const RecordType& type, std::string& out);

/// "2026-11-21T12:00:00.123456Z" for microseconds since the Unix epoch.
void append_iso_time(std::int64_t micros_since_epoch, std::string& out);
/// "2026-11-21 12:00:00.123456", the form that MySQL accepts.
void append_sql_time(std::int64_t micros_since_epoch, std::string& out);
/// Parses either form (fraction of 0 to 6 digits, optional zone Z). Returns false if the text has neither form.
[[nodiscard]] bool parse_time(std::string_view text, std::int64_t& micros_since_epoch);
/// Decimal units as plain text, `scale` digits after the point: (1234, 2) → "12.34".
void append_decimal(std::int64_t units, int scale, std::string& out);
/// Parses plain decimal text to units of 10^-scale. Returns false if it is not a decimal or has too many digits.
[[nodiscard]] bool parse_decimal(std::string_view text, int scale, std::int64_t& units);

/// Key texts are the canonical texts of the key columns joined by this byte.
inline constexpr char kKeySeparator = '\x1f';

}  // namespace freshet
