// Versions of view rows that are due: what commits make and looks satisfy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/change.h"
#include "metrics/freshness/evidence.h"

namespace freshet {

/// What one change makes due, shared by all rows that it changes.
struct Due {
  /// One per input of the view: the row is visible when it shows at least these. Where an input was deleted, the
  /// delete's version: only a re-insert goes beyond it.
  std::vector<Version> versions;
  /// The latest among the commits that make it.
  Instant acknowledged{};
  Instant released{};
  /// Of the change that it is credited to.
  Micros intended{};
  Phase phase = Phase::Measured;
  std::size_t series = 0;
  Ordinal root = 0;
  /// Of a view with windows: what the row is to show (append_content; empty when it is to go), in place of versions,
  /// and the end of its window in event time.
  std::string content = {};
  WallTime window_end{};
  std::string was = {};  ///< what it showed before, likewise; empty: no row
  /// Where the change that it is credited to went, and when.
  struct Sent {
    Partitions partitions;
    Instant released{};
    Instant acknowledged{};
  };
  Sent sent = {};
  bool removes = false;           ///< the row goes: one input suffices for that, while to be there it needs all
  std::vector<Sent> others = {};  ///< of a canary or a marker: the other inputs, of which it speaks as well
};
using DuePtr = std::shared_ptr<const Due>;

/// What a change does to one row.
enum class Effect : std::uint8_t { Appears, Changes, Vanishes };

/// Series of a view: one per input and operation.
[[nodiscard]] constexpr std::size_t series_of(std::size_t input, Operation operation) {
  return input * kOperations + static_cast<std::size_t>(operation);
}

}  // namespace freshet
