#include "pipeline/views/view_operator.h"

#include <algorithm>

#include "base/result.h"
#include "pipeline/state/packed_row.h"

namespace freshet {

namespace {

const RecordType& record_of(const Scenario& scenario, const View::Input& input) {
  return input.entity ? scenario.entity(*input.entity).record : scenario.view(*input.view).record;
}

/// The columns whose values tell the input's rows apart.
std::vector<ColumnIndex> key_of(const Scenario& scenario, const View::Input& input) {
  return input.entity ? std::vector<ColumnIndex>{ColumnIndex{0}} : scenario.view(*input.view).key;
}

}  // namespace

bool versions_at_least(const Row& row, const Row& other, std::size_t first, std::size_t components) {
  for (std::size_t i = first; i < first + components; ++i) {
    if (row.cells[i].number < other.cells[i].number) return false;
  }
  return true;
}

ViewOperator::ViewOperator(const Scenario& scenario, const View& view, std::array<RowTable*, 2> tables)
    : view_(view), stored_(stored_record(scenario, view)), join_(view.inputs.size() == 2) {
  for (std::size_t input = 0; input < view.inputs.size(); ++input) resolve(scenario, input, tables[input]);
  if (join_) find_contested(scenario);
}

void ViewOperator::resolve(const Scenario& scenario, std::size_t input, RowTable* table) {
  Side& side = sides_[input];
  const View::Input& source = view_.inputs[input];
  side.table = table;
  if (source.on_column) side.on_column = *source.on_column;
  side.record = &record_of(scenario, source);
  for (const ViewColumn& column : view_.columns) {
    if (column.source == ViewColumn::Source::Input && column.input == input) {
      side.used.push_back(column.column);
    }
  }
  if (input == 0 && view_.unnest_column) side.used.push_back(*view_.unnest_column);
  if (join_) {
    side.used.push_back(side.on_column);
    side.by_key = key_of(scenario, source) == std::vector<ColumnIndex>{side.on_column};
    if (!side.by_key) side.table->index_by(side.on_column);
  }
  std::sort(side.used.begin(), side.used.end());
  side.used.erase(std::unique(side.used.begin(), side.used.end()), side.used.end());
  if (!scenario.stamp) return;
  const auto component = [&](EntityId entity) {
    const auto found = std::find(view_.versions_of.begin(), view_.versions_of.end(), entity);
    FRESHET_CHECK(found != view_.versions_of.end(), "a view has a version of every entity below it");
    return static_cast<std::size_t>(found - view_.versions_of.begin());
  };
  if (source.entity) {
    const auto column = scenario.entity(*source.entity).version_column;
    FRESHET_CHECK(column.has_value(), "with stamps every row has a version");
    side.versions.push_back({index_of(*column), component(*source.entity)});
    return;
  }
  const View& upstream = scenario.view(*source.view);
  for (std::size_t i = 0; i < upstream.versions_of.size(); ++i) {
    side.versions.push_back({upstream.record.width() + i, component(upstream.versions_of[i])});
  }
}

// Two pairs of a group can have the same key in the view only if a side with several rows per value does not have its
// own key among the view's key columns.
void ViewOperator::find_contested(const Scenario& scenario) {
  for (std::size_t input = 0; input < 2; ++input) {
    if (sides_[input].by_key) continue;
    const std::vector<ColumnIndex> input_key = key_of(scenario, view_.inputs[input]);
    const bool covered = std::all_of(input_key.begin(), input_key.end(), [&](ColumnIndex key_column) {
      return std::any_of(view_.key.begin(), view_.key.end(), [&](ColumnIndex at) {
        const ViewColumn& column = view_.columns[index_of(at)];
        return column.source == ViewColumn::Source::Input && column.input == input && column.column == key_column;
      });
    });
    if (!covered) contested_ = true;
  }
}

bool ViewOperator::differ(std::size_t input, const Row& before, const Row& after) const {
  const Side& side = sides_[input];
  const bool other_instance =
      std::any_of(side.versions.begin(), side.versions.end(), [&](const VersionSource& version) {
        return after.cells[version.cell].number < before.cells[version.cell].number;
      });
  return other_instance || std::any_of(side.used.begin(), side.used.end(), [&](ColumnIndex column) {
           return !equal_cells(before, before[column], after, after[column], (*side.record)[column].type);
         });
}

void ViewOperator::mark_read(std::size_t input, std::vector<char>& columns) const {
  for (const ColumnIndex column : sides_[input].used) columns[index_of(column)] = 1;
  for (const VersionSource& version : sides_[input].versions) columns[version.cell] = 1;
}

// Returns false for null, which equals nothing.
bool ViewOperator::on_text(std::size_t input, const Row& row, std::string& text) const {
  const Side& side = sides_[input];
  const Cell& cell = row[side.on_column];
  text.clear();
  if (cell.kind == Kind::Null) return false;
  append_text(row, cell, (*side.record)[side.on_column].type, text);
  return true;
}

template <typename Visit>
void ViewOperator::each_match(std::size_t input, const std::string& text, Visit visit) {
  const Side& side = sides_[input];
  if (side.by_key) {
    const RowTable::Found found = side.table->find(text);
    if (found.living) visit(found.slot);
    return;
  }
  for (const RowTable::Slot slot : side.table->matches(side.on_column, text)) visit(slot);
}

void ViewOperator::collect(std::size_t input, const Row* row, const Row* other, ViewRows& out) {
  if (!join_) {
    if (row != nullptr) compose(row, nullptr, out);
    return;
  }
  if (contested_) {
    const bool has = row != nullptr && on_text(input, *row, text_);
    const bool had = other != nullptr && on_text(input, *other, other_text_);
    if (has) collect_group(text_, out);
    if (had && !(has && other_text_ == text_)) collect_group(other_text_, out);
    return;
  }
  if (row == nullptr || !on_text(input, *row, text_)) return;
  const std::size_t partner = 1 - input;
  each_match(partner, text_, [&](RowTable::Slot slot) {
    sides_[partner].table->load(slot, partner_);
    if (input == 0) {
      compose(row, &partner_, out);
    } else {
      compose(&partner_, row, out);
    }
  });
}

void ViewOperator::collect_group(const std::string& text, ViewRows& out) {
  std::array<std::vector<RowTable::Slot>, 2> slots;
  for (std::size_t input = 0; input < 2; ++input) {
    RowTable* table = sides_[input].table;
    each_match(input, text, [&](RowTable::Slot slot) { slots[input].push_back(slot); });
    std::sort(slots[input].begin(), slots[input].end(),
              [&](RowTable::Slot a, RowTable::Slot b) { return table->key(a) < table->key(b); });
  }
  for (const RowTable::Slot first : slots[0]) {
    sides_[0].table->load(first, first_);
    for (const RowTable::Slot second : slots[1]) {
      sides_[1].table->load(second, second_);
      compose(&first_, &second_, out);
    }
  }
}

void ViewOperator::compose(const Row* first, const Row* second, ViewRows& out) {
  if (!view_.unnest_column) return compose_one({first, second}, 0, out);
  const Cell& list = (*first)[*view_.unnest_column];
  if (list.kind != Kind::List) return;
  for (std::size_t item = 0; item < static_cast<std::size_t>(list.number); ++item) {
    compose_one({first, second}, item, out);
  }
}

void ViewOperator::compose_one(std::array<const Row*, 2> inputs, std::size_t item, ViewRows& out) {
  Row& row = out.add().row;
  row.reset(stored_.width());
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    const ViewColumn& column = view_.columns[i];
    if (column.source == ViewColumn::Source::Line) {
      row.cells[i] = integer_cell(static_cast<std::int64_t>(item) + 1);
      continue;
    }
    const Row& input = *inputs[column.source == ViewColumn::Source::Item ? 0 : column.input];
    std::size_t at = index_of(column.column);
    if (column.source == ViewColumn::Source::Item) {
      const ColumnIndex list = *view_.unnest_column;
      at += input[list].begin + item * (*sides_[0].record)[list].type.item->width();
    }
    copy_cell(input, input.cells[at], column.type, row, i);
  }
  for (std::size_t i = view_.columns.size(); i < stored_.width(); ++i) row.cells[i] = integer_cell(0);
  for (std::size_t input = 0; input < view_.inputs.size(); ++input) {
    for (const VersionSource& source : sides_[input].versions) {
      Cell& cell = row.cells[view_.columns.size() + source.component];
      cell.number = std::max(cell.number, inputs[input]->cells[source.cell].number);
    }
  }
  add_key(out);
}

