// The time as seen in logs: when the changes that were read had committed. It does not use the wall clock, so that
// reading a log again gives the same time.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace freshet {

/// How far a source has been read.
struct SourceReading {
  std::optional<WallTime> time;  ///< none when nothing with a time was read
  bool at_end = false;           ///< as far as is known, there is nothing more

  bool operator==(const SourceReading&) const = default;
};

/// One clock over several lanes that are read side by side: the partitions of topics, or whole sources. A lane that has
/// more holds the clock back at what was read of it; one that was read to its end does not, however old its last change
/// is. Never goes back. For one thread.
class SourceClock {
 public:
  explicit SourceClock(std::size_t lanes = 0) : lanes_(lanes) {}

  /// Adds a lane of which nothing was read.
  std::size_t add_lane();
  void read(std::size_t lane, const SourceReading& reading);
  /// `time` as far as known; `at_end` if no lane has more.
  [[nodiscard]] SourceReading now();

 private:
  std::vector<SourceReading> lanes_;
  std::optional<WallTime> latest_;  ///< reported last
};

}  // namespace freshet
