// The seam behind which a kind of server or file stands that changes are written to. Each has a folder of its own
// beside this one, and a line in backends.cc; nothing else knows which there are.
#pragma once

#include <any>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/seams.h"
#include "generator/write/backend/addresses.h"
#include "generator/write/lanes/first_failure.h"
#include "generator/write/lanes/lanes.h"
#include "scenarios/model/scenario.h"
#include "scenarios/model/target_form.h"

namespace freshet {

struct TargetOptions {
  bool drop_existing = false;        ///< drop tables and topics left by earlier runs of Freshet
  bool use_existing_topics = false;  ///< write to existing topics
  std::string run_id;                ///< in the marks of what is made
};

/// Something that a run made.
struct Made {
  std::string backend;
  std::size_t connection = 0;
  std::string kind;  ///< "table"
  std::string name;
};

/// What became of something that was to be dropped.
enum class Dropped : std::uint8_t {
  Yes,
  Absent,  ///< it is not there
  NotOurs  ///< what is there stays
};

/// Something that carries Freshet's mark.
struct Orphan {
  std::string name;
  std::string text;    ///< for people: the name, and what the mark says
  std::string run_id;  ///< of the run that made it; empty where the mark does not say
  std::string mark;    ///< as it was found
  bool lives = false;  ///< that run
};

/// The ids of the runs that live, as far as the databases of a scenario know.
using LivingRuns = std::function<Result<std::set<std::string>>()>;

/// What earlier runs left at one address. One thread.
class Orphans {
 public:
  virtual ~Orphans() = default;
  struct Found {
    std::vector<Orphan> all;  ///< by name
    std::string unknown;      ///< why there may be more; empty when that is all
  };
  /// `living`: runs that are known to live already.
  [[nodiscard]] virtual Result<Found> find(const std::set<std::string>& living) = 0;
  /// Drops it if it still carries a mark of a run that does not live.
  [[nodiscard]] virtual Result<Dropped> drop(const Orphan& orphan) = 0;
  /// After an error: the server is away, and nothing more will come of it.
  [[nodiscard]] virtual bool lost() const { return false; }
};

/// Makes the targets of one backend for a run. One thread.
class TargetMaker {
 public:
  virtual ~TargetMaker() = default;
  /// Refuses (Usage) what must not be touched. Changes nothing.
  virtual Status check(const WriteTarget& write) = 0;
  /// Makes the target, which was checked. `made` gets what must be dropped later, also after an error.
  virtual Status make(const WriteTarget& write, std::vector<Made>& made) = 0;
};

/// What the writers of a pool have in common; all of it outlives them.
struct WriterSetting {
  const Scenario& scenario;
  const WallTime epoch;  ///< wall time of the schedule's zero
  const Addresses& addresses;
  const Clock& clock;
  FirstFailure& first_failure;
  /// The writer of a target's mirror. Its outcomes are not measured: only its first failure counts.
  std::function<std::shared_ptr<Writer>(const WriteTarget& write)> open_mirror;
};

/// What a server says of itself, or our client of what it did there.
struct ServerFigures {
  std::string version = {};
  std::map<std::string, std::string> settings = {};
  std::map<std::string, std::int64_t> counters = {};
  std::optional<WallTime> started = std::nullopt;  ///< to the second
  std::string oldest_log = {};                     ///< its first log file: once that is gone, sizes of logs say nothing
};

/// The writers of one backend in one pool.
class BackendWriters {
 public:
  virtual ~BackendWriters() = default;
  /// Opens what one lane writes with: the entities of this backend get their writers. The outcomes are there already.
  virtual Status open_lane(LaneWriters& lane) = 0;
  /// See WriterSetting::open_mirror. Only of a backend that mirrors are written to.
  [[nodiscard]] virtual std::shared_ptr<Writer> open_mirror(const WriteTarget& /*write*/,
                                                            const std::shared_ptr<LaneOutcomes>& /*outcomes*/) {
    return nullptr;
  }
  /// What they have done so far, by connection.
  [[nodiscard]] virtual std::map<std::size_t, ServerFigures> figures() const { return {}; }
  /// How often the faults of each target that has some have occurred, by its name and fault.
  [[nodiscard]] virtual std::map<std::string, std::map<std::string, std::int64_t>> faults() const { return {}; }
};

/// A run's word that it lives, at one address. Given back when it is destroyed, or the process ends.
class RunLease {
 public:
  virtual ~RunLease() = default;
  /// Looks after a table of the run from now on.
  virtual void guard(const std::string& /*table*/) {}
  /// Checks now; afterwards trouble() is up to date. Returns an error if the server does not answer.
  virtual Status look() { return {}; }
  /// The first thing that was found amiss, in one line. Any thread.
  [[nodiscard]] virtual std::string trouble() const { return ""; }
};

/// Who may hold a lease for a run: its own process, or the pipeline that serves it.
enum class LeaseHolder : std::uint8_t { Run, Pipeline };

/// One of a kind, without a state: safe from any thread. An address that it is given is one of its own, unless said
/// otherwise. Errors are Usage where the user has to change something, else Unreachable.
class Backend {
 public:
  virtual ~Backend() = default;
  /// "mysql": the key of its targets in a scenario, and what --to calls it.
  [[nodiscard]] virtual std::string name() const = 0;
  /// How the loader reads its targets; none: it knows that by itself.
  [[nodiscard]] virtual std::optional<TargetForm> form() const { return std::nullopt; }
  /// Whether the native pipeline can read from it.
  [[nodiscard]] virtual bool feeds_native_pipeline() const { return false; }

