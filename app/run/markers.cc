#include "app/run/markers.h"

#include <algorithm>

#include "generator/schedule/schedule.h"
#include "pipeline/views/view_operator.h"

namespace freshet {

namespace {

constexpr Nanos kStep = 5 * kNanosPerMilli;
constexpr Micros kNext = kMicrosPerSecond / 1'000;
/// If a drill spares fewer rows than one in this many, there are no markers.
constexpr int kMostTries = 1'000;

/// Markers in windows of their own are visible whatever happens to the load's rows. Only for the native pipeline:
/// others may drop late rows when they see one from the future.
Micros longest_window(const Scenario& scenario) {
  Micros longest{};
  if (scenario.pipeline.kind != PipelineSpec::Kind::Native) return longest;
  for (const Observe& observe : scenario.observe) {
    const View& view = scenario.view(observe.view);
    if (view.tumble) longest = std::max(longest, view.tumble->size);
  }
  return longest;
}

}  // namespace

Markers::Markers(const Scenario& scenario, const Rows& rows, Judging& judging, LaneWriters& lane, const Clock& clock,
                 const Threads& threads, Instant zero, const Drill& drill, std::optional<ViewId> drilled, Count count)
    : scenario_(scenario),
      rows_(rows),
      judging_(judging),
      lane_(lane),
      clock_(clock),
      zero_(zero),
      count_(std::move(count)),
      ahead_(longest_window(scenario)),
      sending_(threads) {
  if (!drilled) return;
  const View& view = scenario.view(*drilled);
  stored_ = stored_record(scenario, view);
  gate_.emplace(drill, view, stored_);
  drilled_.emplace(scenario, rows, *drilled);
}

void Markers::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      const std::scoped_lock lock(sending_);
      if (stop.stop_requested()) return;
      if (load_ended_) {
        send(pace_.after_load(clock_.now(), judging_.freshness().unpassed()));
      } else {
        send(pace_.during_load(clock_.now(), judging_.totals().committed, marked_));
      }
    }
    clock_.sleep_until(clock_.now() + kStep, stop);
  }
}

void Markers::send(int markers) {
  std::vector<Change> changes, marker;
  Micros at = whole_micros(clock_.now() - zero_);
  if (load_ended_) at = std::max(at, scenario_.length()) + ahead_;
  at = std::max(at, next_at_);
  for (int sent = 0, tries = 0; sent < markers && tries < kMostTries; ++tries, at += kNext) {
    marker.clear();
    marker_changes(scenario_, rows_, std::max(at, Micros{}), marker);
    if (!spared(marker)) continue;
    changes.insert(changes.end(), marker.begin(), marker.end());
    ++sent;
  }
  next_at_ = at;
  if (changes.empty()) return;
  count_(changes);
  marked_ += static_cast<std::int64_t>(changes.size());
  write_now(scenario_, rows_, changes, lane_, clock_);
  judging_.catch_up();
}

bool Markers::spared(const std::vector<Change>& changes) {
  if (!gate_ || changes.empty()) return true;
  std::vector<ExpectedRow> expected;
  const std::size_t inputs = scenario_.view(drilled_->view()).versions_of.size();
  drilled_->rows(changes.front().ordinal, std::vector<Version>(inputs, 1), expected);
  return std::ranges::all_of(
      expected, [&](const ExpectedRow& row) { return gate_->class_of(row.key) == DrillGate::Class::None; });
}

}  // namespace freshet
