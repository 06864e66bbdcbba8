// The measurements of one kind of change, or of the final rows of windows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "metrics/histogram/histogram.h"

namespace freshet {

/// The samples of one (view, entity, operation).
struct FreshnessSeries {
  std::int64_t expected = 0;    ///< row versions credited to these changes that came due (superseded ones included)
  std::int64_t superseded = 0;  ///< those of which a later version was seen first
  std::int64_t unchanged = 0;   ///< changes that left an existing row's image as it was
  std::int64_t not_due = 0;     ///< changes that made no row due (not joinable)
  std::int64_t censored = 0;    ///< due but not seen at the end, and the row is not as it must be
  std::int64_t negative = 0;
  /// Samples of which only bounds are known: the version became visible at an unknown instant between the commit and
  /// the sample's value. The previous state of the row was never seen, and the pipeline has passed the change
  /// (SEMANTICS.md 29).
  std::int64_t bounded = 0;
  /// due, and the row is as it must be, but there is no evidence that the change arrived: no sample
  std::int64_t unproven = 0;
  Histogram delay;       ///< visible − committed, for all versions seen
  Histogram end_to_end;  ///< visible − intended
  /// First look that found it − max(last look that did not, commit): how much earlier than its sample it may have been
  /// visible.
  Histogram resolution;
  /// max(last look that did not find it, commit) − committed: the minimum that each delay can have been; 0 for a
  /// bounded sample. Its quantile is a lower bound of the quantile of the true delays, as that of `delay` is an upper
  /// bound.
  Histogram earliest;
  std::vector<Nanos> censored_ages;             ///< at the end, since commit, ascending
  std::vector<Nanos> censored_ages_end_to_end;  ///< at the end, since intended, ascending
};

}  // namespace freshet
