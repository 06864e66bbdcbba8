// Freshness: joins what committed with what was seen (SEMANTICS.md §3).
//
// Rules: a version of a view row is due from the latest commit among its inputs and credited to that change's entity
// and operation. Not joinable yet: not due. Image unchanged: unchanged, no sample. A later version seen
// first: superseded, satisfied at that instant. Visible: every version component ≥ the due one (effective versions),
// or, for a delete, the row gone. Sample = first look with − acknowledged; negative is kept. Unseen at the end:
// censored. Only changes intended in Measured give samples; pending is tracked for all.
//
// Only views that the scenario observes are tracked. The seam recognises a version by its stamp: where a sighting has
// no versions (`"stamp": false`), a row that is found satisfies nothing, so that a run without stamps must be refused
// before.
//
// A view with windows: its row is visible when it shows the content of a cut, the state after a commit with all that
// was settled until then. Content proves that everything up to the cut is there; where changes of one group overtake
// each other, a look may fall between two cuts and prove nothing, so that samples are upper bounds. A group that
// changes and changes back shows a reader the right content all the time.
//
// Memory is O(living roots + pending + rows of views with windows). Thread-safe: one mutex, batch calls.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rows.h"
#include "base/seams.h"
#include "metrics/freshness_series.h"
#include "metrics/histogram.h"
#include "metrics/window_finals.h"
#include "scenarios/scenario.h"

namespace freshet {

struct Staleness {
  Histogram ages;  ///< at the probes of the measured phase: age of the oldest due and unseen change, 0 if none
  std::int64_t probes = 0;
};

class Freshness {
 public:
  /// Both must outlive it.
  Freshness(const Scenario& scenario, const Rows& rows);
  ~Freshness();

  /// The schedule's zero; before it no end-to-end delay and no staleness is known. `epoch`: what event time says then,
  /// µs since the Unix epoch; it says when windows close.
  void set_zero(Instant zero, Micros epoch = 0);
  /// Committed changes make versions due. Outcomes other than Committed change nothing.
  void settled(std::span<const Settled> batch);

  /// Keys of `view` that are due and unseen, oldest first, at most `most`, that were not looked for since `since`.
  void sought(ViewId view, Instant since, std::size_t most, std::vector<std::string>& keys);
  /// What one look (from `began` to `ended`) found, one Sighting per key of the preceding sought().
  void sighted(ViewId view, std::span<const std::string> keys, std::span<const Sighting> sightings, Instant began,
               Instant ended);

  /// One staleness probe of every view, now. The caller draws the instants at random.
  void probe(Instant now);

  struct Now {
    std::int64_t visible = 0;
    std::int64_t pending = 0;
    Nanos oldest_pending = 0;
    Nanos p99_since_last = 0;  ///< of samples since the last now() of this view
  };
  [[nodiscard]] Now now(ViewId view, Instant instant);
  /// What it holds, for tests of its bounds: roots with changes to come, and due and unseen rows and row versions.
  struct Sizes {
    std::size_t roots = 0;
    std::size_t rows = 0;
    std::size_t versions = 0;
  };
  [[nodiscard]] Sizes sizes() const;
  [[nodiscard]] bool all_seen() const;
  /// All canary rows of every observed view have been seen.
  /// `except`: one that errs on purpose.
  [[nodiscard]] bool canary_seen(std::optional<ViewId> except = std::nullopt) const;

  /// Row versions, in any phase, seen at or after this delay (drills). Valid after finish(). To the precision of a
  /// Histogram: up to 0.1 % below `delay` counts as at it.
  [[nodiscard]] std::int64_t seen_at_or_above(ViewId view, Nanos delay) const;
  /// The largest delay seen below `delay`, any phase.
  [[nodiscard]] Nanos max_below(ViewId view, Nanos delay) const;

  /// Ends the measurement: what is pending is censored at `now`. Once, after the last sighted().
  void finish(Instant now);
  /// By "entity.operation", those to which anything happened; "all" is their merge.
  [[nodiscard]] std::map<std::string, FreshnessSeries> series(ViewId view) const;
  [[nodiscard]] Staleness staleness(ViewId view) const;
  /// After finish(). Nothing for a view without windows.
  [[nodiscard]] std::optional<WindowRecord> windows(ViewId view) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet
