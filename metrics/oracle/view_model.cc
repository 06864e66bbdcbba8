#include "metrics/oracle/view_model.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/result.h"
#include "base/text/digits.h"

namespace freshet {

namespace {

/// Copies a cell, and the cells and text it refers to, into another row.
Cell copy_cell(const Row& from, const Cell& cell, const ColumnType& type, Row& to) {
  if (cell.kind == Kind::Text) return to.add_text(from.text_of(cell));
  if (cell.kind != Kind::List) return cell;
  const std::size_t width = type.item->width();
  const auto items = static_cast<std::size_t>(cell.number);
  const Cell list = to.add_list(items, width);
  for (std::size_t i = 0; i < items * width; ++i) {
    const Cell copy = copy_cell(from, from.cells[cell.begin + i], type.item->columns[i % width].type, to);
    to.cells[list.begin + i] = copy;
  }
  return list;
}

/// Appends the view's columns for one pair of input rows. For an unnest, `item` is the index of the item's first cell.
void project(const View& view, const Row& left, const Row& right, std::uint32_t line, std::size_t item, Row& out) {
  out.reset(view.columns.size());
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const ViewColumn& column = view.columns[i];
    if (column.source == ViewColumn::Source::Line) {
      out.cells[i] = integer_cell(line);
      continue;
    }
    const Row& from = column.input == 1 && column.source == ViewColumn::Source::Input ? right : left;
    const std::size_t first = column.source == ViewColumn::Source::Item ? item : 0;
    const Cell copy = copy_cell(from, from.cells[first + index_of(column.column)], column.type, out);
    out.cells[i] = copy;
  }
}

/// True if the two rows agree in everything that a view uses of them.
bool equal_in(const RecordType& type, const UsedColumn& use, const Row& a, const Row& b) {
  const Cell& x = a[use.column];
  const Cell& y = b[use.column];
  const ColumnType& column = type[use.column].type;
  if (!use.items_only || x.kind != Kind::List || y.kind != Kind::List) return equal_cells(a, x, b, y, column);
  if (x.number != y.number) return false;
  const std::size_t width = column.item->width();
  for (std::size_t first = 0; first < static_cast<std::size_t>(x.number) * width; first += width) {
    for (const ColumnIndex item : use.item_columns) {
      const std::size_t at = first + index_of(item);
      const ColumnType& item_type = (*column.item)[item].type;
      if (!equal_cells(a, a.cells[x.begin + at], b, b.cells[y.begin + at], item_type)) return false;
    }
  }
  return true;
}

}  // namespace

std::optional<WallTime> instant_of(const Row& row, const Cell& cell, constructs::Time::Form form) {
  using Form = constructs::Time::Form;
  if (form == Form::Native)
    return cell.kind == Kind::Time ? std::optional(WallTime{Micros{cell.number}}) : std::nullopt;
  std::string text;
  append_text(row, cell, {}, text);
  if (form == Form::WholeSeconds || form == Form::WholeMillis || form == Form::WholeMicros ||
      form == Form::EpochMillis) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, number);
    const bool whole = error == std::errc() && read_to == end;
    if (!whole || (cell.kind != Kind::Integer && cell.kind != Kind::Text)) return std::nullopt;
    return WallTime{number * Micros{form == Form::WholeSeconds ? 1'000'000 : form == Form::WholeMicros ? 1 : 1'000}};
  }
  // An ISO text: the local time up to the sign of the zone (skipping the hyphens of the date), then the zone.
  const std::size_t zone = text.find_first_of("+-Z", 11);
  std::int64_t micros = 0;
  if (cell.kind != Kind::Text || zone == std::string::npos || !parse_time(text.substr(0, zone), micros))
    return std::nullopt;
  const WallTime local{Micros{micros}};
  if (text[zone] == 'Z') return local;
  std::uint32_t hours = 0, minutes = 0;
  if (!read_digits(text, zone + 1, 2, hours) || !read_digits(text, zone + 4, 2, minutes)) return std::nullopt;
  const Micros offset = (hours * std::int64_t{60} + minutes) * 60 * kMicrosPerSecond;
  return text[zone] == '-' ? local + offset : local - offset;
}

