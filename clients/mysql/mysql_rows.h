// A prepared statement whose parameters are encoded here, straight from rows: one execution for one row or for several,
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

/// Whether a cell may be bound where a column of that kind is declared.
[[nodiscard]] inline bool kind_fits(Kind cell, Kind column) {
  if (cell == column || cell == Kind::Null) return true;
  return (cell == Kind::Boolean && column == Kind::Integer) || (cell == Kind::Integer && column == Kind::Boolean);
}

/// Belongs to one connection and must end before it. Connector/C executes a statement and waits; sending and reading by
/// themselves are what its own mariadb_stmt_execute_direct() does, by the same methods of its handle.
class RowStatement {
 public:
  explicit RowStatement(MYSQL* mysql);

  /// False on failure; code() and text() then say why.
  bool prepare(const std::string& sql);
  [[nodiscard]] unsigned code() const { return mysql_stmt_errno(statement_.get()); }
  [[nodiscard]] const char* text() const { return mysql_stmt_error(statement_.get()); }

  /// Encodes one execution, for as many rows as the statement has places for. COM_STMT_EXECUTE of the protocol:
  /// statement, flags, iterations, a bit for each null, the types, the values that are not null. Returns its bytes.
  std::size_t encode(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows);
  /// Sends what was encoded. False when the connection is lost, as its handle says.
  bool send();
  /// Appends what send() would send to those of other statements; for send_all().
  void append_packet(std::string& packets) const;
  /// Sends packets, where the session is not encrypted. False, and the connection is lost, when that does not end
  /// within the time.
  static bool send_all(MYSQL* mysql, std::string_view packets, int timeout_ms);
  /// Reads the answer to the earliest execution that has none. False when it is a refusal, or the connection is lost.
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

/// `sql`, an INSERT … VALUES (?, ?) …, for so many rows.
[[nodiscard]] std::string for_rows(const std::string& sql, std::size_t rows);
/// Whether for_rows() may be asked for more than one: there is one list of values, and all `parameters` are in it.
[[nodiscard]] bool takes_rows(const std::string& sql, std::size_t parameters);

}  // namespace freshet::mysql
