#include "simulation/whole_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <any>
#include <utility>
#include <variant>

#include "app/run/run.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "generator/model/model.h"
#include "generator/schedule/schedule.h"
#include "simulation/planned_scenario.h"

namespace freshet::simulation {

namespace {

/// Longer than any run, so that one which never ends is noticed.
constexpr Nanos kAges = 3'600 * kNanosPerSecond;
constexpr std::uint64_t kSalt = 7;

/// For the trace.
std::int64_t since_start(const Clock& clock) { return clock.now().time_since_epoch().count(); }

Loaded load_planned(const RunPlan& plan, Sabotage sabotage) {
  Overrides overrides;
  overrides.seed = plan.seed;
  overrides.rate = fmt::format("{}/s", plan.rate);
  overrides.duration = fmt::format("{}ms", plan.measured / kNanosPerMilli);
  overrides.drain = sabotage == Sabotage::NoDrain ? "1us" : "20s";
  overrides.canary = "5s";
  overrides.set = {{"/warm_up", fmt::format("\"{}ms\"", plan.warm_up / kNanosPerMilli)},
                   {"/entities/product/rows", "50"},
                   {"/entities/payment/delay/uniform", R"(["2s", "60s"])"},
                   {"/slo", plan.gated ? R"(["p90 freshness < 3s", "lost == 0"])" : R"(["lost == 0"])"}};
  if (plan.external) overrides.set.push_back({"/pipeline", R"({"external": {"order": "source"}})"});
  return load_split_sales(overrides);
}

}  // namespace

/// A machine on which nothing costs anything.
class WholeRun::Host final : public RunHost {
 public:
  explicit Host(std::uint64_t seed) : dice_(seed, "host") {}
  std::uint64_t random() override { return dice_.next(); }
  [[nodiscard]] std::map<std::string, std::string> describe() override { return {}; }
  [[nodiscard]] ProcessCost cost() override { return {}; }
  [[nodiscard]] double generator_limit(const Rows&, const RunIdentity&, int) override { return 1e6; }
  Status make_folder(WallTime, std::string& directory) override {
    directory = "there-is-no-such-folder";
    return {};
  }
  Status write_reports(const RunRecord&, const std::string&) override { return {}; }

 private:
  fakes::Dice dice_;
};

/// What the run owns of the fake pipeline, which outlives it.
class WholeRun::Handle final : public Pipeline {
 public:
  explicit Handle(fakes::FakePipeline& pipeline) : pipeline_(pipeline) {}
  Status start() override { return pipeline_.start(); }
  [[nodiscard]] std::string died() override { return pipeline_.died(); }
  void stop() override { pipeline_.stop(); }
  [[nodiscard]] ProcessCost cost() override { return pipeline_.cost(); }

 private:
  fakes::FakePipeline& pipeline_;
};

/// Reports what was due last of each key, whatever the sink holds.
class WholeRun::FlatteringObserver final : public Observer {
 public:
  FlatteringObserver(WholeRun& run, ViewId view, std::unique_ptr<Observer> honest)
      : run_(run), view_(view), honest_(std::move(honest)) {}
  Status look(std::span<const std::string> keys, std::vector<Sighting>& out) override {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const DueVersion& due = run_.expectations_->dues(view_).at(keys[i]).back();
      out.push_back({i, !due.gone, due.versions});
    }
    return {};
  }
  Status scan(const Visit& visit) override { return honest_->scan(visit); }

 private:
  WholeRun& run_;
  const ViewId view_;
  const std::unique_ptr<Observer> honest_;
};

class WholeRun::Site final : public RunSite {
 public:
  explicit Site(WholeRun& run) : run_(run) {
    for (const Connection& connection : run.scenario().connections) {
      const bool broker = connection.backend == kKafkaBackend;
      addresses_.servers.push_back(broker ? std::any(kafka::Address{}) : std::any(mysql::Address{}));
    }
  }

