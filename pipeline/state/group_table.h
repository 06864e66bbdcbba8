// The groups of one view with windows, by key: the seam behind which they are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/row.h"

namespace freshet {

/// What is known of the rows of one group.
struct Group {
  /// What a group holds of one input column that is aggregated.
  struct Argument {
    std::int64_t present = 0;                       ///< values that are not null
    std::uint64_t sum = 0;                          ///< modulo 2^64, so that what was added can always be subtracted
    std::map<std::int64_t, std::int64_t> in_order;  ///< value → rows that have it; only for min and max
  };
  std::int64_t rows = 0;
  Row key;  ///< of the view's width; the measures are empty
  std::vector<Argument> arguments;
  WallTime changed_at{};  ///< by the clock of who forgets
  std::string shown;      ///< packed: the image last emitted; empty if there is none
  bool touched = false;   ///< since the last flush; false whenever the state is sealed
};

/// Groups by key text. One thread.
class GroupTable {
 public:
  virtual ~GroupTable() = default;

  /// The group of this key, or null. It may be changed in place until it is erased or the state is sealed, and is kept
  /// as it is then.
  [[nodiscard]] virtual Group* find(const std::string& key) = 0;
  /// Adds an empty group for a key that has none.
  [[nodiscard]] virtual Group& add(const std::string& key) = 0;
  virtual void erase(const std::string& key) = 0;
  /// Erases groups that were last changed before `at`. Looks at all. Returns how many went.
  virtual std::size_t forget_older(WallTime at) = 0;
  /// One more than the last time, also after a restart: the order of what is emitted.
  [[nodiscard]] virtual std::int64_t next_version() = 0;

  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Bytes of memory that the groups take.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
};

}  // namespace freshet
