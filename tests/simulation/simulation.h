// One simulated run: the real scenario loader, generator, lanes, ledger, freshness, audit and verdict, between fake
// sources, a fake pipeline and fake eyes, on a virtual clock. The seed decides everything.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_pipeline.h"
#include "fakes/fake_source.h"
#include "fakes/trace.h"
#include "generator/model/model.h"
#include "generator/write/lanes/lanes.h"
#include "metrics/freshness/freshness.h"
#include "metrics/freshness/marker_pace.h"
#include "metrics/ledger/ledger.h"
#include "metrics/record/run_record.h"
#include "scenarios/loader/loader.h"
#include "simulation/expectations.h"
#include "simulation/plan.h"

namespace freshet::simulation {

using fakes::FakeObserver;
using fakes::FakePipeline;
using fakes::FakeSink;
using fakes::Trace;

/// A mistake of the judge, planted so that the checks can be seen to notice it.
enum class Mistake : std::uint8_t { None, HideRow, LateLooks, ForgetOutcome, CountUnchanged };

class Simulation {
 public:
  explicit Simulation(const Plan& plan, Mistake mistake = Mistake::None);

  /// The run, from its first row to its verdict. Once.
  void run();

  // What it was, and what came of it.
  [[nodiscard]] const Scenario& scenario() const { return *loaded_.scenario; }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] const Rows& rows() const { return *rows_; }
  [[nodiscard]] const RunIdentity& identity() const { return identity_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] Expectations& expectations() { return expectations_; }
  [[nodiscard]] const FakePipeline& pipeline() const { return pipeline_; }
  [[nodiscard]] const RunRecord& record() const { return record_; }
  [[nodiscard]] const ViewRecord& view_record(ViewId view) const;
  /// Changes written outside of the schedule: reference rows, canary and markers.
  [[nodiscard]] const std::vector<Change>& first_changes() const { return first_changes_; }
  [[nodiscard]] Instant zero() const { return zero_; }
  [[nodiscard]] Instant ended() const { return ended_; }
  /// Probes of staleness in the measured phase.
  [[nodiscard]] const std::vector<Instant>& probes() const { return probes_; }
  /// A state of a sink that lasts this long is looked at.
  [[nodiscard]] Nanos look_window() const { return 3 * plan_.look_interval + 5 * plan_.look; }
  /// What the sink really held at the last look of the audit, class by class (compared()).
  [[nodiscard]] const std::map<std::string, std::int64_t>& known(ViewId view) const { return known_.at(view); }
  [[nodiscard]] bool canary_seen() const { return canary_seen_; }
  [[nodiscard]] const Trace& trace() const { return trace_; }

 private:
  /// The eyes on one view, looking again and again.
  struct Watcher {
    ViewId view{};
    std::unique_ptr<FakeObserver> observer;
    std::vector<std::string> keys;
    std::vector<Sighting> sightings;
  };

  void open_lanes();
  void report(std::span<const Settled> batch);
  void judge(const Settled& settled);
  void look(Watcher& watcher);
  void saw(Watcher& watcher, Instant began);
  void probe();
  void write_first_rows();
  void send_markers(int markers);
  void send_markers_during_load();
  void await_canary();
  void load();
  void drain();
  void audit();

  const Plan plan_;
  const Mistake mistake_;
  const Loaded loaded_;
  const RunIdentity identity_;
  const std::unique_ptr<const Rows> rows_;
  fakes::FakeClock clock_;
  Trace trace_;
  FakePipeline pipeline_;
  Expectations expectations_;
  Ledger ledger_;
  Freshness freshness_;
  fakes::Dice dice_;
  std::vector<LaneWriters> lanes_;
  std::deque<Watcher> watchers_;
  bool watching_ = true;
  std::int64_t unjudged_ = 0;  ///< outcomes on their way to the judge
  Instant last_judged_{};
  std::vector<Change> first_changes_;  ///< and markers
  MarkerPace pace_;
  std::int64_t marked_ = 0;
  Micros next_marker_{};
  std::int64_t committed_ = 0;
  bool canary_seen_ = false;
  Instant zero_{};
  Instant ended_{};
  Instant drain_deadline_{};
  std::map<ViewId, std::map<std::string, std::int64_t>> known_;
  std::vector<Instant> probes_;
  RunRecord record_;
};

}  // namespace freshet::simulation
