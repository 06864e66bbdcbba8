// The steps before the schedule's zero: the size of the load, its beginning, and whether the first rows arrive.
#include <fmt/format.h>

#include <algorithm>

#include "app/native/native_process.h"
#include "app/run/canary.h"
#include "app/run/run.h"
#include "app/sinks/sink_checks.h"
#include "generator/schedule/schedule.h"
#include "generator/write/lanes/first_failure.h"

namespace freshet {

namespace {

constexpr Nanos kWaitStep = 5 * kNanosPerMilli;
/// The steps between the first rows and the schedule's zero (reading the servers' counters) take less than this.
constexpr Nanos kBeforeZero = 200 * kNanosPerMilli;
/// How long the first rows may take to be seen before the epoch lags the wall clock. The native pipeline takes a tenth
/// of it; for other pipelines it is unknown.
constexpr Nanos kFirstRowsOfNative = 400 * kNanosPerMilli;
constexpr Nanos kFirstRowsOfOthers = 2 * kNanosPerSecond;
/// The minimum rate of one connection to a target.
constexpr std::int64_t kFirstRowsPerSecond = 20'000;
/// A lag of the epoch from which on there is a warning.
constexpr double kWorthTellingSeconds = 0.25;
constexpr std::size_t kUnseenKeys = 2;

}  // namespace

/// The schedule does not depend on the epoch, so a model with a preliminary one suffices.
void Run::count_schedule() {
  intended_per_second_.assign(static_cast<std::size_t>(scenario_.length() / kMicrosPerSecond) + 1, 0);
  const auto whole = make_schedule(scenario_, *model_, identity_, 0, 1, ScheduleRange::Live);
  for (Change change; !parts_.stopped() && whole->next(change);) {
    ++intended_per_second_[static_cast<std::size_t>(change.intended / kMicrosPerSecond)];
    ++scheduled_[index_of(change.entity)][static_cast<std::size_t>(change.operation)];
    if (change.phase == Phase::Measured) ++scheduled_measured_;
  }
}

/// The epoch is the schedule's zero, and earlier rows are dated by it, too. So it is fixed ahead, by as much as these
/// rows are expected to take, and the load begins when it comes.
void Run::fix_epoch(Nanos making_a_model) {
  if (options_.epoch) return;
  std::int64_t first_rows = 0;
  for (const WriteTarget& write : scenario_.write) {
    const Entity& entity = scenario_.entity(write.entity);
    if (entity.preloaded) first_rows += entity.rows.value_or(0);
  }
  if (scenario_.backfill() > Micros{}) {
    const auto history = make_schedule(scenario_, *model_, identity_, 0, 1, ScheduleRange::History);
    for (Change change; !parts_.stopped() && history->next(change);) ++first_rows;
  }
  const bool others = scenario_.pipeline.kind == PipelineSpec::Kind::External && !scenario_.observe.empty();
  const Nanos ahead = kBeforeZero + (others ? kFirstRowsOfOthers : kFirstRowsOfNative) + 2 * making_a_model +
                      first_rows * kNanosPerSecond / kFirstRowsPerSecond;
  epoch_at_ = clock_.now() + ahead;
  identity_.epoch = clock_.wall() + whole_micros(ahead);
  record_.epoch = identity_.epoch;
}

/// Makes the model with the run's final epoch; the earlier one had a preliminary epoch.
void Run::make_final_model() {
  const Instant began = clock_.now();
  model_ = make_model(scenario_, identity_);
  const Nanos making = clock_.now() - began;
  measure_headroom();
  count_schedule();
  fix_epoch(making);
  model_ = make_model(scenario_, identity_);
}

Status Run::prepare_observers() {
  std::vector<Measurement::Watched> watched;
  if (scenario_.pipeline.kind == PipelineSpec::Kind::External) FRESHET_TRY(parts_.site.refuse_sinks(*model_));
  for (const Observe& observe : scenario_.observe) {
    std::unique_ptr<Observer> observer;
    FRESHET_ASSIGN(observer, parts_.site.observe(observe));
    auto found = find_before(scenario_, *model_, observe.view, *observer);
    if (!found.ok()) return found.error().in(name_sink(scenario_, observe));
    FRESHET_TRY(refuse_old_rows(scenario_, observe, found.value(), identity_.salt));
    if (found->foreign > 0) {
      record_.warnings.push_back(
          fmt::format("{} held {} rows of another program before the load; the audit counts them as phantoms",
                      name_sink(scenario_, observe), found->foreign));
    }
    watched.push_back({observe.view, std::move(observer)});
  }
  measurement_->start_watching(std::move(watched));
  return {};
}

Error Run::canary_not_seen(Nanos waited) {
  std::vector<Change> changes;
  canary_changes(scenario_, *model_, changes);
  std::vector<UnseenView> unseen;
  for (const Observe& observe : scenario_.observe) {
    UnseenView view{observe.view, measurement_->freshness().now(observe.view, clock_.now()).pending, {}};
    if (view.pending == 0) continue;
    measurement_->freshness().sought(observe.view, clock_.now(), kUnseenKeys, view.keys);
    unseen.push_back(std::move(view));
  }
  std::string hint = "is the external pipeline running, and does it read and write there?";
  if (pipeline_) {
    const std::string log = directory_ + "/logs/pipeline.log";
    const std::string warning = first_warning(log);
    hint = "the pipeline's log is " + log + (warning.empty() ? "" : ", and warns: " + warning);
  }
  return {ErrorKind::Unreachable,
          describe_unseen_canary(scenario_, *model_, parts_.site.addresses(), changes, unseen, waited),
          hint + " --canary sets a longer wait"};
}

Status Run::await_canary() {
  const Nanos patience = *scenario_.canary;
  Instant deadline = clock_.now() + patience;
  // The view of a drill may also err with the canary.
  std::optional<ViewId> drilled;
  if (drill_.active()) drilled = drilled_view();
  std::int64_t visible = 0;
  while (!measurement_->freshness().canary_seen(drilled)) {
    // The pipeline may need long for a history. It counts as dead only if nothing more appears.
    std::int64_t now_visible = 0;
    for (const Observe& observe : scenario_.observe) {
      now_visible += measurement_->freshness().now(observe.view, clock_.now()).visible;
    }
    if (now_visible != visible) deadline = clock_.now() + patience;
    visible = now_visible;
    if (std::optional<Error> problem = trouble()) return *problem;
    if (clock_.now() > deadline) {
      if (const std::int64_t failed = measurement_->totals().failed; failed > 0) {
        const std::vector<Refusal> refusals = writers_->refusals();
        return Error{ErrorKind::Unreachable,
                     fmt::format("{} reference and canary rows were not written: {}", failed,
                                 refusals.empty() ? "the server refuses them" : text_of(refusals.front())),
                     ""};
      }
      return canary_not_seen(patience);
    }
    clock_.sleep_until(clock_.now() + kWaitStep, {});
  }
  return {};
}

Status Run::await_zero() {
  while (clock_.now() < epoch_at_ - kBeforeZero) {
    if (std::optional<Error> problem = trouble()) return *problem;
    clock_.sleep_until(std::min(clock_.now() + kWaitStep, epoch_at_ - kBeforeZero), {});
  }
  return {};
}

void Run::note_epoch_lag() {
  if (options_.epoch) return;
  record_.epoch_lag_s = static_cast<double>((zero_ - epoch_at_).count()) / 1e9;
  if (record_.epoch_lag_s < kWorthTellingSeconds) return;
  record_.warnings.push_back(
      fmt::format("times in rows lag the wall clock by {:.3g} s: writing the rows before the load took that much "
                  "longer than expected",
                  record_.epoch_lag_s));
}

}  // namespace freshet
