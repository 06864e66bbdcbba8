#include "app/run/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "app/native/native_process.h"
#include "app/run/headroom.h"
#include "app/setup/run_files.h"
#include "app/sinks/sink_checks.h"
#include "app/terminal/signals.h"
#include "generator/schedule/schedule.h"
#include "generator/write/lanes/lanes.h"
#include "metrics/report/report.h"
#include "metrics/verdict/verdict.h"
#include "servers/process_cost.h"

namespace freshet {

namespace {

constexpr Nanos kFlushPatience = 15 * kNanosPerSecond;
/// How long the generator runs alone before each run.
constexpr Nanos kHeadroomBudget = 2 * kNanosPerSecond;
constexpr Nanos kTick = kNanosPerSecond;
/// Mean distance of staleness probes. They come at random (exponentially distributed) so that they cannot fall into
/// step with a pipeline's own period.
constexpr double kProbeMeanNanos = 20e6;
constexpr Nanos kPollStep = 5 * kNanosPerMilli;
constexpr Nanos kLeadIn = 50 * kNanosPerMilli;
/// Changes of a lane that are intended this close to each other are one transaction. It costs the first of them this
/// much wait, and spares the server most of its work under load: a transaction costs it as much as several rows.
constexpr Micros kSendHorizon{5'000};

/// Exponential gap to the next probe. Probes are no content: they need no reproducibility, only no period.
Nanos probe_gap(std::uint64_t& state) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  const double u = (static_cast<double>(state >> 11) + 0.5) / 9007199254740992.0;
  return Nanos{static_cast<std::int64_t>(-std::log(u) * kProbeMeanNanos)};
}

}  // namespace

Run::Run(const Scenario& scenario, const RunOptions& options, Reporter& reporter, OpenWriters open_writers)
    : scenario_(scenario),
      options_(options),
      reporter_(reporter),
      open_writers_(std::move(open_writers)),
      probe_state_(random_u64()),
      lanes_(scenario.in_flight > 0 ? std::min(options.lanes, scenario.in_flight) : options.lanes) {
  scheduled_.resize(scenario.entities.size());
  record_.null_target = options.null_target;
}

Run::~Run() {
  stop_markers();
  if (pipeline_) pipeline_->stop();
}

void Run::enter(const std::string& phase) {
  const double at = static_cast<double>((clock_.now() - zero_or_began()).count()) / 1e9;
  if (!record_.phases.empty()) record_.phases.back().to_s = at;
  record_.phases.push_back({phase, at, at});
  reporter_.phase(phase);
}

Status Run::prepare_identity() {
  const WallTime wall = clock_.wall();
  record_.started_at = wall;
  record_.run_id = make_run_id(wall);
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
  identity_.salt = options_.salt.value_or(options_.embedded || options_.null_target ? 0 : random_u64());
  identity_.epoch = options_.epoch.value_or(wall);
  record_.seed = identity_.seed;
  record_.salt = identity_.salt;
  record_.epoch = identity_.epoch;
  record_.host = describe_host();
  record_.data_only = options_.data_only;
  auto directory = make_out_directory(options_.out, scenario_.name, wall);
  if (!directory.ok()) return directory.error();
  directory_ = *directory;
  FRESHET_TRY(write_whole_file(directory_ + "/scenario.resolved.json", scenario_.resolved_json));
  return copy_named_files(scenario_, directory_);
}

Status Run::prepare_pipeline() {
  if (scenario_.pipeline.kind == PipelineSpec::Kind::External) {
    record_.pipeline = options_.data_only ? "none" : "external";
    return {};
  }
  NativeProcessOptions native;
  native.program = options_.program;
  native.scenario = directory_ + "/scenario.resolved.json";
  native.run_id = record_.run_id;
  native.variables = surroundings_.variables;
  native.drop_existing = options_.drop_existing;
  native.drill = options_.drill;
  native.drill_journal = directory_ + "/drill.json";
  native.state_file = state_file();
  native.log_file = directory_ + "/logs/pipeline.log";
  native.asked = stops_.asked();
  native.hurry = stops_.asked();
  pipeline_ = make_native_process(std::move(native));
  return pipeline_->start();
}

Status Run::prepare() {
  began_ = clock_.now();
  if (!options_.drill.empty()) {
    auto drill = parse_drill(options_.drill);
    if (!drill.ok()) return drill.error();
    drill_ = *drill;
  }
  FRESHET_TRY(prepare_identity());
  enter("prepare");
  if (!options_.null_target) FRESHET_TRY(prepare_servers());
  make_final_model();
  judging_ = std::make_unique<Judging>(scenario_, *model_, clock_);
  if (drill_.delayed > 0) judging_->freshness().may_overtake(drilled_view());
  FRESHET_TRY(open_writers());
  // Last, because it may take long: what else is wrong is told before.
  if (scenario_.pipeline.kind == PipelineSpec::Kind::External && !options_.null_target) {
    FRESHET_TRY(
        await_sink_tables(scenario_, surroundings_.addresses, *scenario_.canary, clock_, [this] { return trouble(); }));
  }
  FRESHET_TRY(prepare_observers());
  FRESHET_TRY(settle_first_rows());
  return await_zero();
}

Status Run::prepare_servers() {
  auto surroundings = options_.embedded ? start_embedded(scenario_, options_.keep, stops_.asked(), stops_.cut())
                                        : reach_connections(scenario_, stops_.cut());
  if (!surroundings.ok()) return surroundings.error();
  surroundings_ = std::move(*surroundings);

  TargetOptions targets;
  targets.run_id = record_.run_id;
  targets.drop_existing = options_.drop_existing;
  targets.use_existing_topics = options_.use_existing_topics || options_.embedded;
  FRESHET_TRY(leases_.take(scenario_, surroundings_.outside, LeaseHolder::Run, record_.run_id));
  FRESHET_TRY(prepare_targets(scenario_, surroundings_.addresses, targets, created_));
  for (const Made& made : created_.made) leases_.watch(made.connection, made.name);
  FRESHET_TRY(prepare_pipeline());
  if (pipeline_) leases_.watch_views(scenario_);
  return {};
}

Status Run::open_writers() {
  if (options_.null_target) {
    record_.pipeline = "none";
    writers_ = WriterPool::into_nothing(scenario_, lanes_, clock_, load_meter_.before(judging_->sink()));
    return {};
  }
  auto writers = open_writers_(scenario_, identity_.epoch, surroundings_.addresses, lanes_ + 1, clock_,
                               load_meter_.before(judging_->sink()));
  if (!writers.ok()) return writers.error();
  writers_ = std::move(*writers);
  return {};
}

void Run::measure_headroom() {
  enter("headroom");
  const double before = cost_of(::getpid()).value_or(ProcessCost{}).cpu_s;
  record_.generator_limit_per_s =
      generator_limit(scenario_, *model_, identity_, lanes_, kHeadroomBudget, clock_, stops_.asked());
  headroom_cpu_s_ = cost_of(::getpid()).value_or(ProcessCost{}).cpu_s - before;
}

Status Run::settle_first_rows() {
  enter("reference rows");
  for (const LaneChanges& of_lane : written_reference_changes(scenario_, *model_, lanes_)) {
    write_at_once(of_lane.changes, of_lane.lane);
  }
  if (const std::string broken = writers_->broken(); !broken.empty()) {
    return Error{ErrorKind::Unreachable, broken, ""};
  }

  if (scenario_.backfill() > Micros{}) FRESHET_TRY(write_history());

  enter("canary");
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
  for (std::size_t from = 0; from < changes.size() && stop_signal() == 0; from += kPortion) {
    const std::span portion = std::span(changes).subspan(from, std::min(kPortion, changes.size() - from));
    count_scheduled(portion);
    write_now(scenario_, *model_, portion, writers_->lane(lane), clock_);
  }
  writers_->flush(clock_.now() + kFlushPatience);
}

/// The changes before the schedule's zero, as fast as the targets take them. Each lane writes its own, so that what it
/// knows of their outcomes is there when their instances go on.
Status Run::write_history() {
  constexpr std::size_t kPortion = 10'000;
  enter("backfill");
  std::stop_source stop;
  std::atomic<int> running{lanes_};
  std::vector<std::jthread> lanes;
  for (int lane = 0; lane < lanes_; ++lane) {
    lanes.emplace_back([this, lane, token = stop.get_token(), &running] {
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
    });
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
  if (stop_signal() != 0) return Error{ErrorKind::Interrupted, "interrupted", ""};
  if (surroundings_.mariadb) {
    if (const std::string died = surroundings_.mariadb->died(); !died.empty()) {
      return Error{ErrorKind::Unreachable, "the database server died: " + died, ""};
    }
  }
  if (pipeline_) {
    if (const std::string died = pipeline_->died(); !died.empty()) {
      return Error{ErrorKind::Unreachable, "the pipeline died: " + died, ""};
    }
  }
  if (writers_) {
    if (const std::string broken = writers_->broken(); !broken.empty()) {
      return Error{ErrorKind::Unreachable, broken, ""};
    }
  }
  if (const std::string lost = leases_.trouble(); !lost.empty()) return Error{ErrorKind::Unreachable, lost, ""};
  if (const std::string broken = judging_ ? judging_->broken() : ""; !broken.empty()) {
    return Error{ErrorKind::Unreachable, broken, ""};
  }
  return std::nullopt;
}

void Run::tick(Instant now) {
  Progress progress;
  progress.phase = record_.phases.back().name;
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
  reporter_.tick(progress);
  record_.seconds.push_back({std::move(progress)});
}

ServerReading Run::read_servers() const {
  return freshet::read_servers(scenario_, surroundings_.addresses, writers_->figures(), clock_);
}

void Run::load() {
  const ServerReading before = read_servers();
  send_load();
  record_.servers = risen(before, read_servers(), record_.warnings);
}

void Run::send_load() {
  record_.scheduled_measured = scheduled_measured_;
  zero_ = std::max(clock_.now() + kLeadIn, epoch_at_);
  note_epoch_lag();
  judging_->set_zero(zero_, identity_.epoch);
  const double before = static_cast<double>((began_ - zero_).count()) / 1e9;
  for (PhaseRecord& phase : record_.phases) phase.from_s += before, phase.to_s += before;
  committed_at_last_tick_ = judging_->totals().committed;
  next_tick_ = zero_ + kTick;
  next_probe_ = zero_;
  enter("warm-up");

  start_markers();
  std::stop_source stop;
  std::atomic<int> running{lanes_};
  std::vector<std::jthread> lanes;
  for (int lane = 0; lane < lanes_; ++lane) {
    lanes.emplace_back([this, lane, &stop, &running] {
      const auto schedule = make_schedule(scenario_, *model_, identity_, lane, lanes_, Stretch::Live);
      LaneOptions lane_options;
      lane_options.zero = zero_;
      lane_options.horizon = kSendHorizon;
      lane_options.in_flight = (scenario_.in_flight + lane) / lanes_;
      taken_ += run_lane(scenario_, *model_, *schedule, writers_->lane(lane), clock_, lane_options, stop.get_token());
      running.fetch_sub(1);
    });
  }
  while (running.load() > 0) {
    const Instant now = clock_.now();
    if (record_.phases.back().name == "warm-up" && measured_phase_began(now)) enter("measured"), measured_from_ = now;
    if (std::optional<Error> problem = trouble(); problem && !record_.ended_by) {
      record_.ended_by = std::move(problem);
      stop.request_stop();
    }
    if (now >= next_tick_) tick(now), next_tick_ += kTick;
    if (now >= next_probe_) judging_->freshness().probe(now), next_probe_ = now + probe_gap(probe_state_);
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
  markers_ =
      std::make_unique<Markers>(scenario_, *model_, *judging_, writers_->lane(lanes_), clock_, zero_, drill_, drilled,
                                [this](const std::vector<Change>& changes) { count_scheduled(changes); });
  markers_thread_ = std::jthread([this](const std::stop_token& stop) { markers_->run(stop); });
}

void Run::stop_markers() {
  markers_thread_.request_stop();
  if (markers_thread_.joinable()) markers_thread_.join();
}

/// By the clock; in a closed loop by the first of its changes that has an outcome.
bool Run::measured_phase_began(Instant now) {
  if (scenario_.in_flight == 0) return now >= zero_ + scenario_.warm_up;
  return judging_->totals().intended_measured > 0;
}

/// Not by half: a marker that is being sent is not in the view yet.
bool Run::drained() {
  if (!judging_->freshness().drained()) return false;
  const auto quiet = markers_->quiet();
  judging_->catch_up();
  if (!judging_->freshness().drained()) return false;
  markers_thread_.request_stop();
  return true;
}

void Run::drain() {
  enter("drain");
  Micros limit = drain_limit(scenario_);
  // A drill plants rows that never come; waiting the SLO's full bound for them would tell nothing more.
  if (drill_.active() && !options_.overrides.drain) {
    limit = std::min(limit, whole_micros(drill_.delay) + 10 * kMicrosPerSecond);
  }
  drain_deadline_ = clock_.now() + limit;
  judging_->catch_up();
  markers_->load_ended();
  while (!(record_.drained = drained()) && clock_.now() < drain_deadline_) {
    if (std::optional<Error> problem = trouble()) {
      record_.ended_by = std::move(problem);
      break;
    }
    const Instant now = clock_.now();
    if (now >= next_tick_) tick(now), next_tick_ += kTick;
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