  Status prepare(const std::string&) override {
    run_.clock_.sleep_until(run_.clock_.now() + 100 * kNanosPerMilli, {});
    if (run_.plan_.has(Misfortune::OldRows)) leave_old_rows();
    if (!run_.plan_.has(Misfortune::NoServers)) return {};
    return Error{ErrorKind::Unreachable, "no server answers", ""};
  }
  Status start_pipeline(const std::string&, const std::string&, std::unique_ptr<Pipeline>& pipeline) override {
    pipeline = std::make_unique<Handle>(run_.pipeline_);
    return pipeline->start();
  }
  [[nodiscard]] const Addresses& addresses() const override { return addresses_; }
  Status await_sinks(Nanos, const std::function<std::optional<Error>()>& trouble) override {
    const std::optional<Error> problem = trouble();
    return problem ? Status(*problem) : Status();
  }
  Status refuse_sinks(const Rows&) override { return {}; }
  Result<std::unique_ptr<Observer>> observe(const Observe& observe) override {
    const std::string name = "eyes on " + run_.scenario().view(observe.view).name;
    auto observer = std::make_unique<fakes::FakeObserver>(run_.scenario(), run_.pipeline_.sink(observe.view),
                                                          observe.view, 0, fakes::Dice(run_.plan_.seed, name));
    observer->take_time(run_.clock_, run_.plan_.look, run_.outage_);
    if (run_.sabotage_ != Sabotage::HidingObserver) return std::unique_ptr<Observer>(std::move(observer));
    return std::unique_ptr<Observer>(std::make_unique<FlatteringObserver>(run_, observe.view, std::move(observer)));
  }
  [[nodiscard]] std::string died() override { return run_.died_; }
  [[nodiscard]] std::string lost() override { return run_.lost_; }
  void look() override {}
  [[nodiscard]] ServerReading read(const WriterPool&) override { return {}; }
  [[nodiscard]] std::map<std::string, ProcessCost> cost() override { return {}; }
  Left take_down(const std::string&, const std::string&, bool) override { return {}; }

 private:
  /// The pipeline of an earlier run with the same keys left what it made of every first row.
  void leave_old_rows() {
    const std::unique_ptr<const Rows> rows = make_model(run_.scenario(), run_.identity_);
    for (const WriteTarget& write : run_.scenario().write) {
      Change change;
      change.entity = write.entity;
      change.version = 1;
      Row row;
      rows->row(change.entity, change.ordinal, change.version, row);
      run_.pipeline_.stored(change, row);
    }
    run_.clock_.sleep_until(run_.clock_.now() + 5 * kNanosPerSecond, {});
  }

  WholeRun& run_;
  Addresses addresses_;
};

/// The writers outlive the run, because what they sent is still under way when it ends.
class WholeRun::Pool final : public WriterPool {
 public:
  explicit Pool(WholeRun& run) : run_(run) {}
  [[nodiscard]] LaneWriters& lane(int index) override {
    return run_.lanes_.at(static_cast<std::size_t>(index)).writers;
  }
  void flush(Instant deadline) override {
    for (const Lane& lane : run_.lanes_) lane.topic->flush(deadline);
  }
  [[nodiscard]] std::string broken() const override { return run_.broken_; }

 private:
  WholeRun& run_;
};

WholeRun::WholeRun(const RunPlan& plan, Sabotage sabotage)
    : plan_(plan),
      sabotage_(sabotage),
      temper_(plan.pipeline),
      database_(plan.database),
      topic_(plan.topic),
      loaded_(load_planned(plan, sabotage)),
      identity_{plan.seed, kSalt, {}},
      threads_(clock_),
      reporter_(clock_),
      pipeline_(scenario(), temper_, clock_, trace_) {
  if (sabotage == Sabotage::KeptDeletes) temper_.shares[static_cast<std::size_t>(fakes::Fault::KeepDeleted)] = 1;
  reporter_.on_phase = [this](const std::string& phase) { begin_phase(phase); };
}

WholeRun::~WholeRun() = default;

Result<std::unique_ptr<WriterPool>> WholeRun::open_writers(WallTime epoch, int lanes, OutcomeSink sink) {
  identity_.epoch = epoch;
  rows_ = make_model(scenario(), identity_);
  expectations_ = std::make_unique<Expectations>(scenario(), *rows_);
  const auto whole = make_schedule(scenario(), *rows_, identity_, 0, 1, ScheduleRange::Live);
  for (Change change; whole->next(change);) measured_ += change.phase == Phase::Measured ? 1 : 0;
  for (int lane = 0; lane < lanes; ++lane) open_lane(sink);
  return std::unique_ptr<WriterPool>(std::make_unique<Pool>(*this));
}

