// When the rows of a view with windows reached their final content.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>

#include "metrics/freshness/due.h"
#include "metrics/freshness/freshness_series.h"
#include "metrics/freshness/pending_rows.h"

namespace freshet {

/// The final rows of a view with windows. A sample is max(visible, close) − max(close, commit of the last input), for
/// windows that closed in the measured phase. In `closed`, only expected, censored, delay and its bounds are filled.
struct WindowRecord {
  FreshnessSeries closed;
  std::int64_t open = 0;  ///< rows of windows that were still open at the end of the schedule; not judged
};

/// Follows each row from cut to cut. Memory is O(rows that the view ever had). Not thread-safe.
class WindowFinals {
 public:
  /// A new cut of the row: what was seen so far is not its final content.
  void due(const std::string& key, const Due& due);
  /// The row shows its latest cut.
  void seen(const std::string& key, Instant seen, Instant last_without);
  /// The row looks like its latest cut, but there is no evidence that it is.
  void unproven(const std::string& key);

  /// The bounds at `now`. `zero` corresponds to `epoch` in event time. Windows that close in [`from`, `to`) are judged;
  /// those that close later are counted as open.
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
    WallTime end{};  ///< end of its window, in event time
    Instant acknowledged{};
    Instant seen = kNeverSeen;
    Instant last_without = kNeverLooked;
    bool unproven = false;
  };
  std::unordered_map<std::string, Last> rows_;
};

}  // namespace freshet
