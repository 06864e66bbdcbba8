#include "pipeline/views/group_operator.h"

#include <algorithm>
#include <bit>

#include "base/result.h"
#include "pipeline/state/packed_row.h"
#include "pipeline/views/event_time.h"

namespace freshet {

namespace {

using Measure = ViewColumn::Measure;

// Maps doubles to whole numbers of the same order, and back: for negative ones all bits except the sign are inverted.
std::int64_t turn_negative(std::int64_t bits) { return bits < 0 ? bits ^ INT64_MAX : bits; }

std::int64_t ordered_value(const Cell& cell) {
  return cell.kind == Kind::Double ? turn_negative(cell.number) : cell.number;
}

Cell cell_of(std::int64_t value, Kind kind) {
  Cell cell;
  cell.kind = kind;
  cell.number = kind == Kind::Double ? turn_negative(value) : value;
  return cell;
}

}  // namespace

GroupOperator::GroupOperator(const View& view, const RecordType& stored, GroupTable& groups)
    : view_(view), stored_(stored), argument_of_(view.columns.size(), 0), groups_(groups) {
  FRESHET_CHECK(view.tumble.has_value(), "a view with windows");
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const ViewColumn& column = view.columns[i];
    if (column.source != ViewColumn::Source::Measure || column.measure == Measure::Count) continue;
    auto known = std::find_if(measured_.begin(), measured_.end(),
                              [&](const Measured& measured) { return measured.column == column.column; });
    if (known == measured_.end()) known = measured_.insert(measured_.end(), Measured{column.column, false, false});
    (column.measure == Measure::Sum ? known->summed : known->ordered) = true;
    argument_of_[i] = static_cast<std::size_t>(known - measured_.begin());
  }
}

void GroupOperator::mark_read(std::vector<char>& columns) const {
  for (const ColumnIndex at : view_.key) columns[index_of(view_.columns[index_of(at)].column)] = 1;
  for (const Measured& measured : measured_) columns[index_of(measured.column)] = 1;
}

void GroupOperator::change(const Row* before, const Row* after, WallTime at) {
  if (before != nullptr) apply(*before, -1, at);
  if (after != nullptr) apply(*after, 1, at);
}

std::size_t GroupOperator::forget_older(WallTime at) {
  FRESHET_CHECK(touched_.empty(), "groups are forgotten after flush()");
  return groups_.forget_older(at);
}

bool GroupOperator::locate(const Row& row) {
  key_.clear();
  key_row_.reset(view_.columns.size());
  for (const ColumnIndex index : view_.key) {
    const std::size_t at = index_of(index);
    const ViewColumn& column = view_.columns[at];
    const Cell& cell = row[column.column];
    if (cell.kind == Kind::Null) return false;
    if (column.source == ViewColumn::Source::Window) {
      const auto time = event_time(row, cell, view_.tumble->form);
      if (!time) return false;
      key_row_.cells[at] = time_cell(epoch_micros(window_start(*time, view_.tumble->size)));
    } else if (cell.kind == Kind::Text) {
      const Cell copy = key_row_.add_text(row.text_of(cell));
      key_row_.cells[at] = copy;
    } else {
      key_row_.cells[at] = cell;
    }
    if (index != view_.key.front()) key_.push_back(kKeySeparator);
    append_text(key_row_, key_row_.cells[at], column.type, key_);
  }
  return true;
}

void GroupOperator::apply(const Row& row, int sign, WallTime at) {
  if (!locate(row)) {
    if (sign > 0) ++left_out_;
    return;
  }
  Group* known = groups_.find(key_);
  if (known == nullptr) {
    if (sign < 0) return;
    known = &groups_.add(key_);
    known->key = key_row_;
    known->arguments.resize(measured_.size());
  }
  Group& group = *known;
  group.changed_at = std::max(group.changed_at, at);
  if (!group.touched) touched_.push_back(key_);
  group.touched = true;
  group.rows += sign;
  for (std::size_t i = 0; i < measured_.size(); ++i) {
    const Cell& cell = row[measured_[i].column];
    if (cell.kind == Kind::Null) continue;
    Group::Argument& argument = group.arguments[i];
    argument.present += sign;
    const auto number = static_cast<std::uint64_t>(cell.number);
    if (measured_[i].summed) argument.sum += sign > 0 ? number : -number;
    if (!measured_[i].ordered) continue;
    const auto value = argument.in_order.try_emplace(ordered_value(cell)).first;
    value->second += sign;
    if (value->second == 0) argument.in_order.erase(value);
  }
}

Cell GroupOperator::measure(std::size_t at, const Group& group) const {
  const ViewColumn& column = view_.columns[at];
  if (column.measure == Measure::Count) return integer_cell(group.rows);
  const Group::Argument& argument = group.arguments[argument_of_[at]];
  if (argument.present == 0) return null_cell();
  if (column.measure == Measure::Sum) return cell_of(std::bit_cast<std::int64_t>(argument.sum), column.type.kind);
  const auto& values = argument.in_order;
  return cell_of(column.measure == Measure::Min ? values.begin()->first : values.rbegin()->first, column.type.kind);
}

void GroupOperator::image(const Group& group, Row& out) const {
  out.reset(stored_.width());
  for (std::size_t i = 0; i < view_.columns.size(); ++i) {
    const ViewColumn& column = view_.columns[i];
    Cell cell = group.key.cells[i];
    if (column.source == ViewColumn::Source::Measure) cell = measure(i, group);
    if (cell.kind == Kind::Text) cell = out.add_text(group.key.text_of(cell));
    out.cells[i] = cell;
  }
}

void GroupOperator::flush(const Emit& emit) {
  for (const std::string& key : touched_) {
    Group& group = *groups_.find(key);
    group.touched = false;
    const bool deleted = group.rows <= 0;  // below 0: rows that came before it was dropped have left
    if (deleted && group.shown.empty()) {
      groups_.erase(key);
      continue;
    }
    if (deleted) {
      // All values are gone with the rows: the image to delete is the one in the sink.
      unpack_row(group.shown, view_.record, out_.row);
      out_.row.cells.resize(stored_.width());
    } else {
      image(group, out_.row);
      packed_.clear();
      pack_row(out_.row, view_.record, packed_);
      if (packed_ == group.shown) continue;
      group.shown = packed_;
    }
    out_.key = key;
    const std::int64_t version = groups_.next_version();
    if (stored_.width() > view_.record.width()) out_.row.cells[view_.record.width()] = integer_cell(version);
    emit(deleted, out_);
    if (deleted) groups_.erase(key);
  }
  touched_.clear();
}

}  // namespace freshet
