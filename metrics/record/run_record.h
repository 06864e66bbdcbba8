// Everything that a run leaves behind, in one value: verdict.h judges it, and report/ writes it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/change.h"
#include "base/result.h"
#include "base/seams.h"
#include "metrics/audit/audit.h"
#include "metrics/freshness/freshness.h"
#include "metrics/histogram/histogram.h"
#include "metrics/ledger/ledger.h"
#include "scenarios/model/scenario.h"

namespace freshet {

enum class Verdict : std::uint8_t {
  Pass,
  Fail,
  Incorrect,
  Invalid,
  Inconclusive,
  Regression,  ///< planned: no command gives it yet
  Interrupted,
  Unreachable,
  Error,
  NotJudged,  ///< --data-only: every change has an outcome, and nothing else was asked for
};
[[nodiscard]] const char* name_of(Verdict verdict);
/// One of base/exit_code.h. Never that of usage.
[[nodiscard]] int exit_code_of(Verdict verdict);

/// One gate applied to one series.
struct Judgement {
  std::string view;    ///< empty if the gate is not about a view
  std::string series;  ///< "all", "payment.update", or empty
  std::optional<double> value;
  std::optional<double> more_than;  ///< when the quantile falls among censored samples: a lower bound
  std::int64_t samples = 0;
  double uncertainty_s = 0;
  enum class Status : std::uint8_t { Pass, Fail, Inconclusive, Skipped } status = Status::Pass;
  std::string reason;
};
[[nodiscard]] const char* name_of(Judgement::Status status);

/// A gate and its result. `decisive` is the judgement that decided it (the worst one).
struct GateResult {
  Gate gate;
  Judgement decisive;
  std::vector<Judgement> judged;
};

struct ViewRecord {
  std::string name;
  std::map<std::string, FreshnessSeries> series;  ///< by "entity.operation"; "all" is their merge
  Staleness staleness;
  std::optional<WindowRecord> windows;  ///< for a view with windows
  EvidenceRecord evidence;              ///< evidence that the last changes have arrived
  AuditReport audit;
};

struct PhaseRecord {
  std::string name;
  double from_s = 0;  ///< from the schedule's zero; preparation is negative
  double to_s = 0;
};

struct ChangeRecord {
  std::string entity;
  std::array<Ledger::Counts, kOperations> counts{};
};

struct DrillRecord {
  std::string view;
  std::map<std::string, std::int64_t> planted;  ///< by audit class; delayed row versions as "delayed"
  std::map<std::string, std::int64_t> healed;
  std::map<std::string, std::int64_t> reported;  ///< found by audit and freshness, by the same names
  bool exact = false;
  std::string reason;  ///< why it is not exact
};

struct ServerRecord {
  std::string version;
  std::map<std::string, std::string> durability;  ///< settings that determine the cost of a commit
  /// What the server did during warm-up and measured phase ("commits", "binlog_bytes", "fsyncs"…). Unknown counters are
  /// absent.
  std::map<std::string, std::int64_t> load;
};

/// The state of the native pipeline, and the size that `plan` predicted for it.
struct StateRecord {
  struct Size {
    std::int64_t rows = 0;
    std::int64_t groups = 0;
    std::int64_t bytes = 0;
  };
  Size predicted;  ///< at the end
  Size end;
  Size peak;
  std::int64_t dropped_rows = 0;  ///< dropped because their retention ended
  std::int64_t dropped_groups = 0;
  /// How far each source was read when the sinks last had all that came of it; by source.
  std::map<std::string, std::string> committed;
  /// Between its threads, in batches; "sources", and by view.
  struct Queue {
    std::int64_t capacity = 0;
    std::int64_t high_water = 0;  ///< most that waited at a time
    std::int64_t waits = 0;       ///< how often a thread found it full
  };
  std::map<std::string, Queue> queues;
};

/// A part of the system that was slow, and the figures that show it.
struct SlowPart {
  std::string part;  ///< "generator", "targets" or "pipeline"
  std::string why;
};

/// One line of seconds.ndjson.
struct SecondRecord {
  Progress progress;
};

struct RunRecord {
  std::string run_id;
  std::string version;
  std::string commit;

  std::string scenario_name;
  std::string scenario_file;
  std::string scenario_digest;
  std::uint64_t seed = 0;
  std::uint64_t salt = 0;
  WallTime epoch{};        ///< of the schedule's zero
  double epoch_lag_s = 0;  ///< how much later than `epoch` the schedule's zero was, by the wall clock
  std::map<std::string, std::string> overrides;

  WallTime started_at{};
  double duration_s = 0;  ///< of the measured phase
  bool complete = false;
  std::string pipeline = "native";
  bool null_target = false;  ///< only the generator ran: nothing was written, no view is judged
  bool data_only = false;    ///< only the data was written; nothing is judged
  std::vector<PhaseRecord> phases;
  std::vector<std::string> warnings;
  std::vector<std::string> left_behind;  ///< what was left on the servers, and why

  std::int64_t scheduled_measured = 0;  ///< changes intended in the measured phase
  std::int64_t achieved_measured = 0;   ///< those that committed at most kGrace after its end
  double offered_per_s = 0;
  double achieved_per_s = 0;         ///< changes that the targets committed, divided by the time that this took
  int in_flight = 0;                 ///< for a closed loop; 0 = open loop
  double generator_limit_per_s = 0;  ///< rate of the generator alone, as fast as it can; 0 = not measured
  double headroom = 0;               ///< generator_limit_per_s ÷ offered rate; 0 = not measured
  std::vector<ChangeRecord> changes;
  std::vector<Ledger::Exception> exceptions;
  std::vector<Refusal> refusals;  ///< why changes were rejected
  /// By topic and fault: how often a fault that the scenario asks for happened.
  std::map<std::string, std::map<std::string, std::int64_t>> stream_faults;
  Histogram wait;
  Histogram service;

  std::vector<ViewRecord> views;
  std::optional<DrillRecord> drill;
  std::map<std::string, ServerRecord> servers;
  std::map<std::string, ProcessCost> cost;  ///< "harness", "pipeline", "mysql"
  std::optional<StateRecord> state;         ///< for a native pipeline that ran to its end
  std::int64_t committed = 0;               ///< all phases; CPU per change divides by it
  std::int64_t marker_changes = 0;          ///< those that belong to markers and canaries
  bool drained = true;                      ///< the drain ended before its limit
  std::map<std::string, std::string> host;
  std::vector<SecondRecord> seconds;

  /// Why the run ended early, if it did.
  std::optional<freshet::Error> ended_by;

  // Filled by judge() in verdict.h.
  bool valid = true;
  bool load_was_late = false;  ///< the schedule was not kept, or changes were sent late
  std::vector<SlowPart> slow;
  std::vector<std::string> validity_reasons;
  std::vector<GateResult> gates;
  Verdict verdict = Verdict::Error;
  std::vector<std::string> reasons;

  /// A change counts as achieved when it committed at most this long after the measured phase ended (the bound that
  /// validity sets on waits).
  static constexpr Nanos kGrace = kNanosPerSecond;
};

}  // namespace freshet
