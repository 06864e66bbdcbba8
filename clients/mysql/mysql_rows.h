// A prepared statement whose parameters are encoded here, directly from rows: one execution for one or several rows,
// sent without waiting for its answer. Private to this folder.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// True if a cell of kind `cell` may be bound to a column of kind `column`.
[[nodiscard]] inline bool kind_fits(Kind cell, Kind column) {
  if (cell == column || cell == Kind::Null) return true;
  return (cell == Kind::Boolean && column == Kind::Integer) || (cell == Kind::Integer && column == Kind::Boolean);
}

/// Belongs to one connection and must be destroyed before it. Connector/C executes a statement and waits. Sending and
/// reading separately use the same methods of its handle as its own mariadb_stmt_execute_direct().
class RowStatement {
 public:
  explicit RowStatement(MYSQL* mysql);

  /// Returns false on failure; code() and text() then say why.
  bool prepare(const std::string& sql);
  [[nodiscard]] unsigned code() const { return mysql_stmt_errno(statement_.get()); }
  [[nodiscard]] const char* text() const { return mysql_stmt_error(statement_.get()); }

  /// Encodes one execution for as many rows as the statement has places for. The protocol's COM_STMT_EXECUTE:
  /// statement, flags, iterations, a bit for each null, the types, the values that are not null. Returns its size in
  /// bytes.
  std::size_t encode(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows);
  /// Sends the encoded execution. Returns false if the connection is lost; its handle has the error.
  bool send();
  /// Appends what send() would send to the packets of other statements; for send_all().
  void append_packet(std::string& packets) const;
  /// Sends packets over an unencrypted session. Returns false, with the connection lost, if that takes longer than the
  /// timeout.
  static bool send_all(MYSQL* mysql, std::string_view packets, int timeout_ms);
  /// Reads the answer to the earliest unanswered execution. Returns false if it is an error, or the connection is lost.
  static bool answered(MYSQL* mysql);

 private:
  void append_value(const Row& row, const Cell& cell, const ColumnType& type);

  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  MYSQL* mysql_;
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::string request_;
  std::string scratch_;
};

/// `sql`, an INSERT … VALUES (?, ?) …, extended to `rows` rows.
[[nodiscard]] std::string for_rows(const std::string& sql, std::size_t rows);
/// True if for_rows() may be used with more than one row: there is one list of values, and it contains all
/// `parameters`.
[[nodiscard]] bool takes_rows(const std::string& sql, std::size_t parameters);

}  // namespace freshet::mysql
