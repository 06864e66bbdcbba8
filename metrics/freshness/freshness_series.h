// What is measured of one kind of change, or of rows at their last.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "metrics/histogram/histogram.h"

namespace freshet {

/// Samples of one (view, entity, operation).
struct FreshnessSeries {
  std::int64_t expected = 0;    ///< row versions credited to these changes that came due (superseded ones included)
  std::int64_t superseded = 0;  ///< of them: a later version was seen first
  std::int64_t unchanged = 0;   ///< changes that left an existing row's image as it was
  std::int64_t not_due = 0;     ///< changes that made no row due (not joinable)
  std::int64_t censored = 0;    ///< due, not seen at the end, and the row not as it must be
  std::int64_t negative = 0;
  /// Of the samples: visible since nobody knows when, between the commit and what the sample says. The row was never
  /// seen as it was before, and the pipeline has passed the change (SEMANTICS.md 29).
  std::int64_t bounded = 0;
  std::int64_t unproven = 0;  ///< due; the row is as it must be, but nothing says that the change arrived: no sample
  Histogram delay;            ///< visible − committed, of all that was seen
  Histogram end_to_end;       ///< visible − intended
  /// First look with − max(last look without, commit): how much earlier than its sample says it may have been visible.
  Histogram resolution;
  /// max(last look without, commit) − committed: the least that each delay can have been, 0 of a bounded one. Its
  /// quantile is a lower bound of the true delays' quantile, as that of `delay` is an upper one.
  Histogram earliest;
  std::vector<Nanos> censored_ages;             ///< at the end, since commit, ascending
  std::vector<Nanos> censored_ages_end_to_end;  ///< at the end, since intended, ascending
};

}  // namespace freshet
