#include "generator/write/mysql/mysql_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <string>
#include <utility>

namespace freshet {

namespace {

constexpr int kMostLosses = 5;   ///< lost connections during one transaction, if the server comes back each time
constexpr int kMostLookUps = 5;  ///< look-ups of a commit in doubt
constexpr unsigned kDuplicateKey = 1062;
constexpr unsigned kTooManyStatements = 1461;  ///< max_prepared_stmt_count
constexpr Nanos kFirstPause = 50 * kNanosPerMilli;
constexpr Nanos kLongestPause = 800 * kNanosPerMilli;

/// A name for a lock that no other writer, on this machine or another, uses.
std::string unique_name(const Clock& clock) {
  static std::atomic<int> count = 0;
  return "freshet-" + std::to_string(::getpid()) + "-" + std::to_string(epoch_micros(clock.wall())) + "-" +
         std::to_string(++count);
}

bool same_instance(const Change& a, const Change& b) { return a.entity == b.entity && a.ordinal == b.ordinal; }

}  // namespace

bool MysqlWriter::is_passing(unsigned code) {
  constexpr std::array kCodes = {1020U, 1205U, 1213U, 1317U, 1969U};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

MysqlWriter::MysqlWriter(mysql::Address address, std::map<EntityId, TableStatements> tables,
                         std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, FirstFailure& first_failure,
                         const Options& options)
    : address_(std::move(address)),
      tables_(std::move(tables)),
      outcomes_(std::move(outcomes)),
      clock_(clock),
      first_failure_(first_failure),
      options_(options),
      session_(unique_name(clock)),
      autocommit_(options.commit == Commit{Commit::Unit::Changes, 1}) {}

Result<std::unique_ptr<MysqlWriter>> MysqlWriter::open(const mysql::Address& address,
                                                       std::map<EntityId, TableStatements> tables,
                                                       std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock,
                                                       FirstFailure& first_failure, const Options& options) {
  std::unique_ptr<MysqlWriter> writer(
      new MysqlWriter(address, std::move(tables), std::move(outcomes), clock, first_failure, options));
  FRESHET_TRY(writer->connect());
  return writer;
}

void MysqlWriter::write(std::span<const Write> batch) {
  // the caller knows which changes of the batch may be sent, until one of its transactions fails
  bool sound = !broken_;
  for (Batch rest = arrange(batch); !rest.empty();) {
    if (sound) {
      const bool ahead = autocommit_ && prepares_ && connection_->sends_ahead();
      const std::size_t sent = ahead ? send_ahead(rest, sound) : send_as_text(rest, sound);
      rest = rest.subspan(sent);
      if (sent > 0) continue;
    }
    const std::size_t size = size_of_transaction(rest);
    if (sound) {
      send(rest.first(size), clock_.now());
    } else {
      send_what_may(rest.first(size), clock_.now());
    }
    sound = false;
    rest = rest.subspan(size);
  }
}

void MysqlWriter::flush(Instant deadline) {
  for (const auto& [entity, mirror] : options_.mirrors) mirror->flush(deadline);
}

bool MysqlWriter::wants_before(EntityId entity) const {
  const auto mirror = options_.mirrors.find(entity);
  return mirror != options_.mirrors.end() && mirror->second->wants_before(entity);
}

/// Puts the changes of each event side by side, if the schedule has mixed those of one instant.
MysqlWriter::Batch MysqlWriter::arrange(Batch batch) {
  if (options_.commit.unit == Commit::Unit::Changes) return batch;
  arranged_.assign(batch.begin(), batch.end());
  const auto before = [this](const Write& a, const Write& b) {
    if (a.change.intended != b.change.intended) return a.change.intended < b.change.intended;
    const EntityId root_a = outcomes_->root_of(a.change.entity);
    const EntityId root_b = outcomes_->root_of(b.change.entity);
    return root_a != root_b ? root_a < root_b : a.change.root < b.change.root;
  };
  std::stable_sort(arranged_.begin(), arranged_.end(), before);
  return arranged_;
}

bool MysqlWriter::same_event(const Change& a, const Change& b) const {
  return a.intended == b.intended && a.root == b.root && outcomes_->root_of(a.entity) == outcomes_->root_of(b.entity);
}

/// The number of changes, from the first, that commit or fail together.
std::size_t MysqlWriter::size_of_piece(Batch batch) const {
  const Change& first = batch[0].change;
  if (options_.commit.unit == Commit::Unit::Changes || first.phase == Phase::Reference) return 1;
  std::size_t size = 1;
  while (size < batch.size() && same_event(first, batch[size].change)) ++size;
  return size;
}

/// The number of changes, from the first, that form one transaction.
std::size_t MysqlWriter::size_of_transaction(Batch batch) const {
  const bool reference = batch[0].change.phase == Phase::Reference;
  std::size_t size = 0;
  for (int pieces = 0; size < batch.size(); ++pieces) {
    if ((batch[size].change.phase == Phase::Reference) != reference) break;
    if (!reference && pieces == options_.commit.most) break;
    size += size_of_piece(batch.subspan(size));
  }
  return size;
}

/// Sends the transaction without the changes whose dependency failed in an earlier one of the same batch.
void MysqlWriter::send_what_may(Batch batch, Instant released) {
  const auto blocked = [this](const Write& write) { return broken_ || outcomes_->blocked(write.change); };
  if (std::none_of(batch.begin(), batch.end(), blocked)) return send(batch, released);
  std::vector<Write> allowed;
  for (const Write& write : batch) {
    if (blocked(write)) {
      settle({&write, 1}, Outcome::Withheld, {});
    } else {
      allowed.push_back(write);
    }
  }
  if (!allowed.empty()) send(allowed, released);
}

void MysqlWriter::send(Batch batch, Instant released) {
  switch (commit(batch)) {
    case CommitResult::Committed:
      settle(batch, Outcome::Committed, released);
      return mirror(batch);
    case CommitResult::Refused:
      if (is_blocked(released)) {
        settle(batch, Outcome::Rejected, released);
        break;
      }
      if (size_of_piece(batch) == batch.size()) return settle(batch, Outcome::Rejected, released);
      return one_by_one(batch, released);
    case CommitResult::NotCommitted:
      settle(batch, Outcome::Rejected, released);
      break;
    case CommitResult::InDoubt:
      settle(batch, Outcome::Unknown, released);
      break;
  }
  give_up();
}

/// A lock on one row concerns only that row. If nothing at all commits, the server is blocked for writers, and each
/// change would wait as long.
bool MysqlWriter::is_blocked(Instant released) {
  if (!is_passing(failure_.code)) return false;
  if (blocked_since_ == Instant{} || counts_.transactions != committed_then_) {
    blocked_since_ = released;
    committed_then_ = counts_.transactions;
  }
  return clock_.now() - blocked_since_ >= options_.blocked_for;
}

void MysqlWriter::give_up() {
  broken_ = true;
  first_failure_.report(address_.display() + (failure_.lost() ? " is gone: " : " accepts no commits: ") + words());
}

std::string MysqlWriter::words() const { return failure_.text + " (error " + std::to_string(failure_.code) + ")"; }

void MysqlWriter::one_by_one(Batch batch, Instant released) {
  while (!batch.empty()) {
    const std::size_t size = size_of_piece(batch);
    send_what_may(batch.first(size), released);
    batch = batch.subspan(size);
  }
}

void MysqlWriter::mirror(Batch batch) {
  if (options_.mirrors.empty()) return;
  for (const Write& write : batch) {
    const auto found = options_.mirrors.find(write.change.entity);
    if (found != options_.mirrors.end()) found->second->write({&write, 1});
  }
}

MysqlWriter::CommitResult MysqlWriter::commit(Batch batch) {
  int lock_repeats = 0;
  int losses = 0;
  bool doubted = false;
  for (;;) {
    const Attempt how = attempt(batch);
    if (how == Attempt::Committed) return CommitResult::Committed;
    if (how == Attempt::FailedInCommit) {
      const std::optional<bool> committed = resolve(batch);
      if (!committed) return CommitResult::InDoubt;
      if (*committed) return CommitResult::Committed;
      doubted = true;
    } else if (failure_.lost() || !connection_->execute("ROLLBACK").ok()) {
      if (!reconnect()) return CommitResult::NotCommitted;
    }
    const bool lost = failure_.lost();
    if (doubted && failure_.code == kDuplicateKey) {
      // A statement that commits by itself may have reached the server without having begun when the table was checked.
      const std::optional<bool> committed = resolve(batch);
      if (!committed) return CommitResult::InDoubt;
      if (*committed) return CommitResult::Committed;
    }
    if (failure_.code == kTooManyStatements && std::exchange(prepares_, false)) continue;
    if (!lost && !is_passing(failure_.code)) return CommitResult::Refused;
    if (lost ? ++losses > kMostLosses : ++lock_repeats > options_.lock_attempts) return CommitResult::Refused;
    if (!lost) ++counts_.lock_repeats;
  }
}

MysqlWriter::Attempt MysqlWriter::attempt(Batch batch) {
  // A single change needs one message if it commits by itself.
  const bool alone = autocommit_ && batch.size() == 1;
  if (autocommit_ && !alone && !connection_->execute("BEGIN").ok()) {
    failure_ = connection_->failure();
    return Attempt::Failed;
  }
  mark_cuts(batch);
  for (std::size_t from = 0; from < batch.size();) {
    std::size_t to = from + 1;
    while (to < batch.size() && !cuts_[to]) ++to;
    if (!execute_run(batch.subspan(from, to - from)).ok()) {
      failure_ = connection_->failure();
      return alone && failure_.lost() ? Attempt::FailedInCommit : Attempt::Failed;
    }
    from = to;
  }
  if (!alone && !connection_->execute("COMMIT").ok()) {
    failure_ = connection_->failure();
    return Attempt::FailedInCommit;
  }
  ++counts_.transactions;
  return Attempt::Committed;
}

/// A run is executed as inserts, updates, deletes, table by table, then changes of keys. This keeps the order of an
/// instance's versions as long as its operations come in this order, too. A run ends before the first change that does
/// not (an insert after a delete, or any change after a change of the key).
void MysqlWriter::mark_cuts(Batch batch) {
  instance_indexes_.clear();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    instance_indexes_.push_back(InstanceIndex{batch[i].change.entity, batch[i].change.ordinal, i});
  }
  std::sort(instance_indexes_.begin(), instance_indexes_.end(), [](const InstanceIndex& a, const InstanceIndex& b) {
    if (a.ordinal != b.ordinal) return a.ordinal < b.ordinal;
    return a.entity != b.entity ? a.entity < b.entity : a.index < b.index;
  });
  cuts_.assign(batch.size(), false);
  for (std::size_t i = 1; i < instance_indexes_.size(); ++i) {
    const Write& before = batch[instance_indexes_[i - 1].index];
    const Write& after = batch[instance_indexes_[i].index];
    if (!same_instance(before.change, after.change)) continue;
    if (before.rekeyed || after.change.operation < before.change.operation) cuts_[instance_indexes_[i].index] = true;
  }
}

Status MysqlWriter::execute_run(Batch run) {
  for (const Operation operation : {Operation::Insert, Operation::Update, Operation::Delete}) {
    for (const auto& [entity, table] : tables_) {
      rows_.clear();
      for (const Write& write : run) {
        if (write.change.entity != entity || write.change.operation != operation || write.rekeyed) continue;
        rows_.push_back(write.row);
      }
      if (rows_.empty()) continue;
      const TableStatement& statement = table.of(operation);
      FRESHET_TRY(prepares_ ? connection_->bulk(statement.sql, statement.columns, rows_) : execute_text(statement));
    }
  }
  for (const Write& write : run) {
    if (!write.rekeyed) continue;
    message_.clear();
    append_rekey(tables_.at(write.change.entity).rekey, *write.before, *write.row, message_);
    FRESHET_TRY(connection_->execute(message_));
  }
  return {};
}

std::optional<bool> MysqlWriter::resolve(Batch batch) {
  for (int i = 0; i < kMostLookUps; ++i) {
    // Always uses a new session: the old one may still be committing, and the locking read waits for it to end.
    if (!reconnect()) return std::nullopt;
    const Result<bool> committed = look_up(batch);
    if (!committed.ok()) continue;
    ++counts_.looked_up;
    return committed.value();
  }
  return std::nullopt;
}

/// A transaction commits as a whole, so one row shows it: the first of the batch whose state differs before and after.
/// If there is none (updates of rows without a version), the answer is no, and sending it again changes nothing.
Result<bool> MysqlWriter::look_up(Batch batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto same = [&](const Write& other) { return same_instance(other.change, batch[i].change); };
    const bool last = std::none_of(batch.begin() + static_cast<std::ptrdiff_t>(i) + 1, batch.end(), same);
    const bool only = last && std::count_if(batch.begin(), batch.end(), same) == 1;
    const TableStatements& table = tables_.at(batch[i].change.entity);
    const bool stamped = table.version_column.has_value();
    const Operation operation = batch[i].change.operation;
    // There was no row under its new key before.
    const bool appears = operation == Operation::Insert || batch[i].rekeyed;
    const bool tells = operation == Operation::Delete ? only : last && (stamped || (only && appears));
    if (!tells) continue;

    const Row& row = *batch[i].row;
    std::string key;
    append_literal(row, row.cells[0], table.key_type, key);
    bool found = false;
    Version version = 0;
    FRESHET_TRY(connection_->query(table.select_version + key + std::string(kLockRow), [&](auto values) {
      found = true;
      const std::string_view text = stamped ? values[0].value_or("") : "";
      std::from_chars(text.data(), text.data() + text.size(), version);
    }));
    FRESHET_TRY(connection_->execute("COMMIT"));  // releases the lock on the row
    if (operation == Operation::Delete) return !found;
    return found && (!stamped || version == batch[i].change.version);
  }
  return false;
}

