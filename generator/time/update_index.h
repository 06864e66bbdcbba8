// UpdateIndex: the background updates, deletes and upserts of an entity with rows. Which changes a row has had by a
// given time cannot be computed from the row's number alone, so this is the only thing that the model stores: 16 bytes
// per change, 4 per row. An update or delete of a row that does not exist at that time is not a change, and is not
// stored.
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

/// One such load of an entity: its times, and the rows it picks.
struct UpdateLoad {
  enum class Kind : std::uint8_t { Updates, Deletes, Upserts };

  std::size_t load;  ///< index in Scenario::load
  Kind kind;
  Arrivals arrivals;
  InstancePicker picker;
  std::function<Micros(std::uint64_t)> reinsert;  ///< by index of a delete: how long the row is absent; may be empty
};

class UpdateIndex {
 public:
  struct Entry {
    Entry(Micros at, std::uint32_t of_load, Operation what, std::uint32_t number)
        : intended(at), load(of_load & 0x1FFF'FFFF), operation(what), index(number) {}

    Micros intended;
    std::uint32_t load : 29;  ///< index in loads(); for a re-insert, that of its delete
    Operation operation : 3;
    std::uint32_t index;  ///< index of the arrival in that load
    [[nodiscard]] friend bool operator<(const Entry& a, const Entry& b) {
      if (a.intended != b.intended) return a.intended < b.intended;
      return a.load != b.load ? a.load < b.load : a.index < b.index;
    }
  };
  static_assert(sizeof(Entry) <= kMostBytesPerBackgroundUpdate, "memory per background update is promised");

  /// `preloaded`: every row exists from the start, as version 1; otherwise upserts create it. Re-inserts from `end` on
  /// are dropped.
  UpdateIndex(std::uint64_t rows, bool preloaded, Micros end, std::vector<UpdateLoad> loads);

  [[nodiscard]] const std::vector<UpdateLoad>& loads() const { return loads_; }
  /// The version of a row before its first entry: 1, or 0 if it does not exist yet.
  [[nodiscard]] Version first() const { return first_; }
  /// The changes of one row in order: entry i (from 0) creates version first() + 1 + i.
  [[nodiscard]] std::span<const Entry> of(Ordinal ordinal) const {
    return {entries_.data() + begin_[ordinal], entries_.data() + begin_[ordinal + 1]};
  }
  /// The version of the row at `instant`: first() plus the number of changes intended by then (inclusive).
  [[nodiscard]] Version version_at(Ordinal ordinal, Micros instant) const;
  /// The version created by the change of this load and index at this instant; nullopt if the row did not exist.
  [[nodiscard]] std::optional<Version> version_of(Ordinal ordinal, const Entry& entry) const;
  [[nodiscard]] const Entry& entry(Ordinal ordinal, Version version) const {
    return entries_[begin_[ordinal] + (version - first_ - 1)];
  }
  /// The re-insert that follows this delete, or null.
  [[nodiscard]] const Entry* reinsert_of(Ordinal ordinal, Version version) const;

 private:
  void live_through(std::span<const Entry> planned, Micros end);

  Version first_;
  std::vector<UpdateLoad> loads_;
  std::vector<std::uint32_t> begin_;
  std::vector<Entry> entries_;
};

}  // namespace freshet
