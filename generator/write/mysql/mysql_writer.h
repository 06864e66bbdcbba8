// Writes changes to the tables of one MySQL or MariaDB server, one transaction per batch.
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
#include "generator/write/lanes/first_failure.h"
#include "generator/write/lanes/lane_outcomes.h"
#include "generator/write/mysql/mysql_statements.h"

namespace freshet {

/// One connection, one lane, one thread. Every change is settled when write() returns.
///
/// Options::commit says which part of a batch is one transaction. If the server refuses a transaction, its changes, or
/// its events, are tried one by one, each in its own transaction, so that only the invalid ones are Rejected; an event
/// commits or fails as a whole. Changes that commit by themselves are executed ahead of the answers if the server
/// supports that. Other small transactions are sent as text, several in a message with their COMMITs. Both cost one
/// round trip for many. Large transactions use prepared statements. Changes with a mirror are given to it after their
/// commit, in the order of the commits.
///
/// A lost connection is opened again. If it was lost during a commit, the table is checked before the transaction is
/// sent again, so a change commits once. If the server stays away, the writer is broken: changes in doubt are Unknown,
/// later ones are Withheld.
class MysqlWriter final : public Writer {
 public:
  struct Options {
    int lock_attempts = 5;  ///< maximum number of repeats after a deadlock or a lock timeout
    int lock_wait_s = 10;   ///< how long each waits for a lock
    /// time without any commit because of locks, after which the writer is broken
    Nanos blocked_for = 60 * kNanosPerSecond;
    Nanos reconnect_for = 10 * kNanosPerSecond;  ///< per lost connection
    int connect_timeout_s = 2;
    Commit commit = {};  ///< reference rows: no limit per transaction
    std::map<EntityId, std::shared_ptr<Writer>> mirrors = {};
  };
  /// How often failures and recoveries occurred. To be read by the writer's own thread.
  struct Counts {
    std::int64_t transactions = 0;  ///< committed
    std::int64_t lock_repeats = 0;
    std::int64_t reconnects = 0;
    std::int64_t looked_up = 0;  ///< commits in doubt that a look at the table decided
    std::int64_t messages = 0;   ///< messages with whole transactions: texts, or executions ahead of their answers
  };

  /// Connects; `tables` by entity. `clock` and `first_failure` must outlive the writer.
  [[nodiscard]] static Result<std::unique_ptr<MysqlWriter>> open(const mysql::Address& address,
                                                                 std::map<EntityId, TableStatements> tables,
                                                                 std::shared_ptr<LaneOutcomes> outcomes,
                                                                 const Clock& clock, FirstFailure& first_failure,
                                                                 const Options& options);

  void write(std::span<const Write> batch) override;
  /// Flushes the mirrors. The writer itself has nothing in flight between writes.
  void flush(Instant deadline) override;
  [[nodiscard]] bool takes_events() const override { return true; }
  /// Its mirrors do.
  [[nodiscard]] bool wants_before(EntityId entity) const override;
  [[nodiscard]] int batch_max() const override { return options_.commit.most; }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  using Batch = std::span<const Write>;
  /// The result of a transaction.
  enum class CommitResult { Committed, Refused, NotCommitted, InDoubt };
  /// The result of one attempt.
  enum class Attempt { Committed, Failed, FailedInCommit };

  MysqlWriter(mysql::Address address, std::map<EntityId, TableStatements> tables,
              std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, FirstFailure& first_failure,
              const Options& options);

  /// True for failures that say nothing about the change: a lock timeout, or an interrupted statement.
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
  /// The server's message for the last failure.
  [[nodiscard]] std::string words() const;
  void send(Batch batch, Instant released);
  void one_by_one(Batch batch, Instant released);
  void mirror(Batch batch);
  CommitResult commit(Batch batch);
  Attempt attempt(Batch batch);
  Status execute_run(Batch run);
  Status execute_text(const TableStatement& statement);
  void mark_cuts(Batch batch);

  /// Whether the batch whose COMMIT failed is committed; nullopt if the server stays away.
  std::optional<bool> resolve(Batch batch);
  Result<bool> look_up(Batch batch);
  Status connect();
  bool reconnect();
  void settle(Batch batch, Outcome outcome, Instant released);

  const mysql::Address address_;
  const std::map<EntityId, TableStatements> tables_;
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  FirstFailure& first_failure_;
  const Options options_;
  const std::string session_;  ///< the name of a lock that the current session holds
  const bool autocommit_;      ///< single changes commit by themselves; otherwise no transaction needs a BEGIN
  std::unique_ptr<mysql::Connection> connection_;
  mysql::Failure failure_;  ///< the last relevant failure
  bool broken_ = false;
  Instant blocked_since_{};          ///< the first of an uninterrupted series of lock timeouts
  std::int64_t committed_then_ = 0;  ///< number of transactions at that time
  bool prepares_ = true;             ///< false once the server refuses further prepared statements
  Counts counts_;

  /// One transaction of a message.
  struct Gathered {
    std::size_t changes;     ///< end of its changes in the batch
    std::size_t statements;  ///< end of its statements in the message
    Instant acknowledged{};
  };

  // Scratch, kept for its capacity.
  std::size_t most_gathered_ = 4;  ///< transactions of the next message
  std::string message_;
  std::vector<Gathered> gathered_;
  /// The server's answer to a change that was executed ahead.
  struct Answered {
    mysql::Failure refusal;  ///< code 0: committed
    Instant acknowledged{};
  };
  std::vector<mysql::Connection::Execution> executions_;
  std::vector<Answered> answered_;
  struct InstanceIndex {
    EntityId entity;
    Ordinal ordinal;
    std::size_t index;
  };
  std::vector<InstanceIndex> instance_indexes_;
  std::vector<bool> cuts_;
  std::vector<const Row*> rows_;
  std::vector<Settled> settled_;
  std::vector<Write> arranged_;
};

}  // namespace freshet
