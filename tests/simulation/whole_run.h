// A whole run on the virtual clock: the product's own Run, Measurement, watchers, markers, drain and audit, among fake
// sources, a fake pipeline, fake eyes and a fake reporter. The seed of the plan decides everything.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/run/run_parts.h"
#include "fakes/fake_clock.h"
#include "fakes/fake_pipeline.h"
#include "fakes/fake_reporter.h"
#include "fakes/fake_source.h"
#include "fakes/fake_threads.h"
#include "fakes/trace.h"
#include "scenarios/loader/loader.h"
#include "simulation/expectations.h"
#include "simulation/run_plan.h"

namespace freshet::simulation {

/// A mistake in the harness, planted so that the sweep can be seen to notice it.
enum class Sabotage : std::uint8_t {
  None,
  NoDrain,         ///< the run does not wait for what is on its way
  HidingObserver,  ///< a watcher reports what ought to be there
  HiddenRefusal,   ///< a refused change is reported as committed
  DeafToStop,      ///< the request to end does not reach the run
  KeptDeletes,     ///< the pipeline forgets deletes, and no plan says so
};

class WholeRun {
 public:
  explicit WholeRun(const RunPlan& plan, Sabotage sabotage = Sabotage::None);
  ~WholeRun();

  /// From its first phase until it is taken down. Once.
  void run();

  [[nodiscard]] const RunRecord& record() const { return record_; }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] Verdict expected() const { return simulation::expected(plan_, facts_); }
  [[nodiscard]] const fakes::FakeReporter& reporter() const { return reporter_; }
  /// From its first phase to its last, in virtual time.
  [[nodiscard]] Nanos took() const { return ended_ - began_; }
  /// A digest of all that happened, in order.
  [[nodiscard]] std::uint64_t digest() const { return trace_.digest(); }
  /// What does not hold, one line each: the verdict is the one that the plan demands, and nothing is in a view that the
  /// plan does not explain.
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  class Host;
  class Site;
  class Pool;
  class Handle;
  class FlatteringObserver;
  /// The writers of a lane.
  struct Lane {
    std::shared_ptr<fakes::FakeDatabase> database;
    std::shared_ptr<fakes::FakeTopic> topic;
    LaneWriters writers;
  };

  [[nodiscard]] const Scenario& scenario() const { return *loaded_.scenario; }
  Result<std::unique_ptr<WriterPool>> open_writers(WallTime epoch, int lanes, OutcomeSink sink);
  void open_lane(const OutcomeSink& sink);
  void tell(std::span<const Settled> batch, const OutcomeSink& sink);
  void begin_phase(const std::string& phase);
  void strike(const Planned& planned);
  void turn_sources(Misfortune misfortune);
  void go_through();
  void collect_facts();

  const RunPlan plan_;
  const Sabotage sabotage_;
  fakes::PipelineTemper temper_;
  fakes::Temper database_;
  fakes::Temper topic_;
  const Loaded loaded_;
  RunIdentity identity_;
  fakes::FakeClock clock_;
  const fakes::FakeThreads threads_;
  fakes::FakeReporter reporter_;
  fakes::Trace trace_;
  fakes::FakePipeline pipeline_;
  fakes::FakeObserver::Outage outage_;
  std::stop_source stop_;
  std::unique_ptr<const Rows> rows_;
  std::unique_ptr<Expectations> expectations_;
  std::deque<Lane> lanes_;
  std::string broken_;  ///< what the writers say of their servers
  std::string died_;    ///< and the site of its own
  std::string lost_;
  bool hears_ = true;  ///< the pipeline, of what is stored
  int forget_ = 0;     ///< outcomes to be forgotten
  int double_ = 0;
  std::int64_t measured_ = 0;  ///< changes of the schedule
  std::int64_t achieved_ = 0;
  Instant load_ends_{};
  Instant began_{};
  Instant ended_{};
  Facts facts_;
  RunRecord record_;
};

}  // namespace freshet::simulation
