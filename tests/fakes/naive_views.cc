#include "fakes/naive_views.h"

#include <set>
#include <utility>

namespace freshet::fakes {

namespace {

Cell deep_copy(const Row& from, const Cell& cell, const ColumnType& type, Row& to) {
  switch (cell.kind) {
    case Kind::Text:
      return to.add_text(std::string(from.text_of(cell)));
    case Kind::List: {
      const std::vector<Column>& columns = type.item->columns;
      const Cell list = to.add_list(static_cast<std::size_t>(cell.number), columns.size());
      for (std::size_t i = 0; i < static_cast<std::size_t>(cell.number); ++i) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
          const std::size_t offset = i * columns.size() + c;
          const Cell copy = deep_copy(from, from.cells[cell.begin + offset], columns[c].type, to);
          to.cells[list.begin + offset] = copy;
        }
      }
      return list;
    }
    default:
      return cell;
  }
}

}  // namespace

std::string text_of(const Row& row, const RecordType& record, ColumnIndex column) {
  std::string text;
  if (row[column].kind != Kind::Null) append_text(row, row[column], record[column].type, text);
  return text;
}

NaiveViews::NaiveViews(const Scenario& scenario) : scenario_(scenario), places_(scenario.views.size()) {}

void NaiveViews::apply(EntityId entity, const std::string& key, const Row* row, Version version,
                       std::vector<ViewChange>& out) {
  std::optional<VersionedRow> now;
  if (row != nullptr) now = VersionedRow{*row, {{entity, version}}, {}};
  for (std::size_t v = 0; v < scenario_.views.size(); ++v) {
    const std::vector<View::Input>& inputs = scenario_.views[v].inputs;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      if (inputs[input].entity == entity) change_input(ViewId{static_cast<std::uint16_t>(v)}, input, key, now, out);
    }
  }
}

std::map<std::string, VersionedRow> NaiveViews::rows(ViewId view) const {
  std::map<std::string, VersionedRow> all;
  for (const auto& [text, rows] : places_[index_of(view)].shown) all.insert(rows.begin(), rows.end());
  return all;
}

void NaiveViews::change_input(ViewId view, std::size_t input, const std::string& key,
                              const std::optional<VersionedRow>& now, std::vector<ViewChange>& out) {
  const View& declared = scenario_.view(view);
  Place& place = places_[index_of(view)];
  std::set<std::string> touched;
  if (const auto before = place.text_of[input].find(key); before != place.text_of[input].end()) {
    touched.insert(before->second);
    place.inputs[input][before->second].erase(key);
    place.text_of[input].erase(before);
  }
  if (now) {
    const View::Input& from = declared.inputs[input];
    const bool joins = declared.inputs.size() == 2;
    const std::string text = joins ? text_of(now->row, record_of(from), *from.on_column) : key;
    if (!joins || now->row[*from.on_column].kind != Kind::Null) {
      touched.insert(text);
      place.inputs[input][text][key] = *now;
      place.text_of[input][key] = text;
    }
  }
  for (const std::string& text : touched) refresh(view, text, out);
}

void NaiveViews::refresh(ViewId view, const std::string& text, std::vector<ViewChange>& out) {
  const View& declared = scenario_.view(view);
  Place& place = places_[index_of(view)];
  RowsByKey now;
  for (const auto& [left_key, left] : place.inputs[0][text]) {
    if (declared.inputs.size() < 2) {
      compose(declared, left, nullptr, now);
      continue;
    }
    for (const auto& [right_key, right] : place.inputs[1][text]) compose(declared, left, &right, now);
  }
  RowsByKey& shown = place.shown[text];
  std::vector<ViewChange> changes;
  for (auto& [key, row] : now) {
    const auto before = shown.find(key);
    const bool existed = before != shown.end();
    if (existed && before->second.image == row.image) {
      row.versions = before->second.versions;
    } else {
      changes.push_back({view, key, existed, row});
    }
  }
  for (const auto& [key, row] : shown) {
    if (!now.contains(key)) changes.push_back({view, key, true, std::nullopt});
  }
  if (now.empty()) {
    place.shown.erase(text);
  } else {
    shown = std::move(now);
  }
  for (const ViewChange& change : changes) {
    out.push_back(change);
    for (std::size_t v = index_of(view) + 1; v < scenario_.views.size(); ++v) {
      const std::vector<View::Input>& inputs = scenario_.views[v].inputs;
      for (std::size_t input = 0; input < inputs.size(); ++input) {
        if (inputs[input].view != view) continue;
        change_input(ViewId{static_cast<std::uint16_t>(v)}, input, change.key, change.now, out);
      }
    }
  }
}

void NaiveViews::compose(const View& view, const VersionedRow& left, const VersionedRow* right, RowsByKey& out) const {
  if (!view.unnest_column) return compose_one(view, left, right, 0, 0, out);
  const ColumnIndex column = *view.unnest_column;
  const Cell& list = left.row[column];
  if (list.kind != Kind::List) return;
  const std::size_t width = record_of(view.inputs[0])[column].type.item->width();
  for (std::size_t i = 0; i < static_cast<std::size_t>(list.number); ++i) {
    compose_one(view, left, right, i + 1, list.begin + i * width, out);
  }
}

void NaiveViews::compose_one(const View& view, const VersionedRow& left, const VersionedRow* right, std::size_t line,
                             std::size_t item, RowsByKey& out) const {
  VersionedRow made;
  made.versions = left.versions;
  if (right != nullptr) made.versions.insert(right->versions.begin(), right->versions.end());
  made.row.reset(view.columns.size());
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const ViewColumn& column = view.columns[i];
    const std::size_t from = index_of(column.column);
    if (column.source == ViewColumn::Source::Line) {
      made.row.cells[i] = integer_cell(static_cast<std::int64_t>(line));
    } else {
      const bool of_item = column.source == ViewColumn::Source::Item;
      const Row& row = column.input == 1 ? right->row : left.row;
      const Cell copy = deep_copy(row, row.cells[of_item ? item + from : from], column.type, made.row);
      made.row.cells[i] = copy;
    }
  }
  append_json_object(made.row, 0, view.record, made.image);
  std::string key;
  for (const ColumnIndex part : view.key) {
    if (!key.empty()) key += kKeySeparator;
    append_text(made.row, made.row[part], view.columns[index_of(part)].type, key);
  }
  out[key] = std::move(made);
}

const RecordType& NaiveViews::record_of(const View::Input& input) const {
  return input.view ? scenario_.view(*input.view).record : scenario_.entity(*input.entity).record;
}

}  // namespace freshet::fakes