void WholeRun::open_lane(const OutcomeSink& sink) {
  const std::string number = std::to_string(lanes_.size());
  Lane& lane = lanes_.emplace_back();
  lane.writers.outcomes =
      std::make_shared<LaneOutcomes>(scenario(), [this, sink](std::span<const Settled> batch) { tell(batch, sink); });
  const auto stored = [this](const Change& change, const Row& row) {
    if (hears_) pipeline_.stored(change, row);
  };
  const OutcomeSink settle = LaneOutcomes::sink(lane.writers.outcomes);
  lane.database = std::make_shared<fakes::FakeDatabase>(clock_, database_,
                                                        fakes::Dice(plan_.seed, "database " + number), stored, settle);
  lane.topic =
      std::make_shared<fakes::FakeTopic>(clock_, topic_, fakes::Dice(plan_.seed, "topic " + number), stored, settle);
  lane.writers.by_entity.resize(scenario().entities.size());
  for (const WriteTarget& write : scenario().write) {
    std::shared_ptr<Writer>& writer = lane.writers.by_entity[index_of(write.entity)];
    if (write.topic() != nullptr) {
      writer = lane.topic;
    } else {
      writer = lane.database;
    }
  }
}

/// On the way from a writer to the judge.
void WholeRun::tell(std::span<const Settled> batch, const OutcomeSink& sink) {
  for (Settled settled : batch) {
    const Change& change = settled.change;
    trace_.add({1, since_start(clock_), static_cast<std::int64_t>(index_of(change.entity)),
                static_cast<std::int64_t>(change.ordinal), change.version, static_cast<std::int64_t>(settled.outcome)});
    expectations_->settled(settled, clock_.now());
    if (change.phase == Phase::Measured) {
      const bool in_time = settled.acknowledged <= load_ends_ + RunRecord::kGrace;
      if (settled.outcome == Outcome::Committed && in_time) ++achieved_;
      if (forget_ > 0 && forget_-- > 0) continue;
      if (double_ > 0 && double_-- > 0) sink({&settled, 1});
    }
    if (sabotage_ == Sabotage::HiddenRefusal && settled.outcome != Outcome::Committed) {
      settled.outcome = Outcome::Committed;
      settled.released = settled.acknowledged = clock_.now();
    }
    sink({&settled, 1});
  }
}

void WholeRun::begin_phase(const std::string& phase) {
  trace_.add(phase);
  trace_.add({2, since_start(clock_)});
  if (phase == name_of(RunPhase::WarmUp)) {
    pipeline_.begin_faults();
    load_ends_ = clock_.now() + plan_.warm_up + plan_.measured;
  }
  for (const Planned& planned : plan_.planned) {
    if (phase != name_of(planned.phase)) continue;
    if (planned.after == Nanos{}) {
      strike(planned);
    } else {
      clock_.at(clock_.now() + planned.after, [this, planned] { strike(planned); });
    }
  }
}

void WholeRun::strike(const Planned& planned) {
  const Instant now = clock_.now();
  switch (planned.misfortune) {
    case Misfortune::ShortStall:
      return pipeline_.freeze(now + kNanosPerSecond);
    case Misfortune::FrozenPipeline:
      return pipeline_.freeze(now + kAges);
    case Misfortune::SlowReporter:
      reporter_.slow = 100 * kNanosPerMilli;
      return;
    case Misfortune::ShortBlindness:
      // During a longer one it changes nothing.
      if (now < outage_.from || now >= outage_.to) outage_ = {now, now + kNanosPerSecond};
      return;
    case Misfortune::BlindSink:
      outage_ = {now, now + kAges};
      return;
    case Misfortune::Phantoms:
      for (int i = 0; i < 3; ++i) pipeline_.plant_phantom();
      return;
    case Misfortune::CrashedPipeline:
      return pipeline_.die("exited with 3");
    case Misfortune::NoPipeline:
      return pipeline_.refuse("it does not start");
    case Misfortune::DeafPipeline:
      hears_ = false;
      return;
    case Misfortune::DeadServer:
      died_ = "the database server died: it was killed by signal 9";
      return;
    case Misfortune::LostLease:
      lost_ = "connection \"mysql\": the lease is lost";
      return;
    case Misfortune::ForgottenOutcome:
      forget_ = 1;
      return;
    case Misfortune::DoubledOutcome:
      double_ = 1;
      return;
    case Misfortune::Interrupted:
      if (sabotage_ != Sabotage::DeafToStop) stop_.request_stop();
      return;
    default:
      return turn_sources(planned.misfortune);
  }
}