void ViewOperator::add_key(ViewRows& out) {
  ViewRow& made = out[out.size() - 1];
  made.key.clear();
  for (const ColumnIndex column : view_.key) {
    const Cell& cell = made.row[column];
    if (cell.kind == Kind::Null) {
      // No table accepts it, so the view cannot show this row.
      ++null_keys_;
      out.drop_last();
      return;
    }
    if (column != view_.key.front()) made.key.push_back(kKeySeparator);
    append_text(made.row, cell, view_.columns[index_of(column)].type, made.key);
  }
}

bool ViewOperator::same_image(const ViewRow& a, const ViewRow& b) const {
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    if (!equal_cells(a.row, a.row.cells[i], b.row, b.row.cells[i], view_.columns[i].type)) return false;
  }
  return true;
}

void ViewOperator::compare(ViewRows& before, ViewRows& after, Difference& out) {
  out.gone.clear();
  out.put.clear();
  // If several rows have one key, the last one wins, on both sides.
  matched_.assign(before.size(), 0);
  const bool aligned = before.size() <= 1 && after.size() <= 1;
  if (!aligned) {
    by_key_.clear();
    for (std::uint32_t i = static_cast<std::uint32_t>(before.size()); i-- > 0;) {
      const std::uint64_t hash = hash_of(before[i].key);
      if (by_key_.find(hash, [&](std::uint32_t id) { return before[id].key == before[i].key; }) == HashIndex::kNone) {
        by_key_.add(hash, i);
      } else {
        matched_[i] = 1;
      }
    }
  }
  const auto find_before = [&](const std::string& key) -> std::uint32_t {
    if (aligned) return !before.empty() && before[0].key == key ? 0 : HashIndex::kNone;
    return by_key_.find(hash_of(key), [&](std::uint32_t id) { return before[id].key == key; });
  };
  HashIndex seen;
  for (std::uint32_t i = static_cast<std::uint32_t>(after.size()); i-- > 0;) {
    ViewRow& row = after[i];
    if (!aligned) {
      const std::uint64_t hash = hash_of(row.key);
      if (seen.find(hash, [&](std::uint32_t id) { return after[id].key == row.key; }) != HashIndex::kNone) continue;
      seen.add(hash, i);
    }
    const std::uint32_t old = find_before(row.key);
    if (old == HashIndex::kNone) {
      out.put.push_back({nullptr, &row});
      continue;
    }
    matched_[old] = 1;
    // An equal image with lower versions belongs to another instance, whose later versions must not be taken for older
    // ones.
    const bool unchanged =
        same_image(before[old], row) && versions_at_least(row.row, before[old].row, view_.record.width(), components());
    if (!unchanged) out.put.push_back({&before[old], &row});
  }
  std::reverse(out.put.begin(), out.put.end());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!matched_[i]) out.gone.push_back(&before[i]);
  }
}

}  // namespace freshet
