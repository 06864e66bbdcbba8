// Writes changes to the tables of one SQLite file, a transaction per batch.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/seams.h"
#include "generator/write/lanes/first_failure.h"
#include "generator/write/lanes/lane_outcomes.h"
#include "generator/write/sqlite/sqlite_database.h"
#include "generator/write/sqlite/sqlite_tables.h"

namespace freshet {

/// A file that all lanes write to, one at a time: SQLite has no more than one writer.
struct SqliteFile {
  sqlite::Database database;
  std::map<EntityId, std::string> names;  ///< of the tables
  std::map<EntityId, sqlite::TableStatements> tables = {};
  std::mutex turn = {};
  bool broken = false;

  SqliteFile(sqlite::Database opened, std::map<EntityId, std::string> tables_of)
      : database(std::move(opened)), names(std::move(tables_of)) {}
};

/// One lane. Every change is settled when write() returns: committed when the file has it for good; rejected when
/// SQLite refused it, or when the transaction that it was in could not be committed; what needs a change that did not
/// commit is withheld. A transaction whose COMMIT ended in an error of the disk is unknown. A file that stays locked
/// for as long as `blocked_for`, or that takes nothing more, breaks the writers of all lanes: what follows is withheld.
class SqliteWriter final : public Writer {
 public:
  struct Options {
    Nanos blocked_for;  ///< by another program's transaction
  };
  static constexpr Options kPatient{60 * kNanosPerSecond};

  /// `scenario`, `clock` and `first_failure` outlive it.
  SqliteWriter(std::shared_ptr<SqliteFile> file, const Scenario& scenario, std::shared_ptr<LaneOutcomes> outcomes,
               const Clock& clock, FirstFailure& first_failure, Options options = kPatient);

  void write(std::span<const Write> batch) override;
  /// Nothing is in flight between writes.
  void flush(Instant /*deadline*/) override {}
  [[nodiscard]] bool takes_events() const override { return true; }
  /// A COMMIT waits for the disk, however much it holds.
  [[nodiscard]] int batch_max() const override { return 1'000; }

 private:
  /// Executes the changes up to a fatal failure, and says how many that were. `done_` are those that were not refused.
  [[nodiscard]] std::size_t execute(std::span<const Write> batch, Instant released, sqlite::Failure& fatal);
  [[nodiscard]] sqlite::Failure execute(const Write& write);
  void break_down(const sqlite::Failure& failure);
  void settle_done(Outcome outcome, const sqlite::Failure& failure, Instant released);
  void reject(const Change& change, const sqlite::Failure& failure, Instant released);
  void withhold(const Change& change);

  const std::shared_ptr<SqliteFile> file_;
  const Scenario& scenario_;
  const std::shared_ptr<LaneOutcomes> outcomes_;
  const Clock& clock_;
  FirstFailure& first_failure_;
  const Options options_;
  std::vector<Change> done_;  ///< of the present transaction
  std::vector<Settled> settled_;
};

}  // namespace freshet
