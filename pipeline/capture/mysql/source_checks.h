// What a server is asked before its log is read: whether the log holds all changes of our tables.
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

/// A row of an answer.
using SqlRow = std::span<const std::optional<std::string_view>>;
/// A value in it; empty when it is NULL, or not there.
[[nodiscard]] std::string text_at(SqlRow row, std::size_t column);

/// Takes what a person should know who reads the pipeline's log.
using SourceWarning = std::function<void(const std::string&)>;

/// A table that will be read.
struct SourceTable {
  SqlName name;                      ///< as the log spells it
  std::vector<std::string> columns;  ///< those that are read, the entity's key first
};

/// Whether case makes no difference in names of databases and tables (lower_case_table_names).
[[nodiscard]] Result<bool> folds_names(mysql::Connection& connection);
/// How the log spells a name of a database or table.
[[nodiscard]] Result<std::string> name_in_log(mysql::Connection& connection, const std::string& name);
/// Whether changes by ON DELETE and ON UPDATE of foreign keys are in the log: MySQL 9.6 and later.
[[nodiscard]] Result<bool> logs_cascades(mysql::Connection& connection);

/// Usage, with setting or constraint by name, where changes of the tables do not reach the log: filters of databases, a
/// replica that does not log what it applies, cascades that are not logged, views. `warn` takes what is not refused.
Status check_source(mysql::Connection& connection, const std::vector<SourceTable>& tables, const SourceWarning& warn);

}  // namespace freshet
