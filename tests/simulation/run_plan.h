// What one seed decides about a whole run: what goes wrong and when, and the verdict that this demands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/run/run_phase.h"
#include "base/clock.h"
#include "fakes/fake_pipeline.h"
#include "fakes/fake_source.h"
#include "metrics/record/run_record.h"

namespace freshet::simulation {

enum class Misfortune : std::uint8_t {
  // Harmless: a sound judge is not misled by them.
  ShortStall,       ///< the pipeline reads nothing for a second
  DoubledMessages,  ///< it reads many changes twice
  LateAnswers,      ///< a topic says late that it took a message
  SlowReporter,     ///< the reporter takes its time
  ShortBlindness,   ///< a sink refuses looks for a second
  // The pipeline is late.
  SlowPipeline,
  FrozenPipeline,  ///< from an instant of the load on it does nothing more
  // The views are wrong.
  LostRows,
  StaleRows,
  ResurrectedRows,
  AlteredRows,
  DoubledRows,
  KeptDeletes,
  Phantoms,
  LyingSource,  ///< it says "committed", and nothing is there
  // The load is not what it should be.
  SlowSource,
  RefusingSource,
  SilentSource,  ///< the outcome of one change stays unknown
  // The harness loses count.
  ForgottenOutcome,
  DoubledOutcome,
  // The run ends early.
  CrashedPipeline,
  LostSource,
  DeadServer,
  LostLease,
  BlindSink,
  Interrupted,
  // It does not begin.
  NoServers,
  NoPipeline,
  DeafPipeline,  ///< it runs, and reads nothing
  OldRows,       ///< a sink holds rows of this very run
};
inline constexpr std::size_t kMisfortunes = static_cast<std::size_t>(Misfortune::OldRows) + 1;
[[nodiscard]] const char* name_of(Misfortune misfortune);

/// A misfortune comes so long after the beginning of a phase.
struct Planned {
  Misfortune misfortune{};
  RunPhase phase = RunPhase::WarmUp;
  Nanos after{};
};

/// What naive code knows of a run that has ended, without asking its judge.
struct Facts {
  bool wrong = false;          ///< a view differs from what committed, and nothing is unknown of the rows that differ
  bool indeterminate = false;  ///< rows depend on changes whose outcome is unknown
  double achieved = 1;         ///< share of the measured changes that committed in time
};

struct RunPlan {
  std::uint64_t seed = 1;
  int lanes = 2;
  int rate = 10;  ///< baskets a second
  Nanos warm_up = kNanosPerSecond;
  Nanos measured = 10 * kNanosPerSecond;
  bool gated = true;      ///< the scenario has a bound on freshness
  bool external = false;  ///< the pipeline is external: the run neither starts it nor learns that it died
  fakes::Temper database;
  fakes::Temper topic;
  fakes::PipelineTemper pipeline;
  Nanos look = 5 * kNanosPerMilli;  ///< longest look of a watcher
  std::vector<Planned> planned;

  [[nodiscard]] bool has(Misfortune misfortune) const;
  [[nodiscard]] std::string text() const;
};

/// The verdict that the plan demands.
[[nodiscard]] Verdict expected(const RunPlan& plan, const Facts& facts);

/// Whether some of what is planned makes views wrong.
[[nodiscard]] bool may_be_wrong(const RunPlan& plan);

/// Whether what is missing at the end may just be late.
[[nodiscard]] bool may_be_on_its_way(const RunPlan& plan);

/// A run in which nothing goes wrong.
[[nodiscard]] RunPlan calm_run(std::uint64_t seed);
/// One misfortune, or two that do not hide each other.
[[nodiscard]] RunPlan run_plan_of(std::uint64_t seed);
/// The plan of a calm run with this one.
[[nodiscard]] RunPlan run_with(std::uint64_t seed, Misfortune misfortune);

}  // namespace freshet::simulation
