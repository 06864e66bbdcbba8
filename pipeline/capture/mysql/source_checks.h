// Checks of a server before its log is read: whether the log contains all changes of our tables.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "pipeline/capture/sql/sql_statement.h"

namespace freshet {

/// A row of a result.
using SqlRow = std::span<const std::optional<std::string_view>>;
/// A value in it; empty if it is NULL or missing.
[[nodiscard]] std::string text_at(SqlRow row, std::size_t column);

/// Receives warnings for the reader of the pipeline's log.
using SourceWarning = std::function<void(const std::string&)>;

/// A table that will be read.
struct SourceTable {
  SqlName name;                      ///< as the log spells it
  std::vector<std::string> columns;  ///< the columns that are read, the entity's key first
};

/// True if names of databases and tables ignore case (lower_case_table_names).
[[nodiscard]] Result<bool> folds_names(mysql::Connection& connection);
/// The spelling of a database or table name in the log.
[[nodiscard]] Result<std::string> name_in_log(mysql::Connection& connection, const std::string& name);
/// True if changes by ON DELETE and ON UPDATE of foreign keys are in the log: MySQL 9.6 and later.
[[nodiscard]] Result<bool> logs_cascades(mysql::Connection& connection);

/// Usage error, naming setting or constraint, if changes of the tables do not reach the log: filters of databases, a
/// replica that does not log what it applies, cascades that are not logged, views. `warn` receives what is suspicious
/// but not refused.
Status check_source(mysql::Connection& connection, const std::vector<SourceTable>& tables, const SourceWarning& warn);

}  // namespace freshet
