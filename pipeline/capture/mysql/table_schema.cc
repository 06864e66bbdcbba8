#include "pipeline/capture/mysql/table_schema.h"

#include <fmt/format.h>

#include <charconv>

#include "pipeline/capture/binlog/column_declaration.h"

namespace freshet {

namespace {

std::string of_table(const mysql::Connection& connection, const std::string& database, const std::string& table) {
  return fmt::format("table_schema = {} AND table_name = {}", connection.quote(database), connection.quote(table));
}

// MariaDB implements a unique key on long texts with a hash in a hidden last column of the table. In tables of engine
// MEMORY, HASH is the usual kind of key and hides nothing.
Result<int> count_hidden_hashes(mysql::Connection& connection, const std::string& database, const std::string& table) {
  if (!connection.server().mariadb) return 0;
  const auto count =
      connection.scalar(fmt::format("SELECT COUNT(DISTINCT s.index_name) FROM information_schema.statistics s "
                                    "JOIN information_schema.tables t USING (table_schema, table_name) "
                                    "WHERE {} AND s.index_type = 'HASH' AND s.non_unique = 0 AND t.engine <> 'MEMORY'",
                                    of_table(connection, database, table)));
  FRESHET_TRY(count);
  int hashes = 0;
  std::from_chars(count->data(), count->data() + count->size(), hashes);
  return hashes;
}

}  // namespace

Result<std::vector<SchemaColumn>> schema_of(const mysql::Address& address, const std::string& database,
                                            const std::string& table) {
  auto connection = mysql::Connection::open(address);
  if (!connection) return connection.error();
  return schema_of(*connection, database, table);
}

Result<std::vector<SchemaColumn>> schema_of(mysql::Connection& connection, const std::string& database,
                                            const std::string& table) {
  std::vector<SchemaColumn> columns;
  FRESHET_TRY(
      connection.query(fmt::format("SELECT column_name, column_type, character_set_name, generation_expression <> '' "
                                   "FROM information_schema.columns WHERE {} ORDER BY ordinal_position",
                                   of_table(connection, database, table)),
                       [&](std::span<const std::optional<std::string_view>> row) {
                         columns.push_back({std::string(row[0].value_or("")), std::string(row[1].value_or("")),
                                            std::string(row[2].value_or("")), row[3].value_or("0") == "1"});
                       }));
  if (columns.empty()) return columns;
  const Result<int> hashes = count_hidden_hashes(connection, database, table);
  FRESHET_TRY(hashes);
  for (int i = 1; i <= hashes.value(); ++i) {
    columns.push_back({fmt::format("DB_ROW_HASH_{}", i), "bigint(20) unsigned", "", true});
  }
  return columns;
}

Result<BinlogTable> declared_table(const std::string& database, const std::string& table,
                                   const std::vector<SchemaColumn>& schema) {
  BinlogTable declared{.database = database, .name = table, .record = {}, .columns = {}};
  for (const SchemaColumn& column : schema) {
    const ColumnLayout layout = layout_of(column);
    if (!can_be_passed_over(layout)) {
      return Error{
          ErrorKind::Usage,
          fmt::format("column {}.{}.{} ({}) {}", database, table, column.name, column.column_type, refusal_of(layout)),
          ""};
    }
    declared.record.columns.push_back({column.name, cell_type(layout)});
    declared.columns.push_back(describe_column(layout));
  }
  return declared;
}

Status check_versioning(mysql::Connection& connection, const std::string& database, const std::string& table) {
  if (!connection.server().mariadb) return {};
  const auto type = connection.scalar("SELECT table_type FROM information_schema.tables WHERE " +
                                      of_table(connection, database, table));
  FRESHET_TRY(type);
  if (type.value() != "SYSTEM VERSIONED") return {};
  return Error{
      ErrorKind::Usage,
      fmt::format("table {}.{} has system versioning: its log holds the rows' history beside the rows, and its "
                  "deletes as updates",
                  database, table),
      "read a table without WITH SYSTEM VERSIONING"};
}

}  // namespace freshet
