// Tables as their server declares them now.
#pragma once

#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog_metadata.h"

namespace freshet {

/// Columns in the order of the log, with those that information_schema does not show and the log has: the hashes of
/// long unique keys. None when there is no such table.
[[nodiscard]] Result<std::vector<SchemaColumn>> schema_of(const mysql::Address& address, const std::string& database,
                                                          const std::string& table);
[[nodiscard]] Result<std::vector<SchemaColumn>> schema_of(mysql::Connection& connection, const std::string& database,
                                                          const std::string& table);

/// The table as the log will describe it. Usage, naming the column, when its values could not even be passed over.
[[nodiscard]] Result<BinlogTable> declared_table(const std::string& database, const std::string& table,
                                                 const std::vector<SchemaColumn>& schema);

/// Usage for tables whose log says something else than what happened to their rows: those with system versioning.
Status check_versioning(mysql::Connection& connection, const std::string& database, const std::string& table);

}  // namespace freshet
