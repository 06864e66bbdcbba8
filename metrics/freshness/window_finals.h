// When the rows of a view with windows were right for good.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>

#include "metrics/freshness/due.h"
#include "metrics/freshness/freshness_series.h"
#include "metrics/freshness/pending_rows.h"

namespace freshet {

/// The rows of a view with windows at their last: a sample is max(visible, close) − max(close, last input's commit), of
/// windows that closed in the measured phase. Of `closed`, only expected, censored, delay and its bounds are filled.
struct WindowRecord {
  FreshnessSeries closed;
  std::int64_t open = 0;  ///< rows of windows that were still open at the end of the schedule, left out
};

/// Follows each row from cut to cut. Memory is O(rows that the view ever had). Not thread-safe.
class WindowFinals {
 public:
  /// A new cut of the row: what was seen of it so far is not its last.
  void due(const std::string& key, const Due& due);
  /// The row shows its last cut as of now.
  void seen(const std::string& key, Instant seen, Instant last_without);
  /// The row looks like its last cut, but nothing says that it is.
  void unproven(const std::string& key);

  /// What is known at `now`. `zero` is `epoch` in event time; of the windows that close from `from` on, those that
  /// close before `to` are judged.
  struct Bounds {
    Instant now{};
    Instant zero{};
    WallTime epoch{};
    Instant from{};
    Instant to{};
  };
  [[nodiscard]] WindowRecord record(const Bounds& bounds) const;

 private:
  static constexpr Instant kNeverSeen = Instant::min();
  struct Last {
    WallTime end{};  ///< of its window, in event time
    Instant acknowledged{};
    Instant seen = kNeverSeen;
    Instant last_without = kNeverLooked;
    bool unproven = false;
  };
  std::unordered_map<std::string, Last> rows_;
};

}  // namespace freshet
