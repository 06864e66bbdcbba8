#include "pipeline/state/memory/memory_row_table.h"

#include <algorithm>
#include <cstring>

#include "base/result.h"
#include "pipeline/state/packed_row.h"

namespace freshet {

void MemoryRowTable::index_by(ColumnIndex column) {
  FRESHET_CHECK(slots_.empty(), "columns are indexed before the first row comes");
  const bool known =
      std::any_of(by_column_.begin(), by_column_.end(), [&](const ByColumn& index) { return index.column == column; });
  if (!known) by_column_.push_back({column, {}});
}

RowTable::Slot MemoryRowTable::slot_of(std::string_view key) const {
  key_.clear();
  pack_key(key, key_);
  return by_key_.find(hash_of(key), [&](Slot slot) {
    const Entry& entry = slots_[slot];
    return entry.size >= key_.size() && std::memcmp(entry.bytes.get(), key_.data(), key_.size()) == 0;
  });
}

RowTable::Found MemoryRowTable::find(std::string_view key) const {
  const Slot slot = slot_of(key);
  if (slot == kNone) return {};
  return {slot, slots_[slot].living != 0, slots_[slot].version};
}

std::string MemoryRowTable::key(Slot slot) const {
  std::string_view packed{slots_[slot].bytes.get(), slots_[slot].size};
  std::string out;
  unpack_key(packed, out);
  return out;
}

void MemoryRowTable::load(Slot slot, Row& out) const {
  const Entry& entry = slots_[slot];
  FRESHET_CHECK(entry.living, "a dead row has no content");
  std::string_view packed{entry.bytes.get(), entry.size};
  key_.clear();
  unpack_key(packed, key_);
  unpack_row(packed, type_, out, {&pool_, key_, nullptr});
}

void MemoryRowTable::put(std::string_view key, const Row& row, Version version, WallTime at) {
  packed_.clear();
  pack_key(key, packed_);
  pack_row(row, type_, packed_, {&pool_, key, columns_.empty() ? nullptr : &columns_});
  Slot slot = slot_of(key);
  if (slot == kNone) {
    if (free_.empty()) {
      slot = static_cast<Slot>(slots_.size());
      slots_.emplace_back();
      if (timed_) changed_at_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    by_key_.add(hash_of(key), slot);
  } else if (slots_[slot].living) {
    unindex(slot);
  }
  store(slots_[slot], packed_);
  Entry& entry = slots_[slot];
  if (!entry.living) ++living_;
  entry.living = 1;
  entry.version = version;
  if (timed_) changed_at_[slot] = at;
  index(slot, row);
}

void MemoryRowTable::bury(std::string_view key, Version version, WallTime at) {
  const Slot slot = slot_of(key);
  if (slot == kNone) return;
  Entry& entry = slots_[slot];
  entry.version = std::max(entry.version, version);
  if (!entry.living) return;
  unindex(slot);
  entry.living = 0;
  --living_;
  if (forget_) return release(slot, key);
  if (timed_) changed_at_[slot] = at;
  packed_.clear();
  pack_key(key, packed_);
  store(entry, packed_);
}

void MemoryRowTable::release(Slot slot, std::string_view key) {
  by_key_.remove(hash_of(key), slot);
  store(slots_[slot], {});
  free_.push_back(slot);
}

std::size_t MemoryRowTable::forget_older(WallTime at) {
  std::size_t gone = 0;
  for (Slot slot = 0; slot < changed_at_.size(); ++slot) {
    Entry& entry = slots_[slot];
    if (entry.size == 0 || changed_at_[slot] >= at) continue;
    if (entry.living) {
      unindex(slot);
      entry.living = 0;
      --living_;
      ++gone;
    }
    release(slot, key(slot));
  }
  return gone;
}

namespace {

/// The number of bytes that the allocator uses for this size.
std::size_t block(std::size_t size) {
  constexpr std::size_t kLeast = 32;
  constexpr std::size_t kStep = 16;
  constexpr std::size_t kHead = 8;
  return size == 0 ? 0 : std::max(kLeast, (size + kHead + kStep - 1) / kStep * kStep);
}

}  // namespace

void MemoryRowTable::store(Entry& entry, std::string_view packed) {
  if (packed.size() != entry.size) {
    row_bytes_ += block(packed.size());
    row_bytes_ -= block(entry.size);
    entry.bytes = packed.empty() ? nullptr : std::make_unique_for_overwrite<char[]>(packed.size());
    entry.size = static_cast<std::uint32_t>(packed.size()) & 0x7fffffffU;
  }
  if (!packed.empty()) std::memcpy(entry.bytes.get(), packed.data(), packed.size());
}

std::string MemoryRowTable::column_text(const Row& row, ColumnIndex column) const {
  std::string text;
  append_text(row, row[column], type_[column].type, text);
  return text;
}

// Null equals nothing, not even null, so such rows are in no index.
void MemoryRowTable::index(Slot slot, const Row& row) {
  for (ByColumn& index : by_column_) {
    if (row[index.column].kind == Kind::Null) continue;
    index.slots[column_text(row, index.column)].push_back(slot);
  }
}

void MemoryRowTable::unindex(Slot slot) {
  if (by_column_.empty()) return;
  load(slot, scratch_);
  for (ByColumn& index : by_column_) {
    const auto found = index.slots.find(column_text(scratch_, index.column));
    if (found == index.slots.end()) continue;
    std::erase(found->second, slot);
    if (found->second.empty()) index.slots.erase(found);
  }
}

std::span<const RowTable::Slot> MemoryRowTable::matches(ColumnIndex column, std::string_view text) const {
  for (const ByColumn& index : by_column_) {
    if (index.column != column) continue;
    const auto found = index.slots.find(std::string(text));
    if (found == index.slots.end()) return {};
    return found->second;
  }
  FRESHET_CHECK(false, "matches() needs index_by()");
  return {};
}

std::size_t MemoryRowTable::bytes() const {
  return row_bytes_ + slots_.capacity() * sizeof(Entry) + changed_at_.capacity() * sizeof(WallTime) +
         free_.capacity() * sizeof(Slot) + by_key_.bytes() + pool_.bytes();
}

std::size_t MemoryRowTable::bytes_for(std::size_t living, std::size_t deleted) const {
  constexpr std::size_t kKey = 32;  // what is left of a deleted row: a key
  if (living_ == 0) return 0;
  if (forget_) deleted = 0;
  const std::size_t entry = sizeof(Entry) + (timed_ ? sizeof(WallTime) : 0);
  return row_bytes_ / living_ * living + kKey * deleted + entry * (living + deleted) +
         HashIndex::bytes_for(living + deleted) + pool_.bytes();
}

}  // namespace freshet