ViewModel::ViewModel(const Scenario& scenario, const Rows& rows, ViewId view)
    : scenario_(scenario),
      rows_(rows),
      id_(view),
      view_(scenario.view(view)),
      used_(used_columns(scenario, view_)),
      scratch_(scenario.views.size()) {
  for (std::size_t i = 0; i < scenario.views.size(); ++i) scratch_[i].resize(scenario.views[i].inputs.size());
  for (std::size_t input = 0; input < used_.size(); ++input) {
    const std::vector<bool> changeable = changeable_columns(scenario, view_.versions_of[input]);
    ignores_updates_.push_back(
        std::ranges::none_of(used_[input], [&](const UsedColumn& use) { return changeable.at(index_of(use.column)); }));
  }
}

void ViewModel::rows(Ordinal root, std::span<const Version> versions, std::vector<ExpectedRow>& out) const {
  FRESHET_CHECK(versions.size() == view_.versions_of.size(), "one version per input of the view");
  evaluate(id_, root, versions, out);
  for (ExpectedRow& row : out) key_of(row.image, row.key);
}

const ViewModel::Relation& ViewModel::input_rows(ViewId view, std::size_t input, Ordinal root,
                                                 std::span<const Version> versions) const {
  const View::Input& from = scenario_.view(view).inputs[input];
  Scratch& scratch = scratch_[index_of(view)][input];
  if (from.view) {
    evaluate(*from.view, root, versions, scratch.rows);
    return scratch.rows;
  }
  const auto place = std::ranges::find(view_.versions_of, *from.entity) - view_.versions_of.begin();
  const Version version = versions[static_cast<std::size_t>(place)];
  if (version != 0 && scratch.version == version && scratch.root == root) return scratch.rows;
  scratch.root = root;
  scratch.version = version;
  resize(scratch.rows, version == 0 ? 0 : 1);
  if (version == 0) return scratch.rows;
  scratch.rows[0].line = 0;
  rows_.row(*from.entity, root, version, scratch.rows[0].image);
  return scratch.rows;
}

void ViewModel::evaluate(ViewId id, Ordinal root, std::span<const Version> versions, Relation& out) const {
  static const Relation kOne(1);
  const View& view = scenario_.view(id);
  const Relation& lefts = input_rows(id, 0, root, versions);
  const Relation& rights = view.inputs.size() < 2 || lefts.empty() ? kOne : input_rows(id, 1, root, versions);
  std::size_t count = 0;
  const auto next = [&]() -> ExpectedRow& {
    if (out.size() == count) resize(out, count + 1);
    return out[count++];
  };
  for (const ExpectedRow& left : lefts) {
    for (const ExpectedRow& right : rights) {
      if (view.inputs.size() == 2 && !joins(view, left.image, right.image)) continue;
      if (view.tumble) {
        if (!contribution(view, left.image, next().image)) --count;
        continue;
      }
      if (!view.unnest_column) {
        ExpectedRow& row = next();
        project(view, left.image, right.image, 0, 0, row.image);
        row.line = left.line;
        continue;
      }
      const Cell& list = left.image[*view.unnest_column];
      if (list.kind != Kind::List) continue;
      const std::size_t width = type_of(view.inputs[0], *view.unnest_column).item->width();
      for (std::size_t k = 0; k < static_cast<std::size_t>(list.number); ++k) {
        ExpectedRow& row = next();
        row.line = static_cast<std::uint32_t>(k + 1);
        project(view, left.image, right.image, row.line, list.begin + k * width, row.image);
      }
    }
  }
  resize(out, count);
}

