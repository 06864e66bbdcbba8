// The receiving side of a run: outcomes go to ledger and freshness, and watchers look at the sinks.
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "app/run/outcome_queue.h"
#include "base/clock.h"
#include "base/rows.h"
#include "base/seams.h"
#include "base/threads.h"
#include "metrics/freshness/freshness.h"
#include "metrics/ledger/ledger.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Owns the outcome thread and one watcher thread per observed view. Call start_watching() before the canary; at the
/// end, finish_outcomes() (drains the queue and joins the outcome thread), then stop_watching().
class Judging {
 public:
  /// All must outlive it.
  Judging(const Scenario& scenario, const Rows& rows, const Clock& clock, const Threads& threads);
  ~Judging();

  /// The sink for writers: it queues, and blocks only while the outcome thread is far behind.
  [[nodiscard]] OutcomeSink sink();
  /// Sets the schedule's zero. Call before the first change of the schedule is settled.
  void set_zero(Instant zero, WallTime epoch);

  struct Watched {
    ViewId view{};
    std::unique_ptr<Observer> observer;
  };
  void start_watching(std::vector<Watched> views);
  /// The first error of a watcher, in one line; empty if there is none.
  [[nodiscard]] std::string broken() const;

  /// Waits until all outcomes reported so far are known to ledger and freshness.
  void catch_up() { queue_.catch_up(); }
  /// No more outcomes will come: handles the queued ones and joins the outcome thread.
  void finish_outcomes();
  void stop_watching();
  /// The observers, for the audit's scan. Call after stop_watching().
  [[nodiscard]] std::vector<Watched>& watched() { return watched_; }

  [[nodiscard]] Freshness& freshness() { return freshness_; }
  /// Call after finish_outcomes().
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }

  struct Totals {
    std::int64_t committed = 0;
    std::int64_t failed = 0;
    std::int64_t intended_measured = 0;  ///< settled changes of the measured phase
    std::int64_t achieved_measured = 0;  ///< those that committed in time (RunRecord::kGrace)
  };
  [[nodiscard]] Totals totals() const;

 private:
  void judge();
  void watch(Watched& watched, const std::stop_token& stop);

  const Scenario& scenario_;
  const Clock& clock_;
  const Threads& threads_;
  Ledger ledger_;
  Freshness freshness_;
  OutcomeQueue queue_;
  mutable std::mutex mutex_;  ///< guards the members below
  Totals totals_;
  std::string broken_;
  Instant in_time_{};  ///< a measured change committed later than this is not achieved
  std::vector<Watched> watched_;
  std::vector<std::unique_ptr<Thread>> watchers_;
  std::unique_ptr<Thread> judge_;
};

}  // namespace freshet