  /// The address of a connection. The error names a variable that is not set.
  [[nodiscard]] virtual Result<std::any> resolve(const Connection& connection,
                                                 const Environment& environment) const = 0;
  /// For people, without secrets.
  [[nodiscard]] virtual std::string display(const std::any& address) const = 0;
  /// A stop ends every wait at the address. Does nothing to an address of another backend.
  virtual void end_waits(std::any& /*address*/, const std::stop_token& /*stop*/) const {}
  /// Something answers there.
  virtual Status reach(const std::any& address) const = 0;

  /// All arguments outlive it.
  [[nodiscard]] virtual std::unique_ptr<TargetMaker> maker(const Scenario& scenario, const Addresses& addresses,
                                                           const TargetOptions& options,
                                                           const LivingRuns& living) const = 0;
  /// Drops what this run made there, if that is still what it made.
  [[nodiscard]] virtual Result<Dropped> drop(const std::any& address, const Made& made,
                                             const std::string& run_id) const = 0;
  /// Opens what the lanes of a pool share. `setting` outlives it.
  [[nodiscard]] virtual Result<std::unique_ptr<BackendWriters>> open(const WriterSetting& setting) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Orphans> orphans(const std::any& address) const = 0;

  /// Its marks name their runs, and its leases say which of them live.
  [[nodiscard]] virtual bool knows_living_runs() const { return false; }
  /// Usage when this run lives already. `servers` are those where this process holds its lease. Null: there are none.
  [[nodiscard]] virtual Result<std::unique_ptr<RunLease>> lease(const std::any& /*address*/, LeaseHolder /*holder*/,
                                                                const std::string& /*run_id*/,
                                                                std::set<std::string>& /*servers*/) const {
    return std::unique_ptr<RunLease>();
  }
  /// The run that created the target, if a run did and the server knows which.
  [[nodiscard]] virtual Result<std::optional<std::string>> owner(const std::any& /*address*/,
                                                                 const WriteTarget& /*write*/) const {
    return std::optional<std::string>();
  }
  /// What the server says of itself. `out` stays empty where it says nothing, and gets what it said before an error.
  virtual Status read_figures(const std::any& /*address*/, const Clock& /*clock*/,
                              std::optional<ServerFigures>& /*out*/) const {
    return {};
  }
  /// Writes the scenario's targets in another format than it says; either text may be empty.
  virtual Status choose_format(const std::string& format, const std::string& registry, Scenario& scenario) const;
};

/// "connection "shop_db"", the context of an error.
[[nodiscard]] std::string named(const Scenario& scenario, std::size_t connection);

}  // namespace freshet
