// The rows of one input of the operators, by key: the seam behind which they are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/change.h"
#include "base/row.h"

namespace freshet {

/// Rows of one record type by key text, and, where asked for, by the text of one more column. A deleted row leaves its
/// key and version behind, so that an older version that comes late is not taken for a new row; where none can come,
/// nothing. A call costs about as much as the row that it is about, so that a virtual one is not felt. One thread.
class RowTable {
 public:
  /// A key's place. Valid until the table changes.
  using Slot = std::uint32_t;
  static constexpr Slot kNone = ~Slot{0};

  virtual ~RowTable() = default;

  /// Asks for matches() on this column. Like all that asks for something: before any row is put or looked for.
  virtual void index_by(ColumnIndex column) = 0;
  /// Nothing older can come after a delete: leave nothing of deleted rows.
  virtual void forget_deleted() = 0;
  /// Asks for forget_older().
  virtual void keep_times() = 0;
  /// Keeps only these columns, and the key; load() gives the others as null. One for each column.
  virtual void keep_only(std::vector<char> columns) = 0;

  struct Found {
    Slot slot = kNone;    ///< kNone when nothing is known of the key
    bool living = false;  ///< it has a row
    Version version = 0;
  };
  [[nodiscard]] virtual Found find(std::string_view key) const = 0;
  [[nodiscard]] virtual std::string key(Slot slot) const = 0;
  /// The row of a living key.
  virtual void load(Slot slot, Row& out) const = 0;
  /// Slots of living rows whose indexed column has this text. Valid until the table changes.
  [[nodiscard]] virtual std::span<const Slot> matches(ColumnIndex column, std::string_view text) const = 0;

  /// Inserts or replaces the row of this key. `at`: µs of any clock, for forget_older().
  virtual void put(std::string_view key, const Row& row, Version version, WallTime at) = 0;
  void put(std::string_view key, const Row& row, Version version) { put(key, row, version, WallTime{}); }
  /// Deletes the row of this key, if it has one; the key keeps the larger version.
  virtual void bury(std::string_view key, Version version, WallTime at) = 0;
  void bury(std::string_view key, Version version) { bury(key, version, WallTime{}); }
  /// Removes everything last changed before `at`, living or deleted, as if it had never existed. Visits all rows.
  /// Returns the number of living ones removed.
  virtual std::size_t forget_older(WallTime at) = 0;

  [[nodiscard]] virtual std::size_t living_rows() const = 0;
  /// Bytes of memory that rows, keys and indexes take (of indexes by column: not their nodes).
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  /// The size that this many living and deleted rows like the present ones would have.
  [[nodiscard]] virtual std::size_t bytes_for(std::size_t living, std::size_t deleted) const = 0;
};

}  // namespace freshet
