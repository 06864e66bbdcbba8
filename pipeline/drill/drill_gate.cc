#include "pipeline/drill/drill_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/state/packed_row.h"

namespace freshet {

namespace {

/// Longer than a look for a row takes: a delay that is cut short by less than this may have been measured in full.
constexpr Nanos kDelayBoundary = 100 * kNanosPerMilli;

// A number in [0, 1) from the key's text: FNV-1a, then the finaliser of splitmix64. It must differ from the hash of any
// table or shard, so that the picked keys are spread over them.
double fraction_of(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash += 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  hash ^= hash >> 31;
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

bool in_key(const View& view, std::size_t column) {
  return std::find(view.key.begin(), view.key.end(), ColumnIndex{column}) != view.key.end();
}

// The first number outside the key, or else the first text; for a view with windows its count, if it has one.
std::optional<ColumnIndex> column_to_alter(const View& view) {
  std::optional<ColumnIndex> text;
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const bool count =
        view.columns[i].source == ViewColumn::Source::Measure && view.columns[i].measure == ViewColumn::Measure::Count;
    if (count) return ColumnIndex{i};
  }
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    if (in_key(view, i)) continue;
    const Kind kind = view.columns[i].type.kind;
    if (kind == Kind::Integer || kind == Kind::Decimal || kind == Kind::Double) return ColumnIndex{i};
    if (kind == Kind::Text && !text) text = ColumnIndex{i};
  }
  return text;
}

Cell one_more(const Cell& cell, Kind kind) {
  Cell more = cell.kind == Kind::Null ? Cell{} : cell;
  if (cell.kind == Kind::Null) more.kind = kind;
  if (kind == Kind::Double) return double_cell(cell.kind == Kind::Null ? 1 : as_double(cell) + 1);
  more.number = more.number == INT64_MAX ? more.number - 1 : more.number + 1;
  return more;
}

// Adds "~" at the end, or instead of the last character if the column is full.
std::string marked(std::string text, int most) {
  const bool full = most > 0 && text.size() >= static_cast<std::size_t>(most);
  if (!full) return text + "~";
  const char mark = text.back() == '~' ? '!' : '~';
  while ((static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  text.back() = mark;
  return text;
}

}  // namespace

DrillGate::DrillGate(const Drill& drill, const View& view, const RecordType& stored)
    : drill_(drill), view_(view), stored_(stored), altered_column_(column_to_alter(view)) {}

DrillGate::Class DrillGate::class_of(std::string_view key) const {
  double at = fraction_of(key);
  const std::array<std::pair<double, Class>, 5> classes = {{{drill_.lose, Class::Lose},
                                                            {drill_.stale, Class::Stale},
                                                            {drill_.resurrect, Class::Resurrect},
                                                            {drill_.wrong, Class::Wrong},
                                                            {drill_.delayed, Class::Delay}}};
  for (const auto& [share, kind] : classes) {
    if (at < share) return kind;
    at -= share;
  }
  return Class::None;
}

void DrillGate::admit(SinkChange& change, Instant at, SinkBatch& now) {
  const Class kind = class_of(change.key);
  if (kind == Class::None) return std::swap(now.add(), change);
  if (kind == Class::Delay) return delay(change, at);
  KeyState& state = keys_[change.key];
  state.kind = kind;
  const bool living = !change.deleted;
  if (kind == Class::Lose) lose(change, state);
  if (kind == Class::Stale) leave_stale(change, state, now);
  if (kind == Class::Resurrect) resurrect(change, state, now);
  if (kind == Class::Wrong) falsify(change, state, now);
  state.living = living;
}

// A row that is deleted before the sink ever had it is seen to be gone at once, so its delays leave no measurable
// trace. They count as healed; those that were nearly over may have been measured or not.
void DrillGate::delay(SinkChange& change, Instant at) {
  if (!change.deleted || delayed_living_.contains(change.key)) {
    ++delayed_.planted;
    held_.emplace_back();
    held_.back().due = at + drill_.delay;
    return std::swap(held_.back().change, change);
  }
  std::erase_if(held_, [&](const Held& held) {
    if (held.change.key != change.key) return false;
    --delayed_.planted;
    ++(held.due - at < kDelayBoundary ? delayed_either_ : delayed_.healed);
    return true;
  });
}

void DrillGate::lose(const SinkChange& change, KeyState& state) {
  if (!change.deleted) state.erred = true;
}

void DrillGate::leave_stale(SinkChange& change, KeyState& state, SinkBatch& now) {
  if (change.deleted) {
    state.shown.clear();
    state.truth.clear();
    return std::swap(now.add(), change);
  }
  pack_image(change.row, state.truth);
  if (!state.living) {
    state.shown = state.truth;
    return std::swap(now.add(), change);
  }
  if (state.shown != state.truth) state.erred = true;
}

void DrillGate::resurrect(SinkChange& change, KeyState& state, SinkBatch& now) {
  if (change.deleted) {
    state.erred = true;
    state.put_back = true;
    to_put_back_.push_back(change.key);
  } else {
    state.put_back = false;
    state.shown.clear();
    pack_row(change.row, stored_, state.shown);
  }
  std::swap(now.add(), change);
}

void DrillGate::falsify(SinkChange& change, KeyState& state, SinkBatch& now) {
  if (!change.deleted && altered_column_) {
    alter(change.row, *altered_column_);
    state.erred = true;
  }
  std::swap(now.add(), change);
}

void DrillGate::alter(Row& row, ColumnIndex column) const {
  const ColumnType& type = view_.columns[index_of(column)].type;
  const Cell cell = row[column];
  if (view_.tumble) {
    // Adding one could give a content that the group once had; a count below zero never occurs.
    row[column] =
        type.kind == Kind::Double ? double_cell(-1 - as_double(cell)) : number_cell(type.kind, -1 - cell.number);
    return;
  }
  row[column] = type.kind == Kind::Text ? row.add_text(marked(std::string(row.text_of(cell)), type.max_length))
                                        : one_more(cell, type.kind);
}

void DrillGate::follow_up(SinkBatch& next) {
  for (const std::string& key : to_put_back_) {
    const KeyState& state = keys_.at(key);
    if (!state.put_back) continue;  // a re-insert was in the same pass
    SinkChange& change = next.add();
    change.key = key;
    change.deleted = false;
    unpack_row(state.shown, stored_, change.row);
  }
  to_put_back_.clear();
}

bool DrillGate::release(Instant at, SinkBatch& next) {
  const std::size_t before = next.size();
  while (holds() && held_.front().due <= at) {
    const std::string& key = held_.front().change.key;
    const auto added = next.items().subspan(before);
    if (std::any_of(added.begin(), added.end(), [&](const SinkChange& change) { return change.key == key; })) break;
    if (held_.front().change.deleted) {
      delayed_living_.erase(key);
    } else {
      delayed_living_.insert(key);
    }
    std::swap(next.add(), held_.front().change);
    held_.pop_front();
  }
  return next.size() > before;
}

bool DrillGate::stands(const KeyState& state) const {
  switch (state.kind) {
    case Class::Lose:
    case Class::Wrong:
      return state.living;
    case Class::Stale:
      return state.living && state.shown != state.truth;
    case Class::Resurrect:
      return state.put_back;
    case Class::None:
    case Class::Delay:
      return false;
  }
  return false;
}

DrillCount DrillGate::count(Class kind) const {
  if (kind == Class::Delay) return delayed_;
  DrillCount count;
  for (const auto& [key, state] : keys_) {
    if (state.kind != kind || !state.erred) continue;
    (stands(state) ? count.planted : count.healed) += 1;
  }
  return count;
}

std::string DrillGate::journal() const {
  const auto counts = [&](const char* name, Class kind) {
    const DrillCount found = count(kind);
    return fmt::format(R"("{}": {{"planted": {}, "healed": {}}})", name, found.planted, found.healed);
  };
  std::string name;
  Row row;
  row.reset(1);
  append_json(row, row.cells[0] = row.add_text(view_.name), ColumnType{}, name);
  const std::string delays =
      fmt::format(R"("delay": {{"planted": {}, "healed": {}, "either": {}, "seconds": {:g}}})", delayed_.planted,
                  delayed_.healed, delayed_either_, static_cast<double>(drill_.delay.count()) / 1e9);
  return fmt::format("{{\"view\": {}, {}, {}, {}, {}, {}}}\n", name, counts("lose", Class::Lose),
                     counts("stale", Class::Stale), counts("resurrect", Class::Resurrect),
                     counts("wrong", Class::Wrong), delays);
}

void DrillGate::pack_image(const Row& row, std::string& out) const {
  out.clear();
  pack_row(row, view_.record, out);
}

}  // namespace freshet
