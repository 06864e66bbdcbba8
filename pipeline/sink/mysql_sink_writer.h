// Writes row changes of one view into its table in MySQL: batched, idempotent by version.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clients/away.h"
#include "clients/mysql/mysql.h"
#include "pipeline/sink/sink_writer.h"
#include "pipeline/state/hash_index.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// One connection, one table, one thread. A pass is one transaction: its changes are coalesced to the last one of each
/// key, and deletes go before upserts. With version columns, a row is only overwritten or deleted if none of its
/// versions exceeds the change's, so replaying old changes has no effect. Without, the last write wins.
class MysqlSinkWriter final : public SinkWriter {
 public:
  /// `stored` must outlive the writer. `batch_max`: maximum number of rows in one statement.
  MysqlSinkWriter(mysql::Connection connection, const View& view, const RecordType& stored, const std::string& table,
                  int batch_max);

  /// From now on waits for a lost server at this address; without this call, a lost server is an error.
  void wait_for(const mysql::Address& address, Away::Log log, int limit_ms);
  /// Commits one pass. Deadlocks and lock timeouts are tried again, and so is a pass whose outcome a lost server did
  /// not report, since it may be repeated. Waiting ends when `give_up` returns true. Does not modify the changes.
  Status write(std::span<SinkBatch* const> batches, const std::function<bool()>& give_up) override;
  using SinkWriter::write;
  [[nodiscard]] const Counts& counts() const override { return counts_; }

 private:
  void coalesce(std::span<SinkBatch* const> batches);
  Status commit_once();
  Status come_back(Error error, const std::function<bool()>& give_up);
  Status run(const std::string& sql, std::span<const mysql::Connection::BulkColumn> columns,
             std::span<const Row* const> rows);

  mysql::Connection connection_;
  mysql::Address address_;
  std::optional<Away> away_;  ///< absent: a lost server is an error
  std::string table_;
  std::size_t versions_at_;
  std::size_t components_;
  std::size_t batch_max_;
  std::string upsert_sql_, delete_sql_;
  std::vector<mysql::Connection::BulkColumn> upsert_columns_, delete_columns_;
  HashIndex by_key_;
  std::vector<const SinkChange*> last_;
  std::vector<const Row*> upserts_, deletes_;
  Counts counts_;
};

}  // namespace freshet
