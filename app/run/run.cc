#include "app/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/setup/run_files.h"
#include "generator/schedule/schedule.h"
#include "generator/write/lanes/lanes.h"

namespace freshet {

namespace {

constexpr Nanos kFlushPatience = 15 * kNanosPerSecond;
constexpr Nanos kTick = kNanosPerSecond;
/// Mean distance of staleness probes. The distances are random (exponential), so that they cannot synchronize with a
/// pipeline's own period.
constexpr double kProbeMeanNanos = 20e6;
constexpr Nanos kPollStep = 5 * kNanosPerMilli;
constexpr Nanos kLeadIn = 50 * kNanosPerMilli;
/// Changes of a lane that are intended this close to each other form one transaction. This adds at most this much wait
/// to the first of them, and saves the server most of its work under load: a transaction costs it as much as several
/// rows.
constexpr Micros kSendHorizon{5'000};

/// Exponential gap to the next probe. Probes need not be reproducible, only aperiodic.
Nanos probe_gap(std::uint64_t& state) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  const double u = (static_cast<double>(state >> 11) + 0.5) / 9007199254740992.0;
  return Nanos{static_cast<std::int64_t>(-std::log(u) * kProbeMeanNanos)};
}

}  // namespace

Run::Run(const Scenario& scenario, const RunOptions& options, RunParts parts)
    : scenario_(scenario),
      options_(options),
      parts_(std::move(parts)),
      clock_(parts_.clock),
      probe_state_(parts_.host.random()),
      lanes_(scenario.in_flight > 0 ? std::min(options.lanes, scenario.in_flight) : options.lanes) {
  scheduled_.resize(scenario.entities.size());
  record_.null_target = options.null_target;
}

Run::~Run() {
  stop_markers();
  if (pipeline_) pipeline_->stop();
}

void Run::enter(RunPhase phase) {
  phase_ = phase;
  const double at = static_cast<double>((clock_.now() - zero_or_began()).count()) / 1e9;
  if (!record_.phases.empty()) record_.phases.back().to_s = at;
  record_.phases.push_back({name_of(phase), at, at});
  parts_.reporter.phase(name_of(phase));
}

Status Run::prepare_identity() {
  const WallTime wall = clock_.wall();
  record_.started_at = wall;
  record_.run_id = make_run_id(wall, parts_.host.random());
  record_.version = FRESHET_VERSION;
  record_.commit = FRESHET_COMMIT;
  record_.scenario_name = scenario_.name;
  record_.scenario_file = scenario_.file;
  record_.scenario_digest = sha256(scenario_.resolved_json);
  for (const std::string& given : options_.given) {
    const std::size_t space = given.find(' ');
    record_.overrides[given.substr(0, space)] += given.substr(space + 1);
  }
  identity_.seed = scenario_.seed;
  identity_.salt = options_.salt.value_or(options_.embedded || options_.null_target ? 0 : parts_.host.random());
  identity_.epoch = options_.epoch.value_or(wall);
  record_.seed = identity_.seed;
  record_.salt = identity_.salt;
  record_.epoch = identity_.epoch;
  record_.host = parts_.host.describe();
  record_.data_only = options_.data_only;
  return parts_.host.make_folder(wall, directory_);
}

Status Run::prepare_pipeline() {
  if (scenario_.pipeline.kind == PipelineSpec::Kind::External) {
    record_.pipeline = options_.data_only ? "none" : "external";
    return {};
  }
  return parts_.site.start_pipeline(record_.run_id, directory_, pipeline_);
}

Status Run::prepare() {
  began_ = clock_.now();
  if (!options_.drill.empty()) {
    auto drill = parse_drill(options_.drill);
    if (!drill.ok()) return drill.error();
    drill_ = *drill;
  }
  FRESHET_TRY(prepare_identity());
  enter(RunPhase::Prepare);
  if (!options_.null_target) FRESHET_TRY(prepare_site());
  make_final_model();
  judging_ = std::make_unique<Judging>(scenario_, *model_, clock_, parts_.threads);
  if (drill_.delayed > 0) judging_->freshness().may_overtake(drilled_view());
  FRESHET_TRY(open_writers());
  // Last, because it may take long; other problems are reported first.
  if (scenario_.pipeline.kind == PipelineSpec::Kind::External && !options_.null_target) {
    FRESHET_TRY(parts_.site.await_sinks(*scenario_.canary, [this] { return trouble(); }));
  }
  FRESHET_TRY(prepare_observers());
  FRESHET_TRY(settle_first_rows());
  return await_zero();
}

Status Run::prepare_site() {
  FRESHET_TRY(parts_.site.prepare(record_.run_id));
  return prepare_pipeline();
}

Status Run::open_writers() {
  if (options_.null_target) {
    record_.pipeline = "none";
    writers_ = WriterPool::into_nothing(scenario_, lanes_, clock_, load_meter_.before(judging_->sink()));
    return {};
  }
  auto writers = parts_.open_writers(scenario_, identity_.epoch, parts_.site.addresses(), lanes_ + 1, clock_,
                                     load_meter_.before(judging_->sink()));
  if (!writers.ok()) return writers.error();
  writers_ = std::move(*writers);
  return {};
}

void Run::measure_headroom() {
  enter(RunPhase::Headroom);
  const double before = parts_.host.cost().cpu_s;
  record_.generator_limit_per_s = parts_.host.generator_limit(*model_, identity_, lanes_);
  headroom_cpu_s_ = parts_.host.cost().cpu_s - before;
}

Status Run::settle_first_rows() {
  enter(RunPhase::ReferenceRows);
  for (const LaneChanges& of_lane : written_reference_changes(scenario_, *model_, lanes_)) {
    write_at_once(of_lane.changes, of_lane.lane);
  }
  if (const std::string broken = writers_->broken(); !broken.empty()) {
    return Error{ErrorKind::Unreachable, broken, ""};
  }

  if (scenario_.backfill() > Micros{}) FRESHET_TRY(write_history());

  enter(RunPhase::Canary);
  std::vector<Change> changes;
  canary_changes(scenario_, *model_, changes);
  write_at_once(changes);
  return await_canary();
}

void Run::count_scheduled(std::span<const Change> changes) {
  const std::scoped_lock lock(counting_);
  for (const Change& change : changes) {
    ++scheduled_[index_of(change.entity)][static_cast<std::size_t>(change.operation)];
  }
  taken_ += static_cast<std::int64_t>(changes.size());
}

void Run::write_at_once(const std::vector<Change>& changes, int lane) {
  constexpr std::size_t kPortion = 10'000;
  for (std::size_t from = 0; from < changes.size() && !parts_.stopped(); from += kPortion) {
    const std::span portion = std::span(changes).subspan(from, std::min(kPortion, changes.size() - from));
    count_scheduled(portion);
    write_now(scenario_, *model_, portion, writers_->lane(lane), clock_);
  }
  writers_->flush(clock_.now() + kFlushPatience);
}

/// Writes the changes before the schedule's zero, as fast as the targets accept them. Each lane writes its own, so that
/// it knows their outcomes when their instances continue.
Status Run::write_history() {
  constexpr std::size_t kPortion = 10'000;
  enter(RunPhase::Backfill);
  std::stop_source stop;
  std::atomic<int> running{lanes_};
  std::vector<std::unique_ptr<Thread>> lanes;
  for (int lane = 0; lane < lanes_; ++lane) {
    lanes.push_back(parts_.threads.start([this, lane, token = stop.get_token(), &running](const std::stop_token&) {
      const auto schedule = make_schedule(scenario_, *model_, identity_, lane, lanes_, Stretch::History);
      std::vector<Change> portion;
      for (bool more = true; more && !token.stop_requested();) {
        portion.resize(kPortion);
        std::size_t size = 0;
        while (size < kPortion && (more = schedule->next(portion[size]))) ++size;
        portion.resize(size);
        count_scheduled(portion);
        write_now(scenario_, *model_, portion, writers_->lane(lane), clock_);
      }
      running.fetch_sub(1);
    }));
  }
  std::optional<Error> problem;
  while (running.load() > 0) {
    if (!problem && (problem = trouble())) stop.request_stop();
    clock_.sleep_until(clock_.now() + kPollStep, {});
  }
  lanes.clear();
  writers_->flush(clock_.now() + kFlushPatience);
  if (!problem) problem = trouble();
  return problem ? Status(*problem) : Status();
}

std::optional<Error> Run::trouble() {
  if (parts_.stopped()) return Error{ErrorKind::Interrupted, "interrupted", ""};
  const std::string died = pipeline_ ? pipeline_->died() : "";
  for (const std::string& reason :
       {parts_.site.died(), died.empty() ? "" : "the pipeline died: " + died, writers_ ? writers_->broken() : "",
        parts_.site.lost(), judging_ ? judging_->broken() : ""}) {
    if (!reason.empty()) return Error{ErrorKind::Unreachable, reason, ""};
  }
  return std::nullopt;
}

void Run::tick_when_due(Instant now) {
  if (now < next_tick_) return;
  tick(now);
  next_tick_ += kTick;
}

void Run::tick(Instant now) {
  Progress progress;
  progress.phase = name_of(phase_);
  progress.at_s = static_cast<double>((now - zero_).count()) / 1e9;
  progress.total_s = static_cast<double>(scenario_.length().count()) / 1e6;
  const auto second = static_cast<std::size_t>(std::max(0.0, progress.at_s - 0.5));
  if (scenario_.in_flight == 0 && second < intended_per_second_.size()) {
    progress.offered_per_s = static_cast<double>(intended_per_second_[second]);
  }
  const Judging::Totals totals = judging_->totals();
  progress.achieved_per_s = static_cast<double>(totals.committed - committed_at_last_tick_);
  committed_at_last_tick_ = totals.committed;
  if (scenario_.in_flight > 0) progress.offered_per_s = progress.achieved_per_s;
  progress.committed = totals.committed;
  progress.failed = totals.failed;
  for (const Observe& observe : scenario_.observe) {
    const Freshness::Now view = judging_->freshness().now(observe.view, now);
    progress.views.push_back({scenario_.view(observe.view).name, view.visible, view.pending,
                              static_cast<double>(view.oldest_pending.count()) / 1e9,
                              static_cast<double>(view.p99_since_last.count()) / 1e9});
  }
  parts_.reporter.tick(progress);
  record_.seconds.push_back({std::move(progress)});
}

void Run::load() {
  const ServerReading before = parts_.site.read(*writers_);
  send_load();
  record_.servers = risen(before, parts_.site.read(*writers_), record_.warnings);
}

void Run::send_load() {
  record_.scheduled_measured = scheduled_measured_;
  zero_ = std::max(clock_.now() + kLeadIn, epoch_at_);
  note_epoch_lag();
  judging_->set_zero(zero_, identity_.epoch);
  const double before = static_cast<double>((began_ - zero_).count()) / 1e9;
  for (PhaseRecord& phase : record_.phases) {
    phase.from_s += before;
    phase.to_s += before;
  }
  committed_at_last_tick_ = judging_->totals().committed;
  next_tick_ = zero_ + kTick;
  next_probe_ = zero_;
  enter(RunPhase::WarmUp);

  start_markers();
  std::stop_source stop;
  std::atomic<int> running{lanes_};
  std::vector<std::unique_ptr<Thread>> lanes;
  for (int lane = 0; lane < lanes_; ++lane) {
    lanes.push_back(parts_.threads.start([this, lane, &stop, &running](const std::stop_token&) {
      const auto schedule = make_schedule(scenario_, *model_, identity_, lane, lanes_, Stretch::Live);
      LaneOptions lane_options;
      lane_options.zero = zero_;
      lane_options.horizon = kSendHorizon;
      lane_options.in_flight = (scenario_.in_flight + lane) / lanes_;
      taken_ += run_lane(scenario_, *model_, *schedule, writers_->lane(lane), clock_, lane_options, stop.get_token());
      running.fetch_sub(1);
    }));
  }
  while (running.load() > 0) {
    const Instant now = clock_.now();
    if (phase_ == RunPhase::WarmUp && measured_phase_began(now)) {
      enter(RunPhase::Measured);
      measured_from_ = now;
    }
    if (std::optional<Error> problem = trouble(); problem && !record_.ended_by) {
      record_.ended_by = std::move(problem);
      stop.request_stop();
    }
    tick_when_due(now);
    if (now >= next_probe_) {
      judging_->freshness().probe(now);
      next_probe_ = now + probe_gap(probe_state_);
    }
    clock_.sleep_until(std::min({next_tick_, next_probe_, now + kPollStep}), {});
  }
  lanes.clear();
  writers_->flush(clock_.now() + kFlushPatience);
  measured_to_ = clock_.now();
}

void Run::start_markers() {
  if (options_.null_target) return;
  std::optional<ViewId> drilled;
  if (drill_.active()) drilled = drilled_view();
  markers_ = std::make_unique<Markers>(scenario_, *model_, *judging_, writers_->lane(lanes_), clock_, parts_.threads,
                                       zero_, drill_, drilled,
                                       [this](const std::vector<Change>& changes) { count_scheduled(changes); });
  markers_thread_ = parts_.threads.start([this](const std::stop_token& stop) { markers_->run(stop); });
}

void Run::stop_markers() { markers_thread_.reset(); }

/// By the clock; in a closed loop, by the first of its changes that has an outcome.
bool Run::measured_phase_began(Instant now) {
  if (scenario_.in_flight == 0) return now >= zero_ + scenario_.warm_up;
  return judging_->totals().intended_measured > 0;
}

/// A marker that is being sent is not in the view yet, so markers must be quiet meanwhile.
bool Run::drained() {
  if (!judging_->freshness().drained()) return false;
  const auto quiet = markers_->quiet();
  judging_->catch_up();
  if (!judging_->freshness().drained()) return false;
  markers_thread_->request_stop();
  return true;
}

void Run::drain() {
  enter(RunPhase::Drain);
  Micros limit = *scenario_.drain;
  // A drill plants rows that never arrive; waiting for them until the gates' full bound would show nothing more.
  if (drill_.active() && !options_.overrides.drain) {
    limit = std::min(limit, whole_micros(drill_.delay) + 10 * kMicrosPerSecond);
  }
  drain_deadline_ = clock_.now() + limit;
  judging_->catch_up();
  markers_->load_ended();
  for (record_.drained = drained(); !record_.drained && clock_.now() < drain_deadline_; record_.drained = drained()) {
    if (std::optional<Error> problem = trouble()) {
      record_.ended_by = std::move(problem);
      break;
    }
    const Instant now = clock_.now();
    tick_when_due(now);
    clock_.sleep_until(now + kPollStep, {});
  }
  stop_markers();
  judging_->finish_outcomes();
  judging_->stop_watching();
  judging_->freshness().finish(clock_.now());
}

std::optional<Error> Run::wait_until(Instant instant) {
  while (clock_.now() < instant) {
    if (std::optional<Error> problem = trouble()) return problem;
    clock_.sleep_until(std::min(instant, clock_.now() + kPollStep), {});
  }
  return std::nullopt;
}

void Run::measure() {
  load();
  const bool nothing_to_see = options_.null_target;
  if (!record_.ended_by && !nothing_to_see) drain();
  stop_markers();
  judging_->finish_outcomes();
  judging_->stop_watching();
  if (record_.ended_by) judging_->freshness().finish(clock_.now());
  collect_views();
  if (!record_.ended_by && !nothing_to_see) audit();
  record_.complete = !record_.ended_by.has_value();
}

}  // namespace freshet
