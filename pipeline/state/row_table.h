// The operators' state: the current rows of one input, by key, packed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/change.h"
#include "base/row.h"
#include "pipeline/state/hash_index.h"
#include "pipeline/state/text_pool.h"

namespace freshet {

/// Rows of one record type by key text, and, where asked for, by the text of one more column. A deleted row leaves its
/// key and version behind, so that an older version that comes late is not taken for a new row; where none can come,
/// nothing. A row costs its packed bytes + its key + about 50 bytes, and where rows are forgotten by age 8 more. One
/// thread.
class RowTable {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = HashIndex::kNone;

  /// `type` must outlive the table.
  explicit RowTable(const RecordType& type) : type_(type) {}

  /// Asks for matches() on this column. Before the first row.
  void index_by(ColumnIndex column);

  /// Nothing older can come after a delete: leave nothing of deleted rows. Before the first row.
  void forget_deleted() { forget_ = true; }
  /// Asks for forget_older(). Before the first row.
  void keep_times() { timed_ = true; }
  /// Keeps only these columns, and the key; load() gives the others as null. One for each column. Before the first row.
  void keep_only(std::vector<char> columns) { columns_ = std::move(columns); }

  /// The slot of this key, living or dead, or kNone.
  [[nodiscard]] Slot find(std::string_view key) const;
  [[nodiscard]] bool living(Slot slot) const { return slot != kNone && slots_[slot].living; }
  [[nodiscard]] Version version(Slot slot) const { return slots_[slot].version; }
  [[nodiscard]] std::string key(Slot slot) const;
  void load(Slot slot, Row& out) const;

  /// Inserts or replaces the row of this key. `at`: µs of any clock, for forget_older().
  void put(std::string_view key, const Row& row, Version version, WallTime at = {});
  /// Deletes the row of this key, if it has one; the key keeps the larger version.
  void bury(std::string_view key, Version version, WallTime at = {});
  /// Leaves nothing of what was last changed before `at`, be it living or dead, as if it had never been. Looks at all
  /// rows. Returns how many living ones went.
  std::size_t forget_older(WallTime at);

  /// Slots of living rows whose indexed column has this text. Valid until the table changes.
  [[nodiscard]] const std::vector<Slot>& matches(ColumnIndex column, std::string_view text) const;

  [[nodiscard]] std::size_t living_rows() const { return living_; }
  /// Bytes of rows, keys and indexes (of indexes by column: not their nodes).
  [[nodiscard]] std::size_t bytes() const;
  /// Bytes that so many living rows like those that it holds would take, and so many that were deleted.
  [[nodiscard]] std::size_t bytes_for(std::size_t living, std::size_t deleted) const;

 private:
  struct Entry {
    std::unique_ptr<char[]> bytes;  // key, then the packed row
    std::uint32_t size : 31 = 0;
    std::uint32_t living : 1 = 0;
    Version version = 0;
  };
  static_assert(sizeof(Entry) == 16, "memory per row is promised");
  struct ByColumn {
    ColumnIndex column{};
    std::unordered_map<std::string, std::vector<Slot>> slots;
  };

  void store(Entry& entry, std::string_view packed);
  void release(Slot slot, std::string_view key);
  void index(Slot slot, const Row& row);
  void unindex(Slot slot);
  [[nodiscard]] std::string column_text(const Row& row, ColumnIndex column) const;

  const RecordType& type_;
  std::vector<Entry> slots_;
  HashIndex by_key_;
  std::vector<ByColumn> by_column_;
  std::vector<WallTime> changed_at_;  // like slots_, where rows are forgotten by age
  std::vector<Slot> free_;            // slots of rows that were forgotten
  std::vector<char> columns_;         // empty: all are kept
  bool forget_ = false;
  bool timed_ = false;
  mutable TextPool pool_;
  std::string packed_;
  mutable std::string key_;  // scratch of find() and load()
  Row scratch_;
  std::size_t living_ = 0;
  std::size_t row_bytes_ = 0;
};

}  // namespace freshet
