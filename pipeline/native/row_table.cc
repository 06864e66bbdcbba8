#include "pipeline/native/row_table.h"

#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "pipeline/native/packed_row.h"

namespace freshet {

void RowTable::index_by(int column) {
  FRESHET_CHECK(slots_.empty(), "columns are indexed before the first row comes");
  const bool known = std::any_of(by_column_.begin(), by_column_.end(),
                                 [&](const ColumnIndex& index) { return index.column == column; });
  if (!known) by_column_.push_back({column, {}});
}

RowTable::Slot RowTable::find(std::string_view key) const {
  return by_key_.find(hash_of(key), [&](Slot slot) { return this->key(slot) == key; });
}

std::string_view RowTable::key(Slot slot) const {
  const Entry& entry = slots_[slot];
  return {entry.bytes.get(), entry.key_size};
}

void RowTable::load(Slot slot, Row& out) const {
  const Entry& entry = slots_[slot];
  FRESHET_CHECK(entry.living, "a dead row has no content");
  unpack_row({entry.bytes.get() + entry.key_size, entry.size - entry.key_size}, type_, out);
}

void RowTable::put(std::string_view key, const Row& row, Version version) {
  packed_.clear();
  pack_row(row, type_, packed_);
  Slot slot = find(key);
  if (slot == kNone) {
    slot = static_cast<Slot>(slots_.size());
    slots_.emplace_back();
    store(slots_[slot], key, packed_);
    by_key_.add(hash_of(key), slot);
  } else {
    if (slots_[slot].living) unindex(slot);
    store(slots_[slot], key, packed_);
  }
  Entry& entry = slots_[slot];
  if (!entry.living) ++living_;
  entry.living = true;
  entry.version = version;
  index(slot, row);
}

void RowTable::bury(std::string_view key, Version version) {
  const Slot slot = find(key);
  if (slot == kNone) return;
  Entry& entry = slots_[slot];
  entry.version = std::max(entry.version, version);
  if (!entry.living) return;
  unindex(slot);
  entry.living = false;
  --living_;
  store(entry, key, {});
}

void RowTable::store(Entry& entry, std::string_view key, std::string_view row) {
  const std::size_t size = key.size() + row.size();
  // Same size: in place. Key and bytes may be the entry's own, so a new buffer is filled before the old one goes.
  if (size != entry.size || entry.bytes == nullptr) {
    auto bytes = std::make_unique<char[]>(size);
    std::memcpy(bytes.get(), key.data(), key.size());
    row_bytes_ += size;
    row_bytes_ -= entry.size;
    entry.bytes = std::move(bytes);
    entry.size = static_cast<std::uint32_t>(size);
    entry.key_size = static_cast<std::uint32_t>(key.size());
  }
  if (!row.empty()) std::memcpy(entry.bytes.get() + entry.key_size, row.data(), row.size());
}

std::string RowTable::column_text(const Row& row, int column) const {
  const auto at = static_cast<std::size_t>(column);
  std::string text;
  append_text(row, row.cells[at], type_.columns[at].type, text);
  return text;
}

// Null equals nothing, not even null: such rows are in no index.
void RowTable::index(Slot slot, const Row& row) {
  for (ColumnIndex& index : by_column_) {
    if (row.cells[static_cast<std::size_t>(index.column)].kind == Kind::Null) continue;
    index.slots[column_text(row, index.column)].push_back(slot);
  }
}

void RowTable::unindex(Slot slot) {
  if (by_column_.empty()) return;
  load(slot, scratch_);
  for (ColumnIndex& index : by_column_) {
    const auto found = index.slots.find(column_text(scratch_, index.column));
    if (found == index.slots.end()) continue;
    std::erase(found->second, slot);
    if (found->second.empty()) index.slots.erase(found);
  }
}

const std::vector<RowTable::Slot>& RowTable::matches(int column, std::string_view text) const {
  static const std::vector<Slot> kNoSlots;
  for (const ColumnIndex& index : by_column_) {
    if (index.column != column) continue;
    const auto found = index.slots.find(std::string(text));
    return found == index.slots.end() ? kNoSlots : found->second;
  }
  FRESHET_CHECK(false, "matches() needs index_by()");
  return kNoSlots;
}

std::size_t RowTable::bytes() const { return row_bytes_ + slots_.capacity() * sizeof(Entry) + by_key_.bytes(); }

}  // namespace freshet
