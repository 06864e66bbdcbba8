// One run, phase by phase: prepare, reference rows, canary, warm-up and measured, drain, audit, verdict.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/run/judging.h"
#include "app/run/load_meter.h"
#include "app/run/markers.h"
#include "app/run/run_parts.h"
#include "app/run/run_phase.h"
#include "app/setup/options.h"
#include "base/clock.h"
#include "generator/model/model.h"
#include "generator/write/writer_pool.h"
#include "metrics/record/run_record.h"
#include "pipeline/drill/drill.h"

namespace freshet {

/// Owns everything that a run starts; the destructor ends it in reverse order. Used once.
///
/// Whatever ends a run early (a signal, a lost server, a dead pipeline) becomes record.ended_by. What was measured
/// until then is kept, and nothing is left running.
class Run {
 public:
  /// All must outlive it.
  Run(const Scenario& scenario, const RunOptions& options, RunParts parts);
  ~Run();

  /// Everything before the first measured change: folders, servers, tables, pipeline. After an error nothing was
  /// measured; abandon() may follow.
  Status prepare();
  /// Ends the run with what it has; conclude() writes the result.
  void abandon(Error error);
  /// Load, drain, audit. Never fails: what happens is in the record.
  void measure();
  /// Collects and judges, and writes the reports. If they cannot be written, that becomes the verdict.
  void conclude();
  /// Ends the pipeline and drops what was created on servers that are not ours, unless it is to be kept. It may have to
  /// wait for them, so it comes after the verdict is printed.
  void take_down();

  [[nodiscard]] const RunRecord& record() const { return record_; }
  /// True if all results were written; otherwise there are none.
  [[nodiscard]] bool results_written() const { return results_written_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  Status prepare_identity();
  Status prepare_site();
  Status open_writers();
  Status prepare_pipeline();
  void make_final_model();
  void count_schedule();
  void fix_epoch(Nanos making_a_model);
  Status prepare_observers();
  Status settle_first_rows();
  Status write_history();
  [[nodiscard]] bool measured_phase_began(Instant now);
  Status await_canary();
  [[nodiscard]] Error canary_not_seen(Nanos waited);
  Status await_zero();
  void note_epoch_lag();
  void measure_headroom();
  void load();
  void send_load();
  void count_scheduled(std::span<const Change> changes);
  void write_at_once(const std::vector<Change>& changes, int lane = 0);
  void drain();
  [[nodiscard]] bool drained();
  void audit();
  void audit_view(Judging::Watched& watched, ViewRecord& view);
  /// Returns at `instant`, or earlier with an error.
  std::optional<Error> wait_until(Instant instant);
  void start_markers();
  void stop_markers();
  void tick_when_due(Instant now);
  void tick(Instant now);
  /// A reason to end now, or nullopt.
  std::optional<Error> trouble();
  void enter(RunPhase phase);
  /// After a signal a run counts as interrupted, whatever else happened.
  void note_interruption();
  void collect_views();
  void collect();
  [[nodiscard]] double time_of_load_s() const;
  void check_conservation();
  void collect_costs();
  void compare_with_drill();
  /// The file that the pipeline writes at its end.
  [[nodiscard]] std::string state_file() const { return directory_ + "/logs/state.json"; }
  void compare_with_forecast();
  [[nodiscard]] ViewId drilled_view() const;
  [[nodiscard]] Instant zero_or_began() const { return zero_ != Instant{} ? zero_ : began_; }

  const Scenario& scenario_;
  const RunOptions& options_;
  const RunParts parts_;
  const Clock& clock_;  ///< of the parts
  RunRecord record_;
  RunPhase phase_ = RunPhase::Prepare;
  std::string directory_;
  Drill drill_;
  RunIdentity identity_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<const Rows> model_;
  std::unique_ptr<Judging> judging_;
  LoadMeter load_meter_;
  std::unique_ptr<WriterPool> writers_;
  std::unique_ptr<Markers> markers_;
  std::unique_ptr<Thread> markers_thread_;  ///< declared after what it uses, so that it ends first
  std::vector<std::int64_t> intended_per_second_;
  /// By entity and operation, reference rows and canaries included.
  std::vector<std::array<std::int64_t, kOperations>> scheduled_;
  std::mutex counting_;  ///< guards scheduled_ while lanes and markers send
  std::int64_t scheduled_measured_ = 0;
  std::atomic<std::int64_t> taken_ = 0;  ///< changes taken from the schedule to be written
  Instant zero_{};
  Instant epoch_at_{};  ///< when the wall clock reaches the epoch; 0 if the epoch was given
  Instant began_{};
  Instant measured_from_{};
  Instant measured_to_{};
  Instant drain_deadline_{};
  Instant next_tick_{};
  Instant next_probe_{};
  std::int64_t committed_at_last_tick_ = 0;
  std::uint64_t probe_state_ = 0;
  const int lanes_;
  bool audited_ = false;
  bool results_written_ = false;
  double headroom_cpu_s_ = 0;  ///< CPU time of measuring that limit, which is not a cost of the run
};

}  // namespace freshet
