// UpdateIndex: the free updates, deletes and puts of an entity with rows. What happened to a row by when cannot be had
// from the row's number alone, so this is the one thing that the model remembers: 16 bytes per change, 4 per row. An
// update or delete that falls on a row that does not live then is no change, and is not here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/change.h"
#include "generator/time/arrivals.h"
#include "generator/time/picker.h"
#include "scenarios/model/memory_bounds.h"

namespace freshet {

/// One such load of an entity: when, and of which row.
struct UpdateLoad {
  enum class Kind : std::uint8_t { Updates, Deletes, Puts };

  std::size_t load;  ///< index in Scenario::load
  Kind kind;
  Arrivals arrivals;
  InstancePicker picker;
  std::function<Micros(std::uint64_t)> reinsert;  ///< of a delete by its index: how long the row is away; may be empty
};

class UpdateIndex {
 public:
  struct Entry {
    Entry(Micros at, std::uint32_t of_load, Operation what, std::uint32_t number)
        : intended(at), load(of_load & 0x1FFF'FFFF), operation(what), index(number) {}

    Micros intended;
    std::uint32_t load : 29;  ///< index in loads(); of a re-insert that of its delete
    Operation operation : 3;
    std::uint32_t index;  ///< which arrival of that load
    [[nodiscard]] friend bool operator<(const Entry& a, const Entry& b) {
      if (a.intended != b.intended) return a.intended < b.intended;
      return a.load != b.load ? a.load < b.load : a.index < b.index;
    }
  };
  static_assert(sizeof(Entry) <= kMostBytesPerFreeChange, "memory per free change is promised");

  /// `preloaded`: every row lives from the start, as version 1; else puts bring it to life. Re-inserts from `end` on
  /// are left out.
  UpdateIndex(std::uint64_t rows, bool preloaded, Micros end, std::vector<UpdateLoad> loads);

  [[nodiscard]] const std::vector<UpdateLoad>& loads() const { return loads_; }
  /// What a row's version is before its first entry: 1, or 0 when it does not live yet.
  [[nodiscard]] Version first() const { return first_; }
  /// The changes of one row in order: entry i (from 0) makes version first() + 1 + i.
  [[nodiscard]] std::span<const Entry> of(Ordinal ordinal) const {
    return {entries_.data() + begin_[ordinal], entries_.data() + begin_[ordinal + 1]};
  }
  /// Version of the row at `instant`: first() plus the changes intended by then, that instant included.
  [[nodiscard]] Version version_at(Ordinal ordinal, Micros instant) const;
  /// Version that the change at this instant, of this load and index, makes; none when the row did not live for it.
  [[nodiscard]] std::optional<Version> version_of(Ordinal ordinal, const Entry& entry) const;
  [[nodiscard]] const Entry& entry(Ordinal ordinal, Version version) const {
    return entries_[begin_[ordinal] + (version - first_ - 1)];
  }
  /// The re-insert that this delete brings about, or null.
  [[nodiscard]] const Entry* reinsert_of(Ordinal ordinal, Version version) const;

 private:
  void live_through(std::span<const Entry> planned, Micros end);

  Version first_;
  std::vector<UpdateLoad> loads_;
  std::vector<std::uint32_t> begin_;
  std::vector<Entry> entries_;
};

}  // namespace freshet
