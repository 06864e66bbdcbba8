// Versions of view rows that are due: commits create them, and looks satisfy them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/change.h"
#include "metrics/freshness/evidence.h"

namespace freshet {

/// What one change makes due; shared by all rows that it changes.
struct Due {
  /// One version per input of the view: the row is visible when it shows at least these. If an input was deleted, this
  /// is the version of the delete; only a re-insert goes beyond it.
  std::vector<Version> versions;
  /// The latest of the commits that contribute to it.
  Instant acknowledged{};
  Instant released{};
  /// The intended time of the change to which it is credited.
  Micros intended{};
  Phase phase = Phase::Measured;
  std::size_t series = 0;
  Ordinal root = 0;
  /// Used instead of versions in a view with windows: the content that the row must show (append_content; empty if the
  /// row must go), and the end of its window in event time.
  std::string content = {};
  WallTime window_end{};
  std::string was = {};  ///< the content before; empty if there was no row
  /// Where and when the credited change was sent.
  struct Sent {
    Partitions partitions;
    Instant released{};
    Instant acknowledged{};
  };
  Sent sent = {};
  bool removes = false;  ///< the row goes: one input suffices for that, while a row that exists needs all of them
  std::vector<Sent> others = {};  ///< for a canary or a marker: the other inputs, for which it is evidence too
};
using DuePtr = std::shared_ptr<const Due>;

/// The effect of a change on one row.
enum class Effect : std::uint8_t { Appears, Changes, Vanishes };

/// The index of a series of a view: one per input and operation.
[[nodiscard]] constexpr std::size_t series_of(std::size_t input, Operation operation) {
  return input * kOperations + static_cast<std::size_t>(operation);
}

}  // namespace freshet
