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
  /// The row before the update, with the same lifetime, if the update changes the key (column 0) or the target's format
  /// includes it; otherwise null.
  const Row* before = nullptr;
  bool rekeyed = false;  ///< the update changes the key
};

/// Commits changes to one kind of target. One lane owns it: calls come from one thread, in intended order. Outcomes are
/// passed to the OutcomeSink given at construction, possibly later and from another thread. Each change gets exactly
/// one.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Commits the batch, whose changes all belong to one target. May block while the target is slow; never drops a
  /// change.
  virtual void write(std::span<const Write> batch) = 0;
  /// Blocks until every change given so far has an outcome. Changes without one at `deadline` become Unknown.
  virtual void flush(Instant deadline) = 0;
  /// Sends the messages held back on purpose. Called before the last flush().
  virtual void release_held() {}
  /// True if a batch may contain a change together with one that depends on it (an order and its line). write() then
  /// commits them in order or in one transaction, withholds the changes whose dependency did not commit, and never
  /// splits such a group.
  [[nodiscard]] virtual bool takes_events() const { return false; }
  /// The row before an update of the entity is to come with it, even where its key stays.
  [[nodiscard]] virtual bool wants_before(EntityId /*entity*/) const { return false; }
  /// The most changes that one write() can make good use of; 0: no matter.
  [[nodiscard]] virtual int batch_max() const { return 0; }
};

/// The result of a look for one key.
struct Sighting {
  std::size_t key = 0;  ///< index into the list of keys
  bool found = false;
  std::vector<Version> versions;  ///< one per input of the view; empty when the view is not stamped
  /// For a view with windows, whose rows have no version: see append_content().
  std::string content = {};
};

/// Reads one view at its sink as the sink's reader would. One thread at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Looks for these keys (canonical key texts) once. Appends one Sighting per key found or not, in order. A row counts
  /// as found if this look could read it. An error means that nothing is known.
  virtual Status look(std::span<const std::string> keys, std::vector<Sighting>& out) = 0;
  /// Reads the whole view. The Row passed to `visit` has the view's columns and is reused; `versions` as in Sighting.
  using Visit = std::function<void(const Row& row, std::span<const Version> versions)>;
  virtual Status scan(const Visit& visit) = 0;
};

/// CPU time and memory of a process, as the kernel accounts them.
struct ProcessCost {
  double cpu_s = 0;
  std::int64_t rss_max_bytes = 0;
};

/// A system under test that Freshet started. One thread at a time.
class Pipeline {
 public:
  virtual ~Pipeline() = default;
  /// Starts it, and returns once it reads its sources.
  virtual Status start() = 0;
  /// Empty while it runs; afterwards the reason why it ended, in one line.
  [[nodiscard]] virtual std::string died() = 0;
  /// Asks it to end, waits, then kills it. May be called twice.
  virtual void stop() = 0;
  [[nodiscard]] virtual ProcessCost cost() = 0;
};

/// The state of a running view, for people.
struct ViewProgress {
  std::string name;
  std::int64_t visible = 0;  ///< row versions seen so far
  std::int64_t pending = 0;  ///< due but not yet seen
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

/// Reports the progress of a run. Called from one thread; must not block for long.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void phase(const std::string& name) = 0;
  virtual void tick(const Progress& progress) = 0;
  virtual void warning(const std::string& text) = 0;
};

}  // namespace freshet
