// Rows in memory, packed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/state/hash_index.h"
#include "pipeline/state/row_table.h"
#include "pipeline/state/text_pool.h"

namespace freshet {

/// A row costs its packed bytes + its key + about 50 bytes, and where rows are forgotten by age 8 more.
class MemoryRowTable final : public RowTable {
 public:
  /// `type` must outlive the table.
  explicit MemoryRowTable(const RecordType& type) : type_(type) {}

  void index_by(ColumnIndex column) override;
  void forget_deleted() override { forget_ = true; }
  void keep_times() override { timed_ = true; }
  void keep_only(std::vector<char> columns) override { columns_ = std::move(columns); }

  [[nodiscard]] Found find(std::string_view key) const override;
  [[nodiscard]] std::string key(Slot slot) const override;
  void load(Slot slot, Row& out) const override;
  [[nodiscard]] std::span<const Slot> matches(ColumnIndex column, std::string_view text) const override;

  using RowTable::bury;
  using RowTable::put;
  void put(std::string_view key, const Row& row, Version version, WallTime at) override;
  void bury(std::string_view key, Version version, WallTime at) override;
  std::size_t forget_older(WallTime at) override;

  [[nodiscard]] std::size_t living_rows() const override { return living_; }
  [[nodiscard]] std::size_t bytes() const override;
  [[nodiscard]] std::size_t bytes_for(std::size_t living, std::size_t deleted) const override;

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

  [[nodiscard]] Slot slot_of(std::string_view key) const;
  void store(Entry& entry, std::string_view packed);
  void release(Slot slot, std::string_view key);
  void index(Slot slot, const Row& row);
  void unindex(Slot slot);
  [[nodiscard]] std::string column_text(const Row& row, ColumnIndex column) const;

  const RecordType& type_;
  std::vector<Entry> slots_;
  HashIndex by_key_;
  std::vector<ByColumn> by_column_;
  std::vector<WallTime> changed_at_;  // like slots_, if rows are dropped by age
  std::vector<Slot> free_;            // slots of removed rows
  std::vector<char> columns_;         // empty: all are kept
  bool forget_ = false;
  bool timed_ = false;
  mutable TextPool pool_;
  std::string packed_;
  mutable std::string key_;  // scratch of slot_of() and load()
  Row scratch_;
  std::size_t living_ = 0;
  std::size_t row_bytes_ = 0;
};

}  // namespace freshet