void WholeRun::turn_sources(Misfortune misfortune) {
  switch (misfortune) {
    case Misfortune::LateAnswers:
      topic_.answer = 30 * kNanosPerMilli;
      break;
    case Misfortune::LyingSource:
      database_.lies = topic_.lies = 0.05;
      break;
    case Misfortune::SilentSource:
      return lanes_.front().database->fall_silent_once();
    case Misfortune::RefusingSource:
      database_.refused = topic_.refused = 0.1;
      break;
    case Misfortune::SlowSource:
      database_.commit = 2 * kNanosPerSecond;
      break;
    case Misfortune::LostSource:
      for (const Lane& lane : lanes_) {
        lane.database->die();
        lane.topic->die();
      }
      return clock_.at(clock_.now() + database_.patience,
                       [this] { broken_ = "connection \"mysql\": the server is gone"; });
    default:
      return;
  }
  for (const Lane& lane : lanes_) {
    lane.database->turn(database_);
    lane.topic->turn(topic_);
  }
}

void WholeRun::run() {
  began_ = clock_.now();
  clock_.at(began_ + kAges, [] { FRESHET_CHECK(false, "a simulated run ends"); });
  clock_.run_tasks({[this] { go_through(); }});
  ended_ = clock_.now();
  collect_facts();
  trace_.add({3, since_start(clock_), static_cast<std::int64_t>(record_.verdict), record_.committed});
}

/// As the command does it.
void WholeRun::go_through() {
  Host host(plan_.seed);
  Site site(*this);
  RunOptions options;
  options.salt = kSalt;
  options.lanes = plan_.lanes;
  const OpenWriters open = [this](const Scenario&, WallTime epoch, const Addresses&, int lanes, const Clock&,
                                  OutcomeSink sink) { return open_writers(epoch, lanes, std::move(sink)); };
  Run run(scenario(), options,
          {clock_,
           threads_,
           reporter_,
           host,
           site,
           open,
           [this] { return stop_.stop_requested(); },
           stop_.get_token(),
           {}});
  if (const Status prepared = run.prepare(); prepared.ok()) {
    run.measure();
  } else {
    run.abandon(prepared.error());
  }
  run.conclude();
  run.take_down();
  record_ = run.record();
}

void WholeRun::collect_facts() {
  if (!expectations_) return;
  if (measured_ > 0) facts_.achieved = static_cast<double>(achieved_) / static_cast<double>(measured_);
  for (const Observe& observe : scenario().observe) {
    const fakes::FakeSink& sink = pipeline_.sink(observe.view);
    const auto truth = expectations_->truth(observe.view);
    const auto unknown = [&](std::optional<Ordinal> root) {
      const bool is_unknown = root && expectations_->indeterminate(observe.view, *root);
      facts_.indeterminate |= is_unknown;
      return is_unknown;
    };
    // An unanswered change that did not take effect leaves no row. From outside, it looks like one whose row was lost.
    facts_.indeterminate |= !expectations_->possible(observe.view).empty();
    for (const auto& [key, row] : truth) {
      if (unknown(expectations_->root_of(observe.view, key))) continue;
      const auto shown = sink.rows.find(key);
      facts_.wrong |= shown == sink.rows.end() || shown->second.image != row.image || sink.twice.contains(key);
    }
    for (const auto& [key, row] : sink.rows) {
      if (!unknown(sink.root_of.at(key)) && !truth.contains(key)) facts_.wrong = true;
    }
  }
}

std::vector<std::string> WholeRun::violations() const {
  std::vector<std::string> out;
  if (record_.verdict != expected()) {
    out.push_back(fmt::format("the verdict is {} and should be {}", freshet::name_of(record_.verdict),
                              freshet::name_of(expected())));
    for (const std::string& reason : record_.reasons) out.push_back("  " + reason);
  }
  if (facts_.wrong && record_.complete && !may_be_wrong(plan_) && !may_be_on_its_way(plan_)) {
    out.emplace_back("a view is wrong, and nothing in the plan explains it");
  }
  return out;
}

}  // namespace freshet::simulation
