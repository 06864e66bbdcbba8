// Small transactions of MysqlWriter: sent as text, several in one message, including their COMMITs. A message costs one
// round trip, however many statements it contains, and the server stops at the first that fails, so a COMMIT never
// follows half an event.
#include <algorithm>

#include "generator/write/mysql/mysql_writer.h"

namespace freshet {

namespace {

/// Larger transactions use prepared statements.
constexpr std::size_t kFewRows = 16;
constexpr std::size_t kMostTransactions = 32;
/// How long a message should take at most, as estimated from the previous one: the service time of a transaction begins
/// when its message is sent, and if each commit waits for a disk, combining them gains little.
constexpr Nanos kMessageTime = 5 * kNanosPerMilli;
/// Limit for all transactions of a message. The search for a second change of an instance is quadratic in it.
constexpr std::size_t kMostChanges = 128;
constexpr std::size_t kMostBytes = std::size_t{256} << 10;

}  // namespace

const TableStatement& MysqlWriter::statement_of(const Change& change) const {
  return tables_.at(change.entity).of(change.operation);
}

/// The changes of one transaction of the message.
MysqlWriter::Batch MysqlWriter::gathered(Batch batch, std::size_t transaction) const {
  const std::size_t from = transaction == 0 ? 0 : gathered_[transaction - 1].changes;
  return batch.subspan(from, gathered_[transaction].changes - from);
}

/// True if a large transaction should use prepared statements. With arrays always; without them only for inserts, since
/// one statement holds many of them, while each update and delete would cost a round trip.
bool MysqlWriter::gains_from_preparing(Batch transaction) const {
  return connection_->takes_arrays() || std::all_of(transaction.begin(), transaction.end(), [](const Write& write) {
           return write.change.operation == Operation::Insert;
         });
}

/// True if the transaction may be sent in a message with those before it. A message never contains two changes of one
/// instance: after a lost connection, the table could not show which of them was committed.
bool MysqlWriter::may_join(Batch transaction, Batch earlier) const {
  if (transaction.front().change.phase == Phase::Reference) return false;
  if (transaction.size() > kFewRows && prepares_ && gains_from_preparing(transaction)) return false;
  if (earlier.empty()) return true;
  if (earlier.size() + transaction.size() > kMostChanges) return false;
  return std::none_of(transaction.begin(), transaction.end(), [&](const Write& write) {
    return std::any_of(earlier.begin(), earlier.end(), [&](const Write& other) {
      return other.change.ordinal == write.change.ordinal && other.change.entity == write.change.entity;
    });
  });
}

/// Returns the number of statements.
std::size_t MysqlWriter::append_transaction(Batch transaction) {
  std::size_t statements = 0;
  const Change* before = nullptr;
  for (const Write& write : transaction) {
    const Change& change = write.change;
    const bool joined = before != nullptr && before->entity == change.entity &&
                        before->operation == Operation::Insert && change.operation == Operation::Insert;
    if (!joined && !message_.empty()) message_ += ';';
    if (write.rekeyed) {
      append_rekey(tables_.at(change.entity).rekey, *write.before, *write.row, message_);
    } else {
      append_statement(statement_of(change), *write.row, joined, message_);
    }
    statements += joined ? 0 : 1;
    before = &change;
  }
  if (autocommit_) return statements;
  message_ += ";COMMIT";
  return statements + 1;
}

/// Fills the message with as many transactions, from the first, as may be sent together.
void MysqlWriter::gather(Batch batch) {
  message_.clear();
  gathered_.clear();
  const std::size_t most_bytes = std::min(kMostBytes, connection_->most_packet() / 4 * 3);
  std::size_t changes = 0;
  std::size_t statements = 0;
  while (changes < batch.size() && gathered_.size() < most_gathered_) {
    const Batch transaction = batch.subspan(changes, size_of_transaction(batch.subspan(changes)));
    if (!may_join(transaction, batch.first(changes))) return;
    const std::size_t bytes = message_.size();
    statements += append_transaction(transaction);
    if (message_.size() > most_bytes) return message_.resize(bytes);
    changes += transaction.size();
    gathered_.push_back({changes, statements, {}});
  }
}

/// Adjusts the number of transactions in the next message to the time that this one took. One slow message at most
/// halves it.
void MysqlWriter::pace(Nanos taken, std::size_t transactions) {
  const Nanos each = taken / static_cast<std::int64_t>(transactions) + Nanos{1};
  const std::size_t now = most_gathered_;
  most_gathered_ = std::clamp(static_cast<std::size_t>(kMessageTime / each), (now + 1) / 2, 2 * now);
  most_gathered_ = std::min(most_gathered_, kMostTransactions);
}

/// Sends the transactions, from the first of the batch, that are sent as text. Returns how many changes have an
/// outcome; sets `sound` to false if that is not all of those sent.
std::size_t MysqlWriter::send_as_text(Batch batch, bool& sound) {
  gather(batch);
  if (gathered_.empty()) return 0;
  const Instant released = clock_.now();
  std::size_t committed = 0;
  const Status sent = connection_->execute_many(message_, [&](std::size_t statement) {
    if (statement == gathered_[committed].statements) gathered_[committed++].acknowledged = clock_.now();
  });
  ++counts_.messages;
  pace(clock_.now() - released, gathered_.size());
  counts_.transactions += static_cast<std::int64_t>(committed);
  const std::size_t done = committed == 0 ? 0 : gathered_[committed - 1].changes;
  settled_.clear();
  for (std::size_t i = 0, transaction = 0; i < done; ++i) {
    if (i == gathered_[transaction].changes) ++transaction;
    settled_.push_back({batch[i].change, Outcome::Committed, 0, released, gathered_[transaction].acknowledged});
  }
  if (done > 0) outcomes_->settle(settled_);
  mirror(batch.first(done));
  if (sent.ok()) return done;
  sound = false;
  failure_ = connection_->failure();
  if (failure_.lost()) return resolve_gathered(batch, committed, released);
  if (is_passing(failure_.code)) ++counts_.lock_repeats;
  // The statements after the refused one were not executed. If this fails too, the next attempt finds the connection
  // lost.
  [[maybe_unused]] const Status rolled_back = connection_->execute("ROLLBACK");
  return done;
}

/// The connection was lost while these transactions were sent and not answered. The server executes them in order, so
/// the first uncommitted one is where it stopped; that one and all later ones may be sent again.
std::size_t MysqlWriter::resolve_gathered(Batch batch, std::size_t from, Instant released) {
  for (std::size_t i = from; i < gathered_.size(); ++i) {
    const Batch transaction = gathered(batch, i);
    const auto begin = static_cast<std::size_t>(transaction.data() - batch.data());
    const std::optional<bool> committed = resolve(transaction);
    if (!committed) {
      settle(batch.subspan(begin, gathered_.back().changes - begin), Outcome::Unknown, released);
      give_up();
      return gathered_.back().changes;
    }
    if (!*committed) return begin;
    ++counts_.transactions;
    settle(transaction, Outcome::Committed, released);
    mirror(transaction);
  }
  return gathered_.back().changes;
}

/// Executes the gathered rows as text instead of a prepared statement.
Status MysqlWriter::execute_text(const TableStatement& statement) {
  const bool insert = statement.sql.starts_with("INSERT");
  const std::size_t most_bytes = std::min(kMostBytes, connection_->most_packet() / 4 * 3);
  const auto send = [&]() -> Status {
    Status sent = connection_->execute_many(message_, [](std::size_t) {});
    message_.clear();
    return sent;
  };
  message_.clear();
  for (const Row* row : rows_) {
    if (!insert && !message_.empty()) message_ += ';';
    append_statement(statement, *row, insert && !message_.empty(), message_);
    if (message_.size() > most_bytes / 2) FRESHET_TRY(send());
  }
  return message_.empty() ? Status{} : send();
}

}  // namespace freshet
