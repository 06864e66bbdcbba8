// Freshness: joins what committed with what was seen (SEMANTICS.md §3).
//
// Rules: a version of a view row is due from the latest commit among its inputs and credited to that change's entity
// and operation. Not joinable yet: not due. Image unchanged: unchanged, no sample. A later version seen
// first: superseded, satisfied at that instant. Visible: every version component ≥ the due one (effective versions),
// or, for a delete, the row gone that was seen before. A row that was never seen may just not have come yet: its delete
// is visible when evidence says that the pipeline has passed it (a bounded sample), or is unproven where the pipeline's
// order lets evidence speak for no single row. Sample = first look with − acknowledged; negative is kept. Unseen at
// the end: censored. A row that claims a version that nobody scheduled is seen as none. Only changes intended in
// Measured give samples; pending is tracked for all.
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
#include "metrics/freshness/evidence.h"
#include "metrics/freshness/freshness_series.h"
#include "metrics/freshness/window_finals.h"
#include "metrics/histogram/histogram.h"
#include "scenarios/model/scenario.h"

namespace freshet {

struct Staleness {
  Histogram ages;  ///< at the probes of the measured phase: age of the oldest due and unseen change, 0 if none
  std::int64_t probes = 0;
};

/// What there is to say that a pipeline has passed the load.
struct EvidenceRecord {
  Order order = Order::Source;
  bool markers = false;        ///< marker rows can be seen in the view, or in the one that speaks for it
  std::string view = {};       ///< the one that speaks for it, when it is another
  std::size_t partitions = 0;  ///< tables' connections and partitions that the load went to
  std::size_t open = 0;        ///< of them, not seen to be passed
};

class Freshness {
 public:
  /// Both must outlive it.
  Freshness(const Scenario& scenario, const Rows& rows);
  ~Freshness();

  /// The schedule's zero; before it no end-to-end delay and no staleness is known. `epoch`: what event time says then,
  /// µs since the Unix epoch; it says when windows close.
  void set_zero(Instant zero, WallTime epoch = {});
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
    Nanos oldest_pending{};
    Nanos p99_since_last{};  ///< of samples since the last now() of this view
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

  /// The pipeline delays rows of this view on purpose, so that others overtake them (a drill). Before the first change.
  void may_overtake(ViewId view);
  /// Nothing more can come of what was committed, as far as the pipeline keeps its order: in every observed view all
  /// that is due was seen or has been passed, and so has all else of the load, where markers can tell. Meaningful when
  /// all outcomes have been settled.
  [[nodiscard]] bool drained() const;
  /// What there is for markers to do, of the view that needs most.
  struct Unpassed {
    std::size_t partitions = 0;  ///< not shown to be passed
    std::size_t unmarked = 0;    ///< of them, those to which no marker was sent since the load's last change there
    bool waiting = false;        ///< a row that is due may have been passed: the next marker tells
    Nanos lag{};                 ///< the longest of any view
  };
  [[nodiscard]] Unpassed unpassed() const;
  /// Whether an audit's finding about a row of the view, or about a row that nobody wrote (no key), has evidence.
  [[nodiscard]] bool proven(ViewId view, const std::optional<std::string>& key) const;
  /// What the view has as evidence, for reports.
  [[nodiscard]] EvidenceRecord evidence(ViewId view) const;
  /// The longest that anything took so far to become visible in the view.
  [[nodiscard]] Nanos lag(ViewId view) const;
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
