#include "generator/write/mysql_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace freshet {

namespace {

constexpr int kMostLosses = 5;   ///< of the connection, in one transaction, with the server there again each time
constexpr int kMostLookUps = 5;  ///< of a commit in doubt
constexpr Nanos kFirstPause = 50 * kNanosPerMilli;
constexpr Nanos kLongestPause = 800 * kNanosPerMilli;

/// Failures that say nothing about the change: somebody held a lock, or interrupted the statement.
bool is_passing(unsigned code) {
  constexpr std::array kCodes = {1020U, 1205U, 1213U, 1317U, 1969U};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

bool same_instance(const Change& a, const Change& b) { return a.entity == b.entity && a.ordinal == b.ordinal; }

}  // namespace

MysqlWriter::MysqlWriter(mysql::Address address, std::map<EntityId, TableStatements> tables,
                         std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, Breakdown& breakdown,
                         const Options& options)
    : address_(std::move(address)),
      tables_(std::move(tables)),
      outcomes_(std::move(outcomes)),
      clock_(clock),
      breakdown_(breakdown),
      options_(options) {}

Result<std::unique_ptr<MysqlWriter>> MysqlWriter::open(const mysql::Address& address,
                                                       std::map<EntityId, TableStatements> tables,
                                                       std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock,
                                                       Breakdown& breakdown, const Options& options) {
  std::unique_ptr<MysqlWriter> writer(
      new MysqlWriter(address, std::move(tables), std::move(outcomes), clock, breakdown, options));
  FRESHET_TRY(writer->connect());
  return writer;
}

void MysqlWriter::write(std::span<const Write> batch) {
  if (batch.empty()) return;
  if (broken_) return settle(batch, Outcome::Withheld, 0);
  send(batch, clock_.now());
}

void MysqlWriter::send(Batch batch, Instant released) {
  switch (commit(batch)) {
    case Fate::Committed:
      return settle(batch, Outcome::Committed, released);
    case Fate::Refused:
      if (batch.size() == 1) return settle(batch, Outcome::Rejected, released);
      return one_by_one(batch, released);
    case Fate::NotCommitted:
      settle(batch, Outcome::Rejected, released);
      break;
    case Fate::InDoubt:
      settle(batch, Outcome::Unknown, released);
      break;
  }
  broken_ = true;
  breakdown_.report(address_.display() + " is gone: " + failure_.text + " (error " + std::to_string(failure_.code) +
                    ")");
}

void MysqlWriter::one_by_one(Batch batch, Instant released) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Batch one = batch.subspan(i, 1);
    if (broken_ || outcomes_->blocked(one[0].change)) {
      settle(one, Outcome::Withheld, 0);
    } else {
      send(one, released);
    }
  }
}

MysqlWriter::Fate MysqlWriter::commit(Batch batch) {
  int lock_repeats = 0;
  int losses = 0;
  for (;;) {
    const Attempt how = attempt(batch);
    if (how == Attempt::Committed) return Fate::Committed;
    if (how == Attempt::FailedInCommit) {
      const std::optional<bool> committed = resolve(batch);
      if (!committed) return Fate::InDoubt;
      if (*committed) return Fate::Committed;
    } else if (failure_.lost() || !connection_->execute("ROLLBACK").ok()) {
      if (!reconnect()) return Fate::NotCommitted;
    }
    const bool lost = failure_.lost();
    if (!lost && !is_passing(failure_.code)) return Fate::Refused;
    if (lost ? ++losses > kMostLosses : ++lock_repeats > options_.lock_attempts) return Fate::Refused;
    if (!lost) ++counts_.lock_repeats;
  }
}

MysqlWriter::Attempt MysqlWriter::attempt(Batch batch) {
  mark_cuts(batch);
  for (std::size_t from = 0; from < batch.size();) {
    std::size_t to = from + 1;
    while (to < batch.size() && !cuts_[to]) ++to;
    if (!execute_run(batch.subspan(from, to - from)).ok()) {
      failure_ = connection_->failure();
      return Attempt::Failed;
    }
    from = to;
  }
  if (!connection_->execute("COMMIT").ok()) {
    failure_ = connection_->failure();
    return Attempt::FailedInCommit;
  }
  ++counts_.transactions;
  return Attempt::Committed;
}

