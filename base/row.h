// Rows: typed, flat, reusable. One representation for encoders, observers and the audit.
//
// A record type lists columns; objects are flattened ("store.id" is one column), so a row is an array of
// cells and one text buffer. A list cell points at a run of item cells in the same array; items have the
// fixed width of their record type, and may hold lists themselves. Clearing keeps the capacity, so that
// filling the same Row again allocates nothing.
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
  int max_length = 0;                      ///< Text: the most bytes a value can have (for DDL); 0 = unknown
  std::shared_ptr<const RecordType> item;  ///< List: what its items are
  bool date = false;                       ///< Text: always a date, "2026-11-21"; Avro has a type for it
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
  bool lent : 1 = false;   ///< Text: stands outside of the row, see lent_text
  bool plain : 1 = false;  ///< Text: known to hold nothing that JSON or CSV would escape or quote, and not to be empty
  /// Lent text, above 1: it begins so many neighbouring cells that are the same wherever this text begins them, so that
  /// what encodes them may do so once, and find it again by `instance`.
  std::uint8_t run : 6 = 0;
  std::uint16_t instance = 0;
  union {
    std::uint32_t size = 0;  ///< Text: bytes
    std::uint32_t begin;     ///< List: index in Row::cells of the first item's first cell
  };
  /// Boolean 0/1 · Integer · Decimal units · Time µs · List: number of items · Double: bit pattern · Text: where in
  /// Row::text, or the address when it is lent.
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
/// Nothing in the text would be escaped or quoted in JSON or CSV, and it is not empty (Cell::plain).
[[nodiscard]] bool is_plain(std::string_view text);
/// So many bytes after a lent text can be read, whatever they are: writers copy short texts in whole blocks.
inline constexpr std::size_t kAfterLent = 32;
/// A text that is not copied: whoever owns the bytes, and kAfterLent more, outlives all rows that the cell gets into.
/// At most 4 GiB.
[[nodiscard]] Cell lent_text(std::string_view value);

/// The cells of one record. `cells[0 .. width)` are its columns, items of lists follow.
/// Not thread-safe; cheap to reuse, expensive to copy.
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
  /// Appends to the text buffer and returns a Text cell that points there.
  Cell add_text(std::string_view value);
  /// Appends `items` × `width` null cells and returns a List cell that points there.
  Cell add_list(std::size_t items, std::size_t width);
};

/// Appends a canonical text of the cell: equal values have equal text, whatever server they came
/// from. Null "∅"; decimals with exactly `scale` digits; times ISO 8601 with µs and Z; lists as JSON arrays of
/// objects with nested names. Used in keys, messages and examples, not on the wire.
void append_text(const Row& row, const Cell& cell, const ColumnType& type, std::string& out);

/// Appends the canonical texts of all columns, joined by kKeySeparator: equal rows have equal content.
void append_content(const Row& row, const RecordType& type, std::string& out);

/// True when the two cells hold the same value (lists: item by item).
[[nodiscard]] bool equal_cells(const Row& a, const Cell& x, const Row& b, const Cell& y, const ColumnType& type);

/// Appends the cell as JSON (RFC 8259): decimals as plain numbers with `scale` digits, times as ISO 8601
/// strings with microseconds and Z, dotted names as nested objects.
void append_json(const Row& row, const Cell& cell, const ColumnType& type, std::string& out);
/// Appends the `width` cells that start at `first` as one JSON object.
void append_json_object(const Row& row, std::size_t first, const RecordType& type, std::string& out);

/// "2026-11-21T12:00:00.123456Z" for microseconds since the Unix epoch.
void append_iso_time(std::int64_t micros_since_epoch, std::string& out);
/// "2026-11-21 12:00:00.123456", the form that MySQL takes.
void append_sql_time(std::int64_t micros_since_epoch, std::string& out);
/// Parses either form (fraction of 0 to 6 digits, optional zone Z). Returns false when it is none.
[[nodiscard]] bool parse_time(std::string_view text, std::int64_t& micros_since_epoch);
/// Decimal units as plain text, `scale` digits after the point: (1234, 2) → "12.34".
void append_decimal(std::int64_t units, int scale, std::string& out);
/// Parses a plain decimal text to units of 10^-scale. False when it has more significant digits or is none.
[[nodiscard]] bool parse_decimal(std::string_view text, int scale, std::int64_t& units);

/// Key texts are the canonical texts of the key columns joined by this byte.
inline constexpr char kKeySeparator = '\x1f';

}  // namespace freshet
