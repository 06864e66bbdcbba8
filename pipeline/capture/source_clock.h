// What time it is to who reads logs: by when the changes that were read had committed, never by the wall clock, so that
// a log that is read again tells the same.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace freshet {

/// How far a source was read.
struct SourceReading {
  std::optional<WallTime> time;  ///< none when nothing with a time was read
  bool at_end = false;           ///< as far as is known, there is nothing more

  bool operator==(const SourceReading&) const = default;
};

/// One clock of several lanes that are read side by side: the partitions of topics, or whole sources. A lane of which
/// more is there holds the clock back at what was read of it; one that was read to its end does not, however long ago
/// its last change was. Never goes back. One thread.
class SourceClock {
 public:
  explicit SourceClock(std::size_t lanes = 0) : lanes_(lanes) {}

  /// One more, of which nothing was read.
  std::size_t add_lane();
  void read(std::size_t lane, const SourceReading& reading);
  /// `time` by what is told, `at_end` when no lane has more.
  [[nodiscard]] SourceReading now();

 private:
  std::vector<SourceReading> lanes_;
  std::optional<WallTime> latest_;  ///< told
};

}  // namespace freshet