/// A run is executed as inserts, updates, deletes, table by table. That keeps the order of an instance's versions as
/// long as its operations come in this order too: a run ends before the first that does not (an insert after a delete).
void MysqlWriter::mark_cuts(Batch batch) {
  places_.clear();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    places_.push_back(Place{batch[i].change.entity, batch[i].change.ordinal, i});
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    if (a.ordinal != b.ordinal) return a.ordinal < b.ordinal;
    return a.entity != b.entity ? a.entity < b.entity : a.index < b.index;
  });
  cuts_.assign(batch.size(), false);
  for (std::size_t i = 1; i < places_.size(); ++i) {
    const Change& before = batch[places_[i - 1].index].change;
    const Change& after = batch[places_[i].index].change;
    if (same_instance(before, after) && after.operation < before.operation) cuts_[places_[i].index] = true;
  }
}

Status MysqlWriter::execute_run(Batch run) {
  for (const Operation operation : {Operation::Insert, Operation::Update, Operation::Delete}) {
    for (const auto& [entity, table] : tables_) {
      rows_.clear();
      for (const Write& write : run) {
        if (write.change.entity == entity && write.change.operation == operation) rows_.push_back(write.row);
      }
      if (rows_.empty()) continue;
      const TableStatement& statement = operation == Operation::Insert   ? table.insert
                                        : operation == Operation::Update ? table.update
                                                                         : table.erase;
      FRESHET_TRY(connection_->bulk(statement.sql, statement.columns, rows_));
    }
  }
  return {};
}

std::optional<bool> MysqlWriter::resolve(Batch batch) {
  for (int i = 0; i < kMostLookUps; ++i) {
    // Always a new session: the old one may still be committing, and the locking read waits for it to end.
    if (!reconnect()) return std::nullopt;
    const Result<bool> committed = look_up(batch);
    if (!committed.ok()) continue;
    ++counts_.looked_up;
    return committed.value();
  }
  return std::nullopt;
}

/// A transaction is committed as a whole, so one row tells: the first of the batch whose state differs before and
/// after. Where there is none (updates of rows without a version), the answer is no, and sending it again changes
/// nothing.
Result<bool> MysqlWriter::look_up(Batch batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto same = [&](const Write& other) { return same_instance(other.change, batch[i].change); };
    const bool last = std::none_of(batch.begin() + static_cast<std::ptrdiff_t>(i) + 1, batch.end(), same);
    const bool only = last && std::count_if(batch.begin(), batch.end(), same) == 1;
    const TableStatements& table = tables_.at(batch[i].change.entity);
    const bool stamped = table.version_column >= 0;
    const Operation operation = batch[i].change.operation;
    const bool tells =
        operation == Operation::Delete ? only : last && (stamped || (only && operation == Operation::Insert));
    if (!tells) continue;

    const Row& row = *batch[i].row;
    const std::string key = sql_literal(*connection_, row, row.cells[0], table.key_type);
    bool found = false;
    Version version = 0;
    FRESHET_TRY(connection_->query(table.select_version + key + std::string(kLockRow), [&](auto values) {
      found = true;
      const std::string_view text = stamped ? values[0].value_or("") : "";
      std::from_chars(text.data(), text.data() + text.size(), version);
    }));
    FRESHET_TRY(connection_->execute("COMMIT"));  // lets go of the row
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
  // No BEGIN is needed, and a lock that somebody holds is given up before the connection counts as dead.
  return connection_->execute("SET autocommit = 0, innodb_lock_wait_timeout = " + std::to_string(options_.lock_wait_s));
}

bool MysqlWriter::reconnect() {
  const Instant deadline = clock_.now() + options_.reconnect_for;
  Nanos pause = kFirstPause;
  while (!connect().ok()) {
    if (clock_.now() >= deadline) return false;
    clock_.sleep_until(clock_.now() + pause, std::stop_token{});
    pause = std::min(2 * pause, kLongestPause);
  }
  ++counts_.reconnects;
  return true;
}

void MysqlWriter::settle(Batch batch, Outcome outcome, Instant released) {
  const bool withheld = outcome == Outcome::Withheld;
  const Instant acknowledged = withheld ? 0 : clock_.now();
  const std::uint32_t code = outcome == Outcome::Rejected || outcome == Outcome::Unknown ? failure_.code : 0;
  settled_.clear();
  for (const Write& write : batch) {
    settled_.push_back(Settled{write.change, outcome, code, withheld ? 0 : released, acknowledged});
  }
  outcomes_->settle(settled_);
}

}  // namespace freshet
