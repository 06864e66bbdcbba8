// The receiving side of a run: outcomes flow to ledger and freshness, watchers look at the sinks.
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

/// Owns the judge's thread and one watcher thread per observed view. start_watching() before the canary; the order of
/// the end is finish_outcomes() (queue drained, judge joined), then stop_watching().
class Judging {
 public:
  /// All must outlive it.
  Judging(const Scenario& scenario, const Rows& rows, const Clock& clock, const Threads& threads);
  ~Judging();

  /// For writers: queues, blocks only while the judge is far behind.
  [[nodiscard]] OutcomeSink sink();
  /// The schedule's zero, before the first change of the schedule is settled.
  void set_zero(Instant zero, WallTime epoch);

  struct Watched {
    ViewId view{};
    std::unique_ptr<Observer> observer;
  };
  void start_watching(std::vector<Watched> views);
  /// First error of a watcher, in one line; empty while all is well.
  [[nodiscard]] std::string broken() const;

  /// Returns when all outcomes that were told before are known to ledger and freshness.
  void catch_up() { queue_.catch_up(); }
  /// No more outcomes will come: handles what is queued and joins the judge.
  void finish_outcomes();
  void stop_watching();
  /// The observers, for the audit's scan. After stop_watching().
  [[nodiscard]] std::vector<Watched>& watched() { return watched_; }

  [[nodiscard]] Freshness& freshness() { return freshness_; }
  /// After finish_outcomes().
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }

  struct Totals {
    std::int64_t committed = 0;
    std::int64_t failed = 0;
    std::int64_t intended_measured = 0;  ///< settled changes of the measured phase
    std::int64_t achieved_measured = 0;  ///< of them committed in time (RunRecord::kGrace)
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
  mutable std::mutex mutex_;  ///< guards what follows
  Totals totals_;
  std::string broken_;
  Instant in_time_{};  ///< a measured change committed later than this is not achieved
  std::vector<Watched> watched_;
  std::vector<std::unique_ptr<Thread>> watchers_;
  std::unique_ptr<Thread> judge_;
};

}  // namespace freshet
