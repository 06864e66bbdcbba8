#include "generator/row/frozen_rows.h"

#include <algorithm>

#include "generator/row/columns.h"

namespace freshet {
const FrozenRows::Kept& FrozenRows::kept(EntityId id) {
  std::unique_ptr<Kept>& kept = kept_[id];
  if (kept) return *kept;
  kept = std::make_unique<Kept>();
  const Entity& entity = scenario_.entity(id);
  for (std::size_t i = 0; i < entity.record.width(); ++i) {
    if (fixed_at_first(scenario_, id, ColumnIndex{i})) kept->table.columns.push_back(ColumnIndex{i});
  }
  if (kept->table.columns.empty()) return *kept;
  std::vector<std::pair<std::size_t, std::size_t>> copied;  // a cell, and the offset of its text
  Row row;
  for (Ordinal ordinal = 0; ordinal < static_cast<Ordinal>(*entity.rows); ++ordinal) {
    first_version_(id, ordinal, row);
    for (const ColumnIndex column : kept->table.columns) {
      const Cell& cell = row[column];
      if (cell.kind == Kind::Text) {
        copied.emplace_back(kept->table.cells.size(), kept->texts.size());
        kept->texts += row.text_of(cell);
      }
      kept->table.cells.push_back(cell);
    }
  }
  kept->texts.append(kAfterLent, '\0');
  for (const auto& [cell, begin] : copied) {
    Cell& text = kept->table.cells[cell];
    text = lent_text({kept->texts.data() + begin, text.size});
  }
  return *kept;
}

FrozenTable FrozenRows::table(EntityId id, const std::vector<ColumnIndex>& columns) {
  const Entity& entity = scenario_.entity(id);
  if (!entity.rows || *entity.rows > kMostRows) return {};
  const FrozenTable& all = kept(id).table;
  FrozenTable out;
  std::vector<std::size_t> places;
  for (const ColumnIndex column : columns) {
    const auto place = std::find(all.columns.begin(), all.columns.end(), column);
    if (place == all.columns.end()) continue;
    out.columns.push_back(column);
    places.push_back(static_cast<std::size_t>(place - all.columns.begin()));
  }
  for (std::size_t row = 0; !places.empty() && row < all.cells.size(); row += all.columns.size()) {
    for (const std::size_t place : places) {
      out.cells.push_back(all.cells[row + place]);
      out.cells.back().instance = static_cast<std::uint16_t>(row / all.columns.size());
    }
  }
  return out;
}

std::size_t FrozenRows::lent_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [entity, kept] : kept_) {
    bytes += kept->texts.capacity() + kept->table.cells.capacity() * sizeof(Cell);
  }
  return bytes;
}

}  // namespace freshet
