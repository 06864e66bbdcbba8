#include "generator/model/update_index.h"

#include <algorithm>
#include <limits>

#include "base/result.h"

namespace freshet {

UpdateIndex::UpdateIndex(std::uint64_t rows, std::vector<UpdateLoad> loads)
    : loads_(std::move(loads)), begin_(rows + 1) {
  struct Update {
    Ordinal ordinal;
    Entry entry;
  };
  std::vector<Update> updates;
  for (std::uint32_t load = 0; load < loads_.size(); ++load) {
    Arrivals::Cursor cursor(loads_[load].arrivals);
    Micros intended = 0;
    FRESHET_CHECK(loads_[load].arrivals.count() < std::numeric_limits<std::uint32_t>::max(), "too many free updates");
    for (std::uint32_t index = 0; cursor.next(intended); ++index) {
      updates.push_back(Update{loads_[load].picker.pick(index), Entry{intended, load, index}});
    }
  }
  FRESHET_CHECK(updates.size() < std::numeric_limits<std::uint32_t>::max(), "too many free updates");
  std::sort(updates.begin(), updates.end(), [](const Update& a, const Update& b) {
    return a.ordinal != b.ordinal ? a.ordinal < b.ordinal : a.entry < b.entry;
  });
  entries_.reserve(updates.size());
  for (const Update& update : updates) {
    ++begin_[update.ordinal + 1];
    entries_.push_back(update.entry);
  }
  for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
}

Version UpdateIndex::version_at(Ordinal ordinal, Micros instant) const {
  const auto entries = of(ordinal);
  const auto later = std::upper_bound(entries.begin(), entries.end(), instant,
                                      [](Micros at, const Entry& entry) { return at < entry.intended; });
  return static_cast<Version>(1 + (later - entries.begin()));
}

Version UpdateIndex::version_of(Ordinal ordinal, const Entry& entry) const {
  const auto entries = of(ordinal);
  return static_cast<Version>(2 + (std::lower_bound(entries.begin(), entries.end(), entry) - entries.begin()));
}

}  // namespace freshet
