// UpdateIndex: the free updates of an entity's reference rows. What happened to a row by when cannot be had from the
// row's number alone, so this is the one thing that the model remembers: 16 bytes per update, 4 per row.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/change.h"
#include "generator/model/arrivals.h"
#include "generator/model/picker.h"

namespace freshet {

/// One update load of an entity: when, and of which row.
struct UpdateLoad {
  std::size_t load;  ///< index in Scenario::load
  Arrivals arrivals;
  InstancePicker picker;
};

class UpdateIndex {
 public:
  struct Entry {
    Micros intended;
    std::uint32_t load;   ///< index in loads()
    std::uint32_t index;  ///< which arrival of that load
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  UpdateIndex(std::uint64_t rows, std::vector<UpdateLoad> loads);

  [[nodiscard]] const std::vector<UpdateLoad>& loads() const { return loads_; }
  /// The updates of one row in order: the i-th makes version i + 2.
  [[nodiscard]] std::span<const Entry> of(Ordinal ordinal) const {
    return {entries_.data() + begin_[ordinal], entries_.data() + begin_[ordinal + 1]};
  }
  /// Version of the row at `instant`: 1 plus the updates intended by then, that instant included.
  [[nodiscard]] Version version_at(Ordinal ordinal, Micros instant) const;
  /// Version that this update makes.
  [[nodiscard]] Version version_of(Ordinal ordinal, const Entry& entry) const;

 private:
  std::vector<UpdateLoad> loads_;
  std::vector<std::uint32_t> begin_;
  std::vector<Entry> entries_;
};

}  // namespace freshet
