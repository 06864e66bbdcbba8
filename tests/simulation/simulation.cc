#include "simulation/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "generator/schedule/schedule.h"
#include "metrics/audit/audit.h"
#include "metrics/audit/audit_looks.h"
#include "metrics/verdict/verdict.h"
#include "simulation/checks.h"
#include "simulation/planned_scenario.h"

namespace freshet::simulation {

namespace {

constexpr std::size_t kKeysPerLook = 100'000;
constexpr Nanos kPatience = 60 * kNanosPerSecond;
constexpr Nanos kProbeMean = 200 * kNanosPerMilli;

Loaded load_planned(const Plan& plan) {
  Overrides overrides;
  overrides.seed = plan.seed;
  overrides.rate = plan.rate;
  overrides.duration = plan.duration;
  overrides.drain = "60s";
  overrides.set = {
      {"/time_scale", plan.time_scale},
      {"/entities/product/rows", "200"},
      {"/pipeline", fmt::format(R"({{"external": {{"order": "{}"}}}})", plan.keeps_source_order ? "source" : "key")}};
  return load_split_sales(overrides);
}

}  // namespace

Simulation::Simulation(const Plan& plan, Mistake mistake)
    : plan_(plan),
      mistake_(mistake),
      loaded_(load_planned(plan)),
      identity_{plan.seed, plan.salt, WallTime{1'700'000'000 * kMicrosPerSecond}},
      rows_(make_model(scenario(), identity_)),
      pipeline_(scenario(), plan_, clock_, trace_),
      expectations_(scenario(), *rows_),
      ledger_(scenario()),
      freshness_(scenario(), *rows_),
      dice_(plan.seed, "judge") {
  open_lanes();
  for (const Observe& observe : scenario().observe) {
    const fakes::Dice dice(plan.seed, "eyes on " + scenario().view(observe.view).name);
    watchers_.push_back(
        {observe.view,
         std::make_unique<FakeObserver>(scenario(), pipeline_.sink(observe.view), observe.view, plan.blind, dice),
         {},
         {}});
  }
}

void Simulation::open_lanes() {
  for (int lane = 0; lane <= plan_.lanes; ++lane) {  // the last is that of the markers
    LaneWriters writers;
    writers.by_entity.resize(scenario().entities.size());
    writers.outcomes =
        std::make_shared<LaneOutcomes>(scenario(), [this](std::span<const Settled> batch) { report(batch); });
    const OutcomeSink sink = LaneOutcomes::sink(writers.outcomes);
    const auto stored = [this](const Change& change, const Row& row) { pipeline_.stored(change, row); };
    const std::string number = std::to_string(lane);
    const auto database = std::make_shared<fakes::FakeDatabase>(
        clock_, plan_.database, fakes::Dice(plan_.seed, "database " + number), stored, sink);
    const auto topic = std::make_shared<fakes::FakeTopic>(clock_, plan_.topic,
                                                          fakes::Dice(plan_.seed, "topic " + number), stored, sink);
    for (const WriteTarget& write : scenario().write) {
      std::shared_ptr<Writer>& writer = writers.by_entity[index_of(write.entity)];
      if (std::holds_alternative<KafkaTarget>(write.target)) {
        writer = topic;
      } else {
        writer = database;
      }
    }
    lanes_.push_back(std::move(writers));
  }
}

/// The way from a writer to the judge takes time, and keeps the order.
void Simulation::report(std::span<const Settled> batch) {
  last_judged_ = std::max(last_judged_, clock_.now() + dice_.wait(plan_.report));
  for (const Settled& settled : batch) {
    ++unjudged_;
    clock_.at(last_judged_, [this, settled] { judge(settled); });
  }
}

void Simulation::judge(const Settled& settled) {
  --unjudged_;
  const Change& change = settled.change;
  trace_.add({3, clock_.now().time_since_epoch().count(), static_cast<std::int64_t>(index_of(change.entity)),
              static_cast<std::int64_t>(change.ordinal), change.version, static_cast<std::int64_t>(settled.outcome),
              settled.released.time_since_epoch().count(), settled.acknowledged.time_since_epoch().count()});
  expectations_.settled(settled, clock_.now());
  if (mistake_ == Mistake::ForgetOutcome && change.ordinal == 7 && change.version == 1) return;
  freshness_.settled({&settled, 1});
  ledger_.settled({&settled, 1});
  if (settled.outcome == Outcome::Committed) ++committed_;
  if (change.phase != Phase::Measured) return;
  ++record_.scheduled_measured;
  const Instant in_time = zero_ + scenario().length() + RunRecord::kGrace;
  if (settled.outcome == Outcome::Committed && settled.acknowledged <= in_time) ++record_.achieved_measured;
}

void Simulation::look(Watcher& watcher) {
  if (!watching_) return;
  const Instant began = clock_.now();
  watcher.keys.clear();
  watcher.sightings.clear();
  freshness_.sought(watcher.view, began - plan_.look_interval, kKeysPerLook, watcher.keys);
  const Instant again = began + plan_.look_interval / 2;
  if (watcher.keys.empty()) {
    clock_.at(again, [this, &watcher] { look(watcher); });
    return;
  }
  clock_.at(began + dice_.between(kNanosPerMicro, plan_.look), [this, &watcher, began, again] {
    saw(watcher, began);
    clock_.at(std::max(again, clock_.now()), [this, &watcher] { look(watcher); });
  });
}

void Simulation::saw(Watcher& watcher, Instant began) {
  if (!watching_ || !watcher.observer->look(watcher.keys, watcher.sightings).ok()) return;
  const Nanos late = mistake_ == Mistake::LateLooks ? 2 * kNanosPerSecond : Nanos{};
  freshness_.sighted(watcher.view, watcher.keys, watcher.sightings, began, clock_.now() + late);
  trace_.add({4, began.time_since_epoch().count(), clock_.now().time_since_epoch().count(),
              static_cast<std::int64_t>(watcher.keys.size())});
}

void Simulation::probe() {
  if (!watching_) return;
  const Nanos since = clock_.now() - zero_;
  if (since >= scenario().warm_up && since < scenario().length()) {
    probes_.push_back(clock_.now());
  }
  freshness_.probe(clock_.now());
  clock_.at(clock_.now() + dice_.wait(kProbeMean), [this] { probe(); });
}

void Simulation::run() {
  for (Watcher& watcher : watchers_) look(watcher);
  write_first_rows();
  await_canary();
  load();
  drain();
  audit();
  freshet::judge(scenario(), record_);
  trace_.add(name_of(record_.verdict));
}

void Simulation::write_first_rows() {
  for (const LaneChanges& group : written_reference_changes(scenario(), *rows_, plan_.lanes)) {
    write_now(scenario(), *rows_, group.changes, lanes_[static_cast<std::size_t>(group.lane)], clock_);
    first_changes_.insert(first_changes_.end(), group.changes.begin(), group.changes.end());
  }
  std::vector<Change> changes;
  canary_changes(scenario(), *rows_, changes);
  write_now(scenario(), *rows_, changes, lanes_[0], clock_);
  first_changes_.insert(first_changes_.end(), changes.begin(), changes.end());
}

void Simulation::send_markers(int markers) {
  std::vector<Change> changes;
  for (int i = 0; i < markers; ++i) {
    next_marker_ = std::max(next_marker_ + Micros{1'000}, whole_micros(clock_.now() - zero_));
    marker_changes(scenario(), *rows_, next_marker_, changes);
  }
  if (changes.empty()) return;
  first_changes_.insert(first_changes_.end(), changes.begin(), changes.end());
  marked_ += static_cast<std::int64_t>(changes.size());
  write_now(scenario(), *rows_, changes, lanes_.back(), clock_);
}

void Simulation::send_markers_during_load() {
  const Instant end = zero_ + scenario().length();
  while (clock_.now() < end) {
    send_markers(pace_.during_load(clock_.now(), committed_, marked_));
    clock_.sleep_until(clock_.now() + 100 * kNanosPerMilli, {});
  }
}

void Simulation::await_canary() {
  const Instant deadline = clock_.now() + kPatience;
  while (!freshness_.canary_seen() && clock_.now() < deadline) clock_.run_until(clock_.now() + 5 * kNanosPerMilli);
  canary_seen_ = freshness_.canary_seen();
}

void Simulation::load() {
  zero_ = clock_.now() + 50 * kNanosPerMilli;
  ledger_.set_zero(zero_);
  freshness_.set_zero(zero_);
  pipeline_.begin_faults();
  const Nanos length = scenario().length();
  for (int i = 0; i < plan_.phantoms; ++i) {
    clock_.at(zero_ + length / 2 + dice_.between(Nanos{}, length / 2), [this] { pipeline_.plant_phantom(); });
  }
  probe();
  std::vector<std::function<void()>> tasks;
  for (int lane = 0; lane < plan_.lanes; ++lane) {
    tasks.emplace_back([this, lane] {
      const auto schedule = make_schedule(scenario(), *rows_, identity_, lane, plan_.lanes);
      LaneOptions options;
      options.zero = zero_;
      options.batch_max = plan_.batch_max;
      options.horizon = plan_.horizon;
      run_lane(scenario(), *rows_, *schedule, lanes_[static_cast<std::size_t>(lane)], clock_, options, {});
    });
  }
  tasks.emplace_back([this] { send_markers_during_load(); });
  clock_.run_tasks(std::move(tasks));
  for (const LaneWriters& lane : lanes_) {
    for (const auto& writer : lane.by_entity) {
      if (writer) writer->flush(clock_.now() + kPatience);
    }
  }
}

void Simulation::drain() {
  while (unjudged_ > 0) clock_.run_until(last_judged_);
  drain_deadline_ = clock_.now() + *scenario().drain;
  while (!(record_.drained = freshness_.drained()) && clock_.now() < drain_deadline_) {
    send_markers(pace_.after_load(clock_.now(), freshness_.unpassed()));
    while (unjudged_ > 0) clock_.run_until(last_judged_);
    clock_.run_until(clock_.now() + 5 * kNanosPerMilli);
  }
  watching_ = false;
  ended_ = clock_.now();
  freshness_.finish(ended_);
}

void Simulation::audit() {
  for (Watcher& watcher : watchers_) {
    ViewRecord view;
    view.name = scenario().view(watcher.view).name;
    view.series = freshness_.series(watcher.view);
    if (mistake_ == Mistake::CountUnchanged) ++view.series["payment.update"].expected;
    view.staleness = freshness_.staleness(watcher.view);
    view.evidence = freshness_.evidence(watcher.view);
    AuditLooks looks(scenario(), freshness_, watcher.view, drain_deadline_);
    for (std::optional<Instant> again = clock_.now(); again;) {
      clock_.run_until(*again);
      Audit audit(scenario(), *rows_, ledger_, watcher.view, looks.basis());
      bool hide = mistake_ == Mistake::HideRow;
      const Status scanned = watcher.observer->scan([&](const Row& row, std::span<const Version> versions) {
        if (!std::exchange(hide, false)) audit.found(row, versions);
      });
      FRESHET_CHECK(scanned.ok(), "a fake sink can be scanned");
      view.audit = audit.finish();
      again = looks.took(view.audit, clock_.now());
    }
    known_.emplace(watcher.view, compared(*this, watcher.view));
    trace_.add({5, view.audit.scanned, view.audit.expected, view.audit.errors(), view.audit.indeterminate});
    record_.views.push_back(std::move(view));
  }
  record_.wait = ledger_.wait();
  record_.service = ledger_.service();
  record_.committed = ledger_.total(Outcome::Committed);
  record_.complete = true;
}

const ViewRecord& Simulation::view_record(ViewId view) const {
  return *std::ranges::find(record_.views, scenario().view(view).name, &ViewRecord::name);
}

}  // namespace freshet::simulation
