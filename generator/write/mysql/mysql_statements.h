// The SQL of one entity's table: its definition and the statements that change it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// A statement with parameters, and the cells for them.
struct TableStatement {
  std::string sql;
  std::vector<mysql::Connection::BulkColumn> columns;
  std::vector<std::string> pieces = {};  ///< the text of `sql` before, between and after its parameters
};

/// INSERT of every column; UPDATE of every column except the key, by key; DELETE by key; UPDATE of every column by the
/// previous key.
struct TableStatements {
  std::string table;  ///< its name
  TableStatement insert;
  TableStatement update;
  TableStatement erase;
  TableStatement rekey;
  /// Selects the version of the row with one key: append the key as a literal and kLockRow. Selects the key if rows are
  /// not stamped.
  std::string select_version;
  ColumnType key_type;
  std::optional<ColumnIndex> version_column;  ///< of the record, when rows are stamped

  [[nodiscard]] const TableStatement& of(Operation operation) const {
    return operation == Operation::Insert ? insert : operation == Operation::Update ? update : erase;
  }
};

/// Ends select_version: waits until any other transaction that changed the row has ended, so that the answer is final.
/// Does not ask for more, because a server that has become read-only refuses FOR UPDATE.
inline constexpr std::string_view kLockRow = " LOCK IN SHARE MODE";

/// The CREATE TABLE statement for an entity's table, with this comment.
[[nodiscard]] std::string create_table_sql(const Entity& entity, const std::string& table, std::string_view comment);

[[nodiscard]] TableStatements table_statements(const Entity& entity, const std::string& table);

/// Appends the statement with the row's values as text in place of its parameters or, if `joined`, a further row of an
/// insert. For sessions in utf8mb4 with an SQL mode that allows backslash escapes, like ours.
void append_statement(const TableStatement& statement, const Row& row, bool joined, std::string& out);

/// TableStatements::rekey as text: replaces the row with the key of `before` by `row`.
void append_rekey(const TableStatement& statement, const Row& before, const Row& row, std::string& out);

/// Appends `cell` as a literal for the same sessions.
void append_literal(const Row& row, const Cell& cell, const ColumnType& type, std::string& out);

}  // namespace freshet
