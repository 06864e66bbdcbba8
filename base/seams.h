// The seams: Writer, Observer, Pipeline, Reporter (Clock, Threads and Rows have headers of their own). All effects of a
// run go through them and app/run/run_parts.h; each has a fake with behaviour in tests/fakes/.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/change.h"
#include "base/result.h"
#include "base/row.h"

namespace freshet {

/// A change and the row to write for it. The row belongs to the caller and lives until write() returns.
struct Write {
  Change change;
  const Row* row = nullptr;
  /// The row before an update that changes the key (column 0), or whose target tells it; it lives as long. Else null.
  const Row* before = nullptr;
  bool rekeyed = false;  ///< the update changes the key
};

/// Commits changes to one kind of target. One lane owns it: calls come from one thread, in intended order.
/// Outcomes reach the OutcomeSink given at construction, possibly later and from another thread; each
/// change gets exactly one.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Commits the batch (all of one target). May block while the target is slow; never drops.
  virtual void write(std::span<const Write> batch) = 0;
  /// Blocks until every change given so far has its outcome; what has none by `deadline` is Unknown.
  virtual void flush(Instant deadline) = 0;
  /// Sends what it holds back on purpose, before the last flush().
  virtual void release_held() {}
  /// True when a batch may hold a change together with what it needs (a line and its order): write() then commits them
  /// in order or as one, and withholds by itself what needs a change that did not commit. Such changes are not torn
  /// apart.
  [[nodiscard]] virtual bool takes_events() const { return false; }
  /// The row before an update of the entity is to come with it, even where its key stays.
  [[nodiscard]] virtual bool wants_before(EntityId /*entity*/) const { return false; }
  /// The most changes that one write() can make good use of; 0: no matter.
  [[nodiscard]] virtual int batch_max() const { return 0; }
};

/// What a look found for one key.
struct Sighting {
  std::size_t key = 0;  ///< index into the keys looked for
  bool found = false;
  std::vector<Version> versions;  ///< one per input of the view; empty when the view is not stamped
  /// Of a view with windows, whose rows no version names: see append_content().
  std::string content = {};
};

/// Reads one view at its sink as the sink's reader would. One thread at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  /// One look at the sink for these keys (canonical key texts). Appends one Sighting per key, in order.
  /// A row counts as found when this look could read it; an error means that nothing is known.
  virtual Status look(std::span<const std::string> keys, std::vector<Sighting>& out) = 0;
  /// Reads the whole view. The Row handed to `visit` has the view's columns, and is reused; `versions` as in
  /// Sighting.
  using Visit = std::function<void(const Row& row, std::span<const Version> versions)>;
  virtual Status scan(const Visit& visit) = 0;
};

/// CPU and memory of a process, from its own accounting.
struct ProcessCost {
  double cpu_s = 0;
  std::int64_t rss_max_bytes = 0;
};

/// A system under test that Freshet started. One thread at a time.
class Pipeline {
 public:
  virtual ~Pipeline() = default;
  /// Starts it and returns when it reads its sources.
  virtual Status start() = 0;
  /// Empty while it runs; otherwise why it ended, in one line.
  [[nodiscard]] virtual std::string died() = 0;
  /// Asks it to end, waits, then kills. Safe to call twice.
  virtual void stop() = 0;
  [[nodiscard]] virtual ProcessCost cost() = 0;
};

/// The state of a running view, for people.
struct ViewProgress {
  std::string name;
  std::int64_t visible = 0;  ///< row versions seen so far
  std::int64_t pending = 0;  ///< due and not yet seen
  double oldest_pending_s = 0;
  double freshness_p99_s = 0;  ///< over the last second
};

/// One tick (about a second) of a run.
struct Progress {
  std::string phase;
  double at_s = 0;            ///< since the schedule's zero
  double total_s = 0;         ///< length of the schedule
  double offered_per_s = 0;   ///< intended in this tick
  double achieved_per_s = 0;  ///< committed in this tick
  std::int64_t committed = 0;
  std::int64_t failed = 0;  ///< rejected, unknown and withheld
  std::vector<ViewProgress> views;
};

/// Tells somebody about a run while it goes on. Called from one thread; must not block for long.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void phase(const std::string& name) = 0;
  virtual void tick(const Progress& progress) = 0;
  virtual void warning(const std::string& text) = 0;
};

}  // namespace freshet
