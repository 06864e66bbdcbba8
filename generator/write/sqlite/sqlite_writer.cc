#include "generator/write/sqlite/sqlite_writer.h"

#include <utility>

namespace freshet {

SqliteWriter::SqliteWriter(std::shared_ptr<SqliteFile> file, const Scenario& scenario,
                           std::shared_ptr<LaneOutcomes> outcomes, const Clock& clock, FirstFailure& first_failure,
                           Options options)
    : file_(std::move(file)),
      scenario_(scenario),
      outcomes_(std::move(outcomes)),
      clock_(clock),
      first_failure_(first_failure),
      options_(options) {}

void SqliteWriter::write(std::span<const Write> batch) {
  const Instant released = clock_.now();
  const std::scoped_lock turn(file_->turn);
  if (file_->broken) {
    for (const Write& write : batch) withhold(write.change);
    return;
  }
  done_.clear();
  sqlite::Failure failure = file_->database.wait_for("BEGIN IMMEDIATE", clock_, options_.blocked_for);
  if (!failure.none()) {
    for (const Write& write : batch) done_.push_back(write.change);
    break_down(failure);
    return settle_done(Outcome::Rejected, failure, released);
  }
  const std::size_t sent = execute(batch, released, failure);
  bool in_doubt = false;
  if (failure.none()) {
    failure = file_->database.wait_for("COMMIT", clock_, options_.blocked_for);
    in_doubt = failure.code == SQLITE_IOERR;
  }
  if (failure.none()) return settle_done(Outcome::Committed, failure, released);
  file_->database.roll_back();
  break_down(failure);
  settle_done(in_doubt ? Outcome::Unknown : Outcome::Rejected, failure, released);
  for (const Write& write : batch.subspan(sent)) withhold(write.change);
}

std::size_t SqliteWriter::execute(std::span<const Write> batch, Instant released, sqlite::Failure& fatal) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Change& change = batch[i].change;
    if (outcomes_->blocked(change)) {
      withhold(change);
      continue;
    }
    const sqlite::Failure failure = execute(batch[i]);
    if (failure.none() || failure.fatal()) done_.push_back(change);
    if (failure.fatal()) {
      fatal = failure;
      return i + 1;
    }
    // The statement is taken back; the transaction stays open.
    if (!failure.none()) reject(change, failure, released);
  }
  return batch.size();
}

sqlite::Failure SqliteWriter::execute(const Write& write) {
  const EntityId entity = write.change.entity;
  auto table = file_->tables.find(entity);
  if (table == file_->tables.end()) {
    sqlite::Failure failure;
    auto prepared =
        sqlite::TableStatements::prepare(file_->database, scenario_.entity(entity), file_->names.at(entity), failure);
    if (!prepared) return failure;
    table = file_->tables.emplace(entity, *std::move(prepared)).first;
  }
  return table->second.run(write.change, *write.row, write.before);
}

void SqliteWriter::break_down(const sqlite::Failure& failure) {
  file_->broken = true;
  first_failure_.report(file_->database.error(failure).message + " (error " + std::to_string(failure.code) + ")");
}

void SqliteWriter::settle_done(Outcome outcome, const sqlite::Failure& failure, Instant released) {
  const Instant acknowledged = clock_.now();
  settled_.clear();
  for (const Change& change : done_) {
    if (outcome == Outcome::Rejected) {
      first_failure_.refused("table " + file_->names.at(change.entity), static_cast<std::uint32_t>(failure.code),
                             failure.text);
    }
    settled_.push_back({change, outcome, static_cast<std::uint32_t>(failure.code), released, acknowledged});
  }
  outcomes_->settle(settled_);
}

void SqliteWriter::reject(const Change& change, const sqlite::Failure& failure, Instant released) {
  const auto code = static_cast<std::uint32_t>(failure.code);
  first_failure_.refused("table " + file_->names.at(change.entity), code, failure.text);
  const Settled rejected{change, Outcome::Rejected, code, released, clock_.now()};
  outcomes_->settle({&rejected, 1});
}

void SqliteWriter::withhold(const Change& change) {
  const Settled withheld{change, Outcome::Withheld, 0, {}, {}};
  outcomes_->settle({&withheld, 1});
}

}  // namespace freshet
