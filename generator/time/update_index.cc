#include "generator/time/update_index.h"

#include <algorithm>
#include <limits>

#include "base/result.h"

namespace freshet {

UpdateIndex::UpdateIndex(std::uint64_t rows, bool preloaded, Micros end, std::vector<UpdateLoad> loads)
    : first_(preloaded ? 1 : 0), loads_(std::move(loads)), begin_(rows + 1) {
  struct Planned {
    Ordinal ordinal;
    Entry entry;
  };
  std::vector<Planned> planned;
  for (std::uint32_t load = 0; load < loads_.size(); ++load) {
    Arrivals::Cursor cursor(loads_[load].arrivals);
    Micros intended{};
    FRESHET_CHECK(loads_[load].arrivals.count() < std::numeric_limits<std::uint32_t>::max(),
                  "too many background updates");
    for (std::uint32_t index = 0; cursor.next(intended); ++index) {
      planned.push_back({loads_[load].picker.pick(index), Entry(intended, load, Operation::Update, index)});
    }
  }
  FRESHET_CHECK(planned.size() < std::numeric_limits<std::uint32_t>::max() / 2, "too many background updates");
  std::sort(planned.begin(), planned.end(), [](const Planned& a, const Planned& b) {
    return a.ordinal != b.ordinal ? a.ordinal < b.ordinal : a.entry < b.entry;
  });
  entries_.reserve(planned.size());
  std::vector<Entry> of_row;
  std::size_t next = 0;
  for (Ordinal ordinal = 0; ordinal < rows; ++ordinal) {
    of_row.clear();
    for (; next < planned.size() && planned[next].ordinal == ordinal; ++next) of_row.push_back(planned[next].entry);
    live_through(of_row, end);
    begin_[ordinal + 1] = static_cast<std::uint32_t>(entries_.size());
  }
  entries_.shrink_to_fit();
}

/// Adds what really happens to one row: changes of a row that does not exist are dropped, and re-inserts are added.
void UpdateIndex::live_through(std::span<const Entry> planned, Micros end) {
  bool alive = first_ == 1;
  std::optional<Entry> revival;
  const auto revive_by = [&](Micros instant) {
    if (!revival || revival->intended > instant) return;
    if (!alive) entries_.push_back(*revival);  // an upsert may have come first
    alive = true;
    revival.reset();
  };
  for (Entry entry : planned) {
    revive_by(entry.intended);
    const UpdateLoad& load = loads_[entry.load];
    if (!alive && load.kind != UpdateLoad::Kind::Upserts) continue;
    entry.operation = load.kind == UpdateLoad::Kind::Deletes ? Operation::Delete
                      : alive                                ? Operation::Update
                                                             : Operation::Insert;
    entries_.push_back(entry);
    alive = entry.operation != Operation::Delete;
    revival.reset();
    if (alive || !load.reinsert) continue;
    revival = entry;
    revival->intended += std::max(Micros{1}, load.reinsert(entry.index));
    revival->operation = Operation::Insert;
  }
  revive_by(end - Micros{1});
}

Version UpdateIndex::version_at(Ordinal ordinal, Micros instant) const {
  const auto entries = of(ordinal);
  const auto later = std::upper_bound(entries.begin(), entries.end(), instant,
                                      [](Micros at, const Entry& entry) { return at < entry.intended; });
  return first_ + static_cast<Version>(later - entries.begin());
}

std::optional<Version> UpdateIndex::version_of(Ordinal ordinal, const Entry& entry) const {
  const auto entries = of(ordinal);
  const auto at = std::lower_bound(entries.begin(), entries.end(), entry);
  if (at == entries.end() || entry < *at) return std::nullopt;
  return first_ + 1 + static_cast<Version>(at - entries.begin());
}

const UpdateIndex::Entry* UpdateIndex::reinsert_of(Ordinal ordinal, Version version) const {
  const auto entries = of(ordinal);
  const std::size_t place = version - first_ - 1;
  if (place + 1 >= entries.size()) return nullptr;
  const Entry& gone = entries[place];
  const Entry& next = entries[place + 1];
  const bool same = next.load == gone.load && next.index == gone.index && next.operation == Operation::Insert;
  return same ? &next : nullptr;
}

}  // namespace freshet
