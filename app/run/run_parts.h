// The parts of a run: all that it needs from outside. app/parts makes those of a real run, tests/simulation those of a
// simulated one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/setup/server_figures.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/rows.h"
#include "base/seams.h"
#include "base/threads.h"
#include "generator/schedule/schedule.h"
#include "generator/write/writer_pool.h"
#include "metrics/record/run_record.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The machine that a run is made on. Called from the run's thread.
class RunHost {
 public:
  virtual ~RunHost() = default;
  virtual std::uint64_t random() = 0;
  /// Kernel, processor, cores.
  [[nodiscard]] virtual std::map<std::string, std::string> describe() = 0;
  /// CPU and memory of this process so far.
  [[nodiscard]] virtual ProcessCost cost() = 0;
  /// Changes a second that the generator makes when its targets cost nothing. Takes its time.
  [[nodiscard]] virtual double generator_limit(const Rows& rows, const RunIdentity& identity, int lanes) = 0;
  /// Makes the folder of results and puts the resolved scenario into it. `directory` is set as soon as it is there,
  /// also when something else fails.
  virtual Status make_folder(WallTime wall, std::string& directory) = 0;
  virtual Status write_reports(const RunRecord& record, const std::string& directory) = 0;
};

/// The servers of a run: what it writes to and where its views are seen. Called from the run's thread.
class RunSite {
 public:
  virtual ~RunSite() = default;

  /// Reaches or starts the servers, takes the leases on them, and makes the targets.
  virtual Status prepare(const std::string& run_id) = 0;
  /// Starts the pipeline under test. `pipeline` is set also when it does not start: it may have made something.
  virtual Status start_pipeline(const std::string& run_id, const std::string& directory,
                                std::unique_ptr<Pipeline>& pipeline) = 0;
  /// After prepare().
  [[nodiscard]] virtual const Addresses& addresses() const = 0;
  /// For an external pipeline: waits at most `patience` until the tables of all views exist. `trouble`: a reason to
  /// end now.
  virtual Status await_sinks(Nanos patience, const std::function<std::optional<Error>()>& trouble) = 0;
  /// For an external pipeline: refuses (Usage) tables that cannot hold their views.
  virtual Status refuse_sinks(const Rows& rows) = 0;
  virtual Result<std::unique_ptr<Observer>> observe(const Observe& observe) = 0;

  /// Why a server that is ours is gone, in one line; empty while all is well.
  [[nodiscard]] virtual std::string died() = 0;
  /// Why the leases or the tables under them are lost, likewise.
  [[nodiscard]] virtual std::string lost() = 0;
  /// Looks at the leases now, so that lost() is up to date.
  virtual void look() = 0;
  /// What the servers say of themselves. `writers`: those of the run.
  [[nodiscard]] virtual ServerReading read(const WriterPool& writers) = 0;
  /// CPU time and memory of the servers that are ours, by kind.
  [[nodiscard]] virtual std::map<std::string, ProcessCost> cost() = 0;

  struct Left {
    std::vector<std::string> behind;    ///< on the servers, and why
    std::vector<std::string> warnings;  ///< for the user
  };
  /// Drops what was made, unless it is to be kept. `views`: those of the pipeline under test too.
  virtual Left take_down(const std::string& run_id, const std::string& directory, bool views) = 0;
};

/// How a run opens its writers: WriterPool::open, unless a test inserts something.
using OpenWriters = std::function<Result<std::unique_ptr<WriterPool>>(const Scenario& scenario, WallTime epoch,
                                                                      const Addresses& addresses, int lanes,
                                                                      const Clock& clock, OutcomeSink sink)>;

/// All of them outlive the run.
struct RunParts {
  const Clock& clock;
  const Threads& threads;
  Reporter& reporter;
  RunHost& host;
  RunSite& site;
  OpenWriters open_writers;
  std::function<bool()> stopped;  ///< true once the run has been asked to end
  std::stop_token asked;          ///< the same, for those who wait
  /// Comes between drain and audit, if it is there. Returns a warning or "", and early when the run is asked to end.
  std::function<std::string()> before_audit;
};

}  // namespace freshet
