// Tables as their server currently declares them.
#pragma once

#include "clients/mysql/mysql.h"
#include "pipeline/capture/binlog/binlog_metadata.h"

namespace freshet {

/// The columns in the order of the log, including those that are in the log but not in information_schema: the hashes
/// of long unique keys. None if there is no such table.
[[nodiscard]] Result<std::vector<SchemaColumn>> schema_of(const mysql::Address& address, const std::string& database,
                                                          const std::string& table);
[[nodiscard]] Result<std::vector<SchemaColumn>> schema_of(mysql::Connection& connection, const std::string& database,
                                                          const std::string& table);

/// The table as the log will describe it. Usage error, naming the column, if its values could not even be skipped.
[[nodiscard]] Result<BinlogTable> declared_table(const std::string& database, const std::string& table,
                                                 const std::vector<SchemaColumn>& schema);

/// Usage error for tables whose log does not reflect the changes of their rows: those with system versioning.
Status check_versioning(mysql::Connection& connection, const std::string& database, const std::string& table);

}  // namespace freshet