bool ViewModel::contribution(const View& view, const Row& row, Row& out) {
  out.reset(view.columns.size());
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const ViewColumn& column = view.columns[i];
    if (column.source == ViewColumn::Source::Measure && column.measure == ViewColumn::Measure::Count) {
      out.cells[i] = integer_cell(1);
      continue;
    }
    const Cell& from = row[column.column];
    if (column.source == ViewColumn::Source::Window) {
      const std::optional<WallTime> instant = instant_of(row, from, view.tumble->form);
      if (!instant) return false;
      const Micros size = view.tumble->size;
      std::int64_t number = instant->time_since_epoch() / size;
      if (number * size > instant->time_since_epoch()) --number;  // division rounds towards zero
      out.cells[i] = time_cell((number * size).count());
      continue;
    }
    if (column.source == ViewColumn::Source::Input && from.kind == Kind::Null) return false;
    const Cell copy = copy_cell(row, from, column.type, out);
    out.cells[i] = copy;
  }
  return true;
}

void ViewModel::resize(Relation& relation, std::size_t size) const {
  for (; relation.size() > size; relation.pop_back()) spare_.push_back(std::move(relation.back()));
  for (; relation.size() < size && !spare_.empty(); spare_.pop_back()) relation.push_back(std::move(spare_.back()));
  relation.resize(size);
}

bool ViewModel::joins(const View& view, const Row& left, const Row& right) const {
  const Cell& x = left[*view.inputs[0].on_column];
  const Cell& y = right[*view.inputs[1].on_column];
  if (x.kind == Kind::Null || y.kind == Kind::Null) return false;
  return equal_cells(left, x, right, y, type_of(view.inputs[0], *view.inputs[0].on_column));
}

const ColumnType& ViewModel::type_of(const View::Input& input, ColumnIndex column) const {
  const RecordType& type = input.view ? scenario_.view(*input.view).record : rows_.type_of(*input.entity);
  return type[column].type;
}

bool ViewModel::shows_same(std::size_t input, Ordinal root, Version a, Version b) const {
  if (a == b || ignores_updates_[input]) return true;
  const EntityId entity = view_.versions_of[input];
  rows_.row(entity, root, a, older_);
  rows_.row(entity, root, b, newer_);
  const RecordType& type = rows_.type_of(entity);
  return std::ranges::all_of(used_[input], [&](const UsedColumn& use) { return equal_in(type, use, older_, newer_); });
}

Version ViewModel::effective(std::size_t input, Ordinal root, Version version) const {
  life_.clear();
  rows_.life_of(view_.versions_of[input], root, life_);
  std::size_t at = life_.size();
  while (at > 0 && life_[at - 1].version > version) --at;
  if (at == 0) return 0;
  for (--at; at > 0 && life_[at].operation == Operation::Update; --at) {
    if (!shows_same(input, root, life_[at - 1].version, life_[at].version)) break;
  }
  return life_[at].version;
}

bool ViewModel::locate(const Row& found, Ordinal& root, std::uint32_t& line) const {
  std::optional<Ordinal> ordinal;
  line = 0;
  std::string text;
  for (const ColumnIndex index : view_.key) {
    const ViewColumn& column = view_.columns[index_of(index)];
    const Cell& cell = found[index];
    if (cell.kind == Kind::Null) return false;
    const Scenario::Provenance from = scenario_.provenance(view_, column);
    if (from.line) {
      if (cell.kind != Kind::Integer || cell.number < 1 || cell.number > std::numeric_limits<std::uint32_t>::max()) {
        return false;
      }
      line = static_cast<std::uint32_t>(cell.number);
    } else if (from.is_key() && !ordinal) {
      // Column 0 is an entity's key, and a child's key is its parent's.
      text.clear();
      append_text(found, cell, column.type, text);
      ordinal = rows_.ordinal_of(*from.entity, text);
      if (!ordinal) return false;
    }
  }
  if (ordinal) root = *ordinal;
  return ordinal.has_value();
}

void ViewModel::key_of(const Row& image, std::string& key) const {
  key.clear();
  for (const ColumnIndex index : view_.key) {
    if (index != view_.key.front()) key.push_back(kKeySeparator);
    append_text(image, image[index], view_.columns[index_of(index)].type, key);
  }
}

}  // namespace freshet
