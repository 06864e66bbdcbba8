#include "pipeline/sink/mysql_sink_writer.h"

#include <algorithm>

#include "pipeline/views/view_operator.h"
#include "scenarios/tables/sql_names.h"

namespace freshet {

namespace {

constexpr int kMostTries = 10;

bool in_key(const View& view, std::size_t column) {
  return std::find(view.key.begin(), view.key.end(), ColumnIndex{column}) != view.key.end();
}

void join(std::string& list, const char* separator, const std::string& item) {
  if (!list.empty()) list += separator;
  list += item;
}

// Assignments of an upsert are evaluated from left to right, and each sees the ones before it. The versions come last,
// so every other column compares with the row's old versions. Among the versions themselves the guard stays true: a
// version that was replaced equals the new one, and one that was not is unchanged.
std::string upsert_text(const View& view, const RecordType& stored, const std::string& table) {
  std::string columns, marks, guard, assignments;
  for (std::size_t i = view.record.width(); i < stored.width(); ++i) {
    const std::string name = mysql::column_identifier(stored.columns[i].name);
    join(guard, " AND ", "VALUES(" + name + ") >= " + name);
  }
  for (std::size_t i = 0; i < stored.width(); ++i) {
    const std::string name = mysql::column_identifier(stored.columns[i].name);
    join(columns, ", ", name);
    join(marks, ", ", "?");
    if (in_key(view, i)) continue;
    const std::string value = "VALUES(" + name + ")";
    join(assignments, ", ", name + " = " + (guard.empty() ? value : "IF(" + guard + ", " + value + ", " + name + ")"));
  }
  if (assignments.empty()) {
    const std::string key = mysql::column_identifier(stored[view.key.front()].name);
    assignments = key + " = " + key;
  }
  return "INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ") ON DUPLICATE KEY UPDATE " + assignments;
}

// True for failures that are not reported: the server chose us to give way, and the pass is tried again.
bool gave_way(const mysql::Failure& failure) {
  constexpr unsigned kLockWaitTimeout = 1205;
  constexpr unsigned kDeadlock = 1213;
  return failure.code == kLockWaitTimeout || failure.code == kDeadlock;
}

// Adds the cause and a hint.
Error explained(Error error, const mysql::Failure& failure) {
  constexpr unsigned kNoColumn = 1054;
  constexpr unsigned kNoTable = 1146;
  constexpr unsigned kOutOfRange = 1264;
  constexpr unsigned kIncorrectValue = 1366;
  constexpr unsigned kTooLong = 1406;
  switch (failure.code) {
    case kOutOfRange:
    case kIncorrectValue:
    case kTooLong:  // the column has the size that the scenario declares, and the source is external
      return {ErrorKind::Usage, std::move(error.message),
              "declare the field in the scenario as wide as the source's column"};
    case kNoColumn:
    case kNoTable:
      return {ErrorKind::Unreachable, std::move(error.message),
              "the table was dropped or changed; start the pipeline again"};
    default:
      return error;
  }
}

}  // namespace

MysqlSinkWriter::MysqlSinkWriter(mysql::Connection connection, const View& view, const RecordType& stored,
                                 const std::string& table, int batch_max)
    : connection_(std::move(connection)),
      table_(mysql::identifier(table)),
      versions_at_(view.record.width()),
      components_(stored.width() - view.record.width()),
      batch_max_(static_cast<std::size_t>(std::max(batch_max, 1))),
      upsert_sql_(upsert_text(view, stored, table_)) {
  std::string condition;
  const auto compare = [&](std::size_t column, const char* comparison) {
    join(condition, " AND ", mysql::column_identifier(stored.columns[column].name) + comparison + "?");
    delete_columns_.push_back({static_cast<int>(column), stored.columns[column].type});
  };
  for (const ColumnIndex column : view.key) compare(index_of(column), " = ");
  for (std::size_t i = versions_at_; i < stored.width(); ++i) compare(i, " <= ");
  delete_sql_ = "DELETE FROM " + table_ + " WHERE " + condition;
  for (std::size_t i = 0; i < stored.width(); ++i) {
    upsert_columns_.push_back({static_cast<int>(i), stored.columns[i].type});
  }
}

