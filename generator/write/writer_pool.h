// WriterPool: the writers of all lanes of a run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/seams.h"
#include "generator/write/backend/backend.h"
#include "generator/write/lanes/lanes.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// A backend says what its lanes share and what each has of its own: see its folder.
class WriterPool {
 public:
  /// `epoch`: wall time of the schedule's zero. All outcomes go to `sink`. `scenario`, `addresses` and `clock` outlive
  /// it.
  [[nodiscard]] static Result<std::unique_ptr<WriterPool>> open(const Scenario& scenario, WallTime epoch,
                                                                const Addresses& addresses, int lanes,
                                                                const Clock& clock, OutcomeSink sink);
  /// A pool without servers: every change is committed at once, and nothing is stored. `clock` must outlive it.
  [[nodiscard]] static std::unique_ptr<WriterPool> into_nothing(const Scenario& scenario, int lanes, const Clock& clock,
                                                                const OutcomeSink& sink);
  virtual ~WriterPool() = default;
  [[nodiscard]] virtual LaneWriters& lane(int index) = 0;
  /// Sends what is held back and flushes every writer. Changes without an outcome at `deadline` become Unknown.
  virtual void flush(Instant deadline) = 0;
  /// How often the faults of each target that has some have occurred so far, by target and fault.
  [[nodiscard]] virtual std::map<std::string, std::map<std::string, std::int64_t>> stream_faults() const { return {}; }
  /// What our clients have done so far, together, by connection; only of backends whose servers do not say.
  [[nodiscard]] virtual std::map<std::size_t, ServerFigures> figures() const { return {}; }
  /// The first error that stopped a writer for good (a lost server), in one line; empty if there is none.
  [[nodiscard]] virtual std::string broken() const = 0;
  /// Why changes were rejected so far.
  [[nodiscard]] virtual std::vector<Refusal> refusals() const { return {}; }
};

}  // namespace freshet
