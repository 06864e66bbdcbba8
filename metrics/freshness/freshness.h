// Freshness: joins what was committed with what was seen (SEMANTICS.md §3).
//
// A version of a view row is due from the latest commit among its inputs, and is credited to that change's entity and
// operation. A change that is not joinable yet makes nothing due. A change that leaves the image as it was is counted
// as unchanged and gives no sample. If a later version is seen first, the version is superseded and satisfied at that
// instant.
//
// A version is visible when every component of the row's version is at least the due one (effective versions) or, for a
// delete, when a row that was seen before is gone. A row that was never seen may simply not have arrived yet: its
// delete is visible when there is evidence that the pipeline has passed it (a bounded sample), and unproven if the
// pipeline's order allows no evidence about a single row. A sample is the begin of the first look that found the
// version − acknowledged; negative samples are kept. What is unseen at the end is censored. A row that claims a version
// that was never scheduled counts as not seen. Only changes intended in the measured phase give samples; all others are
// tracked, too.
//
// Only views that the scenario observes are tracked. A version is recognised by its stamp: if a sighting has no
// versions (`"stamp": false`), a found row satisfies nothing, so a run without stamps must be refused earlier.
//
// The row of a view with windows is visible when it shows the content of a cut: the state after a commit, with
// everything settled until then. The content proves that everything up to the cut is there. If changes of one group
// overtake each other, a look may fall between two cuts and prove nothing, so samples are upper bounds. A group that
// changes and changes back shows its reader the right content all the time.
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
  /// at the probes of the measured phase: age of the oldest change that was due and unseen; 0 if there was none
  Histogram ages;
  std::int64_t probes = 0;
};

/// The evidence that a pipeline has passed the load.
struct EvidenceRecord {
  Order order = Order::Source;
  bool markers = false;        ///< marker rows can be seen in the view, or in the view that provides its evidence
  std::string view = {};       ///< the view that provides its evidence, if it is another one
  std::size_t partitions = 0;  ///< table connections and topic partitions that received the load
  std::size_t open = 0;        ///< the number of those not known to be passed
};

class Freshness {
 public:
  /// Both must outlive it.
  Freshness(const Scenario& scenario, const Rows& rows);
  ~Freshness();

  /// Sets the schedule's zero; before that, end-to-end delay and staleness are unknown. `epoch` is the event time at
  /// zero, in µs since the Unix epoch; it determines when windows close.
  void set_zero(Instant zero, WallTime epoch = {});
  /// Committed changes make versions due. Outcomes other than Committed change nothing.
  void settled(std::span<const Settled> batch);

  /// Appends at most `most` keys of `view` that are due, unseen, and not looked for since `since`, oldest first.
  void sought(ViewId view, Instant since, std::size_t most, std::vector<std::string>& keys);
  /// The result of one look (from `began` to `ended`): one Sighting per key of the preceding sought().
  void sighted(ViewId view, std::span<const std::string> keys, std::span<const Sighting> sightings, Instant began,
               Instant ended);

  /// Takes one staleness probe of every view at `now`. The caller draws the instants at random.
  void probe(Instant now);

  struct Now {
    std::int64_t visible = 0;
    std::int64_t pending = 0;
    Nanos oldest_pending{};
    Nanos p99_since_last{};  ///< over the samples since the last now() of this view
  };
  [[nodiscard]] Now now(ViewId view, Instant instant);
  /// Sizes for tests of the memory bounds: roots with changes to come, and rows and row versions that are due and
  /// unseen.
  struct Sizes {
    std::size_t roots = 0;
    std::size_t rows = 0;
    std::size_t versions = 0;
  };
  [[nodiscard]] Sizes sizes() const;
  [[nodiscard]] bool all_seen() const;

  /// Declares that the pipeline delays rows of this view on purpose, so that others overtake them (a drill). Call
  /// before the first change.
  void may_overtake(ViewId view);
  /// True if nothing committed can still arrive, as far as the pipeline keeps its order: in every observed view
  /// everything due was seen or passed, and the rest of the load was passed where markers can show that. Meaningful
  /// once all outcomes are settled.
  [[nodiscard]] bool drained() const;
  /// What is left for markers to prove, in the view that needs most.
  struct Unpassed {
    std::size_t partitions = 0;  ///< not known to be passed
    std::size_t unmarked = 0;    ///< the number of those without a marker since the load's last change there
    bool waiting = false;        ///< a due row may have been passed; the next marker will show it
    Nanos lag{};                 ///< the longest lag of any view
  };
  [[nodiscard]] Unpassed unpassed() const;
  /// True if there is evidence for an audit's finding about a row of the view, or about a row never written (no key).
  [[nodiscard]] bool proven(ViewId view, const std::optional<std::string>& key) const;
  /// The evidence of the view, for reports.
  [[nodiscard]] EvidenceRecord evidence(ViewId view) const;
  /// The longest delay so far until a change became visible in the view.
  [[nodiscard]] Nanos lag(ViewId view) const;
  /// True if all canary rows of every observed view have been seen. `except`: a view that errs on purpose.
  [[nodiscard]] bool canary_seen(std::optional<ViewId> except = std::nullopt) const;

  /// The number of row versions, in any phase, seen after `delay` or later (for drills). Valid after finish(). Has the
  /// precision of a Histogram: values up to 0.1 % below `delay` count too.
  [[nodiscard]] std::int64_t seen_at_or_above(ViewId view, Nanos delay) const;
  /// The largest delay below `delay`, in any phase.
  [[nodiscard]] Nanos max_below(ViewId view, Nanos delay) const;

  /// Ends the measurement: whatever is pending is censored at `now`. Call once, after the last sighted().
  void finish(Instant now);
  /// By "entity.operation", for those that had any change; "all" is their merge.
  [[nodiscard]] std::map<std::string, FreshnessSeries> series(ViewId view) const;
  [[nodiscard]] Staleness staleness(ViewId view) const;
  /// Valid after finish(). Returns nullopt for a view without windows.
  [[nodiscard]] std::optional<WindowRecord> windows(ViewId view) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freshet