void MysqlSinkWriter::wait_for(const mysql::Address& address, LostServer::Log log, int limit_ms) {
  address_ = address;
  away_.emplace("sink " + table_ + " at " + address.display(), std::move(log), limit_ms * kNanosPerMilli);
}

Status MysqlSinkWriter::write(std::span<SinkBatch* const> batches, const std::function<bool()>& give_up) {
  coalesce(batches);
  if (upserts_.empty() && deletes_.empty()) return {};
  for (int attempt = 1;;) {
    const Status status = commit_once();
    if (status.ok()) break;
    const mysql::Failure& failure = connection_.failure();
    if (failure.lost() && away_) {
      FRESHET_TRY(come_back(status.error(), give_up));
      continue;
    }
    if (!gave_way(failure) || attempt++ >= kMostTries) {
      return explained(status.error().in("sink " + table_), failure);
    }
    ++counts_.retries;
    const Status rolled_back = connection_.execute("ROLLBACK");
    if (!rolled_back.ok() && !connection_.failure().lost()) return rolled_back.error().in("sink " + table_);
  }
  if (away_) away_->back(SystemClock().now());
  ++counts_.passes;
  counts_.upserts += static_cast<std::int64_t>(upserts_.size());
  counts_.deletes += static_cast<std::int64_t>(deletes_.size());
  return {};
}

Status MysqlSinkWriter::come_back(Error error, const std::function<bool()>& give_up) {
  constexpr int kTimeoutS = 2;
  constexpr Nanos kSlice = 50 * kNanosPerMilli;
  const SystemClock clock;
  for (;;) {
    const Status waiting = away_->failed(error, clock.now());
    if (!waiting.ok()) return waiting.error().in("sink " + table_);
    while (clock.now() < away_->next_try()) {
      if (give_up && give_up()) return error.in("sink " + table_);
      clock.sleep_until(std::min(away_->next_try(), clock.now() + kSlice), {});
    }
    auto opened = mysql::Connection::open(address_, kTimeoutS);
    if (opened.ok()) {
      connection_ = std::move(opened).value();
      return {};
    }
    error = opened.error();
  }
}

void MysqlSinkWriter::coalesce(std::span<SinkBatch* const> batches) {
  by_key_.clear();
  last_.clear();
  upserts_.clear();
  deletes_.clear();
  for (SinkBatch* batch : batches) {
    for (const SinkChange& change : batch->items()) {
      const std::uint64_t hash = hash_of(change.key);
      const std::uint32_t known = by_key_.find(hash, [&](std::uint32_t id) { return last_[id]->key == change.key; });
      if (known == HashIndex::kNone) {
        by_key_.add(hash, static_cast<std::uint32_t>(last_.size()));
        last_.push_back(&change);
        continue;
      }
      // A delete whose versions the later change does not cover must still happen; otherwise the guard would refuse the
      // later change because of a row that no longer exists.
      const SinkChange& earlier = *last_[known];
      const bool covered = versions_at_least(change.row, earlier.row, versions_at_, components_);
      if (earlier.deleted && !covered) {
        deletes_.push_back(&earlier.row);
      } else {
        ++counts_.coalesced;
      }
      last_[known] = &change;
    }
  }
  for (const SinkChange* change : last_) (change->deleted ? deletes_ : upserts_).push_back(&change->row);
}

Status MysqlSinkWriter::commit_once() {
  FRESHET_TRY(connection_.execute("BEGIN"));
  FRESHET_TRY(run(delete_sql_, delete_columns_, deletes_));
  FRESHET_TRY(run(upsert_sql_, upsert_columns_, upserts_));
  return connection_.execute("COMMIT");
}

Status MysqlSinkWriter::run(const std::string& sql, std::span<const mysql::Connection::BulkColumn> columns,
                            std::span<const Row* const> rows) {
  for (std::size_t from = 0; from < rows.size(); from += batch_max_) {
    FRESHET_TRY(connection_.bulk(sql, columns, rows.subspan(from, std::min(batch_max_, rows.size() - from))));
    ++counts_.statements;
  }
  return {};
}

}  // namespace freshet
