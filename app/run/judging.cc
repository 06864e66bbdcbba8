#include "app/run/judging.h"

#include <algorithm>
#include <limits>

#include "metrics/record/run_record.h"

namespace freshet {

namespace {

constexpr std::size_t kQueuedBatches = 4'096;
/// Maximum number of keys per look: one or two SELECTs.
constexpr std::size_t kKeysPerLook = 1'000;
/// Time between two looks for the same key. The resolution of freshness is about this plus the duration of the look. If
/// looks take long, the interval grows with them, so that looking takes at most a fifth of the watcher's time and does
/// not slow down the sink that it measures.
constexpr Nanos kLeastLookInterval = 10 * kNanosPerMilli;
constexpr Nanos kMostLookInterval = 50 * kNanosPerMilli;
constexpr int kLookIntervalPerLook = 10;
/// How long a sink may refuse looks before the run ends: as long as a writer waits for its server.
constexpr Nanos kPatience = 10 * kNanosPerSecond;
constexpr Nanos kPauseAfterFailure = 50 * kNanosPerMilli;

}  // namespace

Judging::Judging(const Scenario& scenario, const Rows& rows, const Clock& clock, const Threads& threads)
    : scenario_(scenario),
      clock_(clock),
      threads_(threads),
      ledger_(scenario),
      freshness_(scenario, rows),
      queue_(kQueuedBatches, threads),
      judge_(threads.start([this](const std::stop_token&) { judge(); })) {}

Judging::~Judging() {
  stop_watching();
  finish_outcomes();
}

OutcomeSink Judging::sink() {
  return [this](std::span<const Settled> batch) { queue_.push({batch.begin(), batch.end()}); };
}

void Judging::set_zero(Instant zero, WallTime epoch) {
  std::scoped_lock lock(mutex_);
  ledger_.set_zero(zero);
  freshness_.set_zero(zero, epoch);
  in_time_ = scenario_.in_flight > 0 ? Instant::max() : zero + scenario_.length() + RunRecord::kGrace;
}

void Judging::judge() {
  while (std::optional<OutcomeQueue::Batch> batch = queue_.pop()) {
    freshness_.settled(*batch);
    std::scoped_lock lock(mutex_);
    ledger_.settled(*batch);
    for (const Settled& settled : *batch) {
      const bool committed = settled.outcome == Outcome::Committed;
      if (settled.code != kDroppedOnPurpose || settled.outcome != Outcome::Withheld) {
        ++(committed ? totals_.committed : totals_.failed);
      }
      if (settled.change.phase != Phase::Measured) continue;
      ++totals_.intended_measured;
      const bool dropped = settled.outcome == Outcome::Withheld && settled.code == kDroppedOnPurpose;
      if (dropped || (committed && settled.acknowledged <= in_time_)) ++totals_.achieved_measured;
    }
  }
}

void Judging::start_watching(std::vector<Watched> views) {
  watched_ = std::move(views);
  for (Watched& watched : watched_) {
    watchers_.push_back(threads_.start([this, &watched](const std::stop_token& stop) { watch(watched, stop); }));
  }
}

void Judging::watch(Watched& watched, const std::stop_token& stop) {
  std::vector<std::string> keys;
  std::vector<Sighting> sightings;
  Instant refused_since{};  // 0: the last look was answered
  Nanos interval = kLeastLookInterval;
  while (!stop.stop_requested()) {
    keys.clear();
    sightings.clear();
    const Instant began = clock_.now();
    freshness_.sought(watched.view, began - interval, kKeysPerLook, keys);
    if (keys.empty()) {
      interval = kLeastLookInterval;
    } else {
      const Status looked = watched.observer->look(keys, sightings);
      const Instant ended = clock_.now();
      interval = std::clamp(kLookIntervalPerLook * (ended - began), kLeastLookInterval, kMostLookInterval);
      if (looked.ok()) {
        refused_since = Instant{};
        freshness_.sighted(watched.view, keys, sightings, began, ended);
      } else {
        if (refused_since == Instant{}) refused_since = began;
        if (ended - refused_since >= kPatience) {
          std::scoped_lock lock(mutex_);
          if (broken_.empty()) broken_ = "sink of " + scenario_.view(watched.view).name + ": " + looked.error().message;
          return;
        }
        clock_.sleep_until(ended + kPauseAfterFailure, stop);
        continue;
      }
    }
    // After a full look the next one follows at once; otherwise there is time until a key may be looked for again.
    if (keys.size() < kKeysPerLook) clock_.sleep_until(began + interval / 2, stop);
  }
}

std::string Judging::broken() const {
  std::scoped_lock lock(mutex_);
  return broken_;
}

void Judging::finish_outcomes() {
  queue_.close();
  judge_->join();
}

void Judging::stop_watching() {
  for (const auto& watcher : watchers_) watcher->request_stop();
  watchers_.clear();
}

Judging::Totals Judging::totals() const {
  std::scoped_lock lock(mutex_);
  return totals_;
}

}  // namespace freshet
