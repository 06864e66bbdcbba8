// Fragments: the bytes of runs of cells that are the same wherever an instance is embedded (Cell::run), encoded once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "base/text/buffer.h"

namespace freshet {

/// The cache for the rows of one Rows. For one thread. Grows with the number of embedded instances: the model marks no
/// runs for entities with many rows.
class Fragments {
 public:
  /// The index of a position in a layout where runs occur.
  using Place = std::uint32_t;

  /// The bytes of the run that begins with `first`, padded for copying in blocks; empty if they are not cached yet.
  [[nodiscard]] std::string_view find(Place place, const Cell& first) const {
    if (place >= places_.size() || first.instance >= places_[place].size()) return {};
    const Slot& slot = places_[place][first.instance];
    if (slot.text != first.number) return {};
    return {bytes_.view().data() + slot.begin, slot.size};
  }
  /// Prefetches the bytes of a run.
  void fetch(Place place, const Cell& first) const {
    constexpr std::size_t kLine = 64;
    const std::string_view bytes = find(place, first);
    for (std::size_t i = 0; i < bytes.size(); i += kLine) __builtin_prefetch(bytes.data() + i);
  }
  void keep(Place place, const Cell& first, std::string_view bytes) {
    if (place >= places_.size()) places_.resize(place + 1);
    std::vector<Slot>& slots = places_[place];
    if (first.instance >= slots.size()) slots.resize(std::max<std::size_t>(first.instance + 1, 2 * slots.size()));
    slots[first.instance] =
        Slot{first.number, static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(bytes.size())};
    bytes_.append(bytes);
    (void)bytes_.room(kBeyond);
  }

 private:
  struct Slot {
    std::int64_t text = 0;  ///< address of the run's first text
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  std::vector<std::vector<Slot>> places_;
  Buffer bytes_;
};

}  // namespace freshet
