// The tables of entities in an SQLite file: how they are declared, and the statements that change them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "generator/write/sqlite/sqlite_database.h"
#include "scenarios/model/scenario.h"

namespace freshet::sqlite {

/// CREATE TABLE with a primary key. `mark` is a comment in it, which the file keeps with the table. Types are those
/// that leave a value as it is; a decimal has none, for those that SQLite has would round it.
[[nodiscard]] std::string create_table_sql(const Entity& entity, const std::string& table, std::string_view mark);

/// INSERT of every column; UPDATE of every column, by the key that the row had; DELETE by key. Prepared once.
class TableStatements {
 public:
  /// `entity` and `database` outlive it. A failure is that of a table that is not there, or not as it was made.
  [[nodiscard]] static std::optional<TableStatements> prepare(Database& database, const Entity& entity,
                                                              const std::string& table, Failure& failure);
  [[nodiscard]] Failure run(const Change& change, const Row& row, const Row* before);

 private:
  TableStatements(const RecordType& record, Statement insert, Statement update, Statement erase);
  void bind_all(Statement& statement, const Row& row) const;
  void bind_key(Statement& statement, int parameter, const Row& row) const;

  const RecordType* record_;
  Statement insert_;
  Statement update_;
  Statement erase_;
};

}  // namespace freshet::sqlite