Status MysqlWriter::connect() {
  connection_.reset();
  Result<mysql::Connection> opened = mysql::Connection::open(address_, options_.connect_timeout_s);
  if (!opened.ok()) return opened.error();
  connection_ = std::make_unique<mysql::Connection>(std::move(*opened));
  FRESHET_TRY(connection_->allow_many());
  FRESHET_TRY(claim_session());
  // A lock must time out before the connection counts as lost.
  return connection_->execute("SET autocommit = " + std::to_string(autocommit_ ? 1 : 0) +
                              ", innodb_lock_wait_timeout = " + std::to_string(options_.lock_wait_s) +
                              ", lock_wait_timeout = " + std::to_string(options_.lock_wait_s));
}

/// Waits until the previous session has ended. A lost connection does not end it: the server may still be executing the
/// statements of the last message, and could commit them after we have looked for them.
Status MysqlWriter::claim_session() {
  FRESHET_TRY(connection_->execute("SET @freshet_before = IS_USED_LOCK('" + session_ + "')"));
  const Result<std::string> before = connection_->scalar("SELECT @freshet_before");
  if (!before.ok()) return before.error();
  // It may have ended meanwhile, so errors do not matter.
  if (!before.value().empty()) [[maybe_unused]]
    const Status ended = connection_->execute("KILL " + before.value());
  const auto patience_s = std::max<std::int64_t>(1, options_.reconnect_for / kNanosPerSecond);
  const Result<std::string> got =
      connection_->scalar("SELECT GET_LOCK('" + session_ + "', " + std::to_string(patience_s) + ")");
  if (!got.ok()) return got.error();
  if (got.value() == "1") return {};
  return Error{ErrorKind::Unreachable, address_.display() + ": an earlier session of this run does not end", ""};
}

bool MysqlWriter::reconnect() {
  const Instant deadline = clock_.now() + options_.reconnect_for;
  Nanos pause = kFirstPause;
  while (!connect().ok()) {
    if (clock_.now() >= deadline || address_.stop.stop_requested()) return false;
    clock_.sleep_until(clock_.now() + pause, address_.stop);
    pause = std::min(2 * pause, kLongestPause);
  }
  ++counts_.reconnects;
  return true;
}

void MysqlWriter::settle(Batch batch, Outcome outcome, Instant released) {
  const bool withheld = outcome == Outcome::Withheld;
  const Instant acknowledged = withheld ? Instant{} : clock_.now();
  const std::uint32_t code = outcome == Outcome::Rejected || outcome == Outcome::Unknown ? failure_.code : 0;
  settled_.clear();
  for (const Write& write : batch) {
    settled_.push_back(Settled{write.change, outcome, code, withheld ? Instant{} : released, acknowledged});
    if (outcome == Outcome::Rejected) {
      first_failure_.refused("table " + tables_.at(write.change.entity).table, code, failure_.text);
    }
  }
  outcomes_->settle(settled_);
}

}  // namespace freshet
