// Writes changes to the tables of one MySQL or MariaDB server, a transaction per batch.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/seams.h"
#include "clients/mysql/mysql.h"
#include "generator/write/lanes/breakdown.h"
#include "generator/write/lanes/lane_outcomes.h"
#include "generator/write/mysql/mysql_statements.h"

namespace freshet {

/// One connection, one lane, one thread. Every change is settled when write() returns.
///
/// Options::commit says what of a batch is one transaction. When the server refuses one, its changes, or its events,
/// are tried one by one, each in a transaction of its own, so that only the offenders are Rejected; an event stands or
/// falls as a whole. Changes that commit by themselves are executed ahead of the answers where the server can that;
/// other small transactions go out as text, several in a message with their COMMITs; both cost one round trip for many.
/// Large ones go through prepared statements. What has a mirror is given to it after its commit, in the order of the
/// commits.
/// A lost connection is opened again; what was in doubt (the loss came while it committed) is looked up in the table
/// before it is sent again, so a change commits once. When the server stays away, the writer is broken: what was in
/// doubt is Unknown, what follows is Withheld.
class MysqlWriter final : public Writer {
 public:
  struct Options {
    int lock_attempts = 5;                       ///< most repeats after a deadlock or a lock that was not granted
    int lock_wait_s = 10;                        ///< how long each waits for a lock
    Nanos blocked_for = 60 * kNanosPerSecond;    ///< without a commit, for such locks: then the writer is broken
    Nanos reconnect_for = 10 * kNanosPerSecond;  ///< per loss
    int connect_timeout_s = 2;
    Commit commit = {};  ///< reference rows: as many in a transaction as there are
    std::map<EntityId, std::shared_ptr<Writer>> mirrors = {};
  };
  /// How often things went wrong and right again. Read by the writer's own thread.
  struct Counts {
    std::int64_t transactions = 0;  ///< committed
    std::int64_t lock_repeats = 0;
    std::int64_t reconnects = 0;
    std::int64_t looked_up = 0;  ///< commits in doubt that the table decided
    std::int64_t messages = 0;   ///< of whole transactions: texts, or executions ahead of their answers
  };

  /// Connects; `tables` by entity, `clock` and `breakdown` outlive the writer.
  [[nodiscard]] static Result<std::unique_ptr<MysqlWriter>> open(const mysql::Address& address,
                                                                 std::map<EntityId, TableStatements> tables,
                                                                 std::shared_ptr<LaneOutcomes> outcomes,
                                                                 const Clock& clock, Breakdown& breakdown,
                                                                 const Options& options);

  void write(std::span<const Write> batch) override;
  /// Of its own nothing is in flight between writes; flushes the mirrors.
  void flush(Instant deadline) override;
  [[nodiscard]] bool takes_events() const override { return true; }
  /// Its mirrors do.
  [[nodiscard]] bool wants_before(EntityId entity) const override;
  [[nodiscard]] int batch_max() const override { return options_.commit.most; }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  using Batch = std::span<const Write>;
  /// What became of a transaction.
  enum class Fate { Committed, Refused, NotCommitted, InDoubt };
  /// How one attempt at it ended.
  enum class Attempt { Committed, Failed, FailedInCommit };

  MysqlWriter(mysql::Address address, std::map<EntityId, TableStatements> tables,
              std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, Breakdown& breakdown, const Options& options);

  /// Failures that say nothing about the change: somebody held a lock, or interrupted the statement.
  [[nodiscard]] static bool is_passing(unsigned code);
  Batch arrange(Batch batch);
  [[nodiscard]] bool same_event(const Change& a, const Change& b) const;
  [[nodiscard]] std::size_t size_of_piece(Batch batch) const;
  [[nodiscard]] std::size_t size_of_transaction(Batch batch) const;
  void send_what_may(Batch batch, Instant released);
  std::size_t send_as_text(Batch batch, bool& sound);
  std::size_t send_ahead(Batch batch, bool& sound);
  void gather_ahead(Batch batch);
  [[nodiscard]] bool independent(const Change& change, Batch earlier) const;
  void resolve_ahead(Batch unanswered, Instant released);
  void pace(Nanos taken, std::size_t transactions);
  void gather(Batch batch);
  [[nodiscard]] bool may_join(Batch transaction, Batch earlier) const;
  [[nodiscard]] bool gains_from_preparing(Batch transaction) const;
  std::size_t append_transaction(Batch transaction);
  [[nodiscard]] Batch gathered(Batch batch, std::size_t transaction) const;
  std::size_t resolve_gathered(Batch batch, std::size_t from, Instant released);
  [[nodiscard]] const TableStatement& statement_of(const Change& change) const;
  Status claim_session();
  void give_up();
  [[nodiscard]] bool is_blocked(Instant released);
  /// What the server said at the last failure.
  [[nodiscard]] std::string words() const;
  void send(Batch batch, Instant released);
  void one_by_one(Batch batch, Instant released);
  void mirror(Batch batch);
  Fate commit(Batch batch);
  Attempt attempt(Batch batch);
  Status execute_run(Batch run);
  Status execute_text(const TableStatement& statement);
  void mark_cuts(Batch batch);

  /// Whether the batch whose COMMIT failed is committed; empty when the server stays away.
  std::optional<bool> resolve(Batch batch);
  Result<bool> look_up(Batch batch);
  Status connect();
  bool reconnect();
  void settle(Batch batch, Outcome outcome, Instant released);

  const mysql::Address address_;
  const std::map<EntityId, TableStatements> tables_;
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  Breakdown& breakdown_;
  const Options options_;
  const std::string session_;  ///< the name of a lock that the present session holds
  const bool autocommit_;      ///< a change alone commits by itself; else each transaction needs no BEGIN
  std::unique_ptr<mysql::Connection> connection_;
  mysql::Failure failure_;  ///< the last one that mattered
  bool broken_ = false;
  Instant blocked_since_{};          ///< the first of the refusals, in a row, for locks that were not granted
  std::int64_t committed_then_ = 0;  ///< transactions at that time
  bool prepares_ = true;             ///< false once the server has no room for another prepared statement
  Counts counts_;

  /// A transaction of a message.
  struct Gathered {
    std::size_t changes;     ///< of the batch, up to its end
    std::size_t statements;  ///< of the message, up to its end
    Instant acknowledged{};
  };

  // Scratch, kept for its capacity.
  std::size_t most_gathered_ = 4;  ///< transactions of the next message
  std::string message_;
  std::vector<Gathered> gathered_;
  /// What the server said of a change that was executed ahead.
  struct Answered {
    mysql::Failure refusal;  ///< code 0: committed
    Instant acknowledged{};
  };
  std::vector<mysql::Connection::Execution> executions_;
  std::vector<Answered> answered_;
  struct Place {
    EntityId entity;
    Ordinal ordinal;
    std::size_t index;
  };
  std::vector<Place> places_;
  std::vector<bool> cuts_;
  std::vector<const Row*> rows_;
  std::vector<Settled> settled_;
  std::vector<Write> arranged_;
};

}  // namespace freshet
