// Targets: what a scenario writes to, made ready and taken down again.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/seams.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "generator/write/lanes/lanes.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// Resolved addresses, indexed like Scenario::connections (only the one of the connection's kind is filled).
struct Addresses {
  std::vector<mysql::Address> mysql;
  std::vector<kafka::Address> kafka;
};

struct TargetOptions {
  bool drop_existing = false;        ///< drop tables and topics that earlier runs of Freshet made
  bool use_existing_topics = false;  ///< write to topics that exist already
  std::string run_id;                ///< in the mark of the tables
};

/// Creates the tables and topics of `write`. Refuses (Usage, naming table and flag) a table that exists: one that
/// Freshet made needs --drop-existing, any other is never touched. `created` gets what must be dropped later, also
/// when not all could be made.
struct Created {
  struct Table {
    std::size_t connection;
    std::string name;
  };
  struct Topic {
    std::size_t connection;
    std::string name;
  };
  std::string run_id;
  std::vector<Table> tables;
  std::vector<Topic> topics;
};
Status prepare_targets(const Scenario& scenario, const Addresses& addresses, const TargetOptions& options,
                       Created& created);
/// Drops what prepare_targets created and is still what it created; anything else of that name stays, and is added to
/// `not_ours`. Best effort; the first error is returned, and `created` keeps what may be left.
Status drop_targets(const Addresses& addresses, Created& created, std::vector<std::string>& not_ours);
/// "table orders, topic payments".
[[nodiscard]] std::string describe(const Created& created);

/// The writers of one lane: a MySQL connection of its own per connection used, Kafka producers shared by all lanes.
class WriterPool {
 public:
  /// `epoch`: wall time of the schedule's zero. `scenario`, `addresses` and `clock` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<WriterPool>> open(const Scenario& scenario, WallTime epoch,
                                                                const Addresses& addresses, int lanes,
                                                                const Clock& clock, OutcomeSink sink);
  /// Without any server: every change is committed at once, and nothing is there. `clock` outlives it.
  [[nodiscard]] static std::unique_ptr<WriterPool> into_nothing(const Scenario& scenario, int lanes, const Clock& clock,
                                                                const OutcomeSink& sink);
  virtual ~WriterPool() = default;
  [[nodiscard]] virtual LaneWriters& lane(int index) = 0;
  /// Sends what is held back and flushes every writer; what has no outcome by `deadline` becomes Unknown.
  virtual void flush(Instant deadline) = 0;
  /// How often the faults of each topic that has some have struck so far, by topic and fault.
  [[nodiscard]] virtual std::map<std::string, std::map<std::string, std::int64_t>> stream_faults() const { return {}; }
  /// What the producers of each Kafka connection have done so far, together.
  [[nodiscard]] virtual std::map<std::size_t, kafka::Producer::Figures> kafka_figures() const { return {}; }
  /// First error that stopped a writer for good (a lost server), in one line; empty while all is well.
  [[nodiscard]] virtual std::string broken() const = 0;
  /// Why changes were rejected so far.
  [[nodiscard]] virtual std::vector<Refusal> refusals() const { return {}; }
};

}  // namespace freshet
