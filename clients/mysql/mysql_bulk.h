// A prepared statement executed for an array of rows in one message: MariaDB's bulk API. Private to this folder.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "clients/mysql/mysql.h"

namespace freshet::mysql {

/// Binds rows column by column, in arrays that are kept between calls: the steady state does not allocate. Belongs to
/// one connection and must be destroyed before it.
class BulkStatement {
 public:
  /// For a server that accepts arrays of parameters, in messages of at most `most_packet` bytes.
  BulkStatement(MYSQL* mysql, std::size_t most_packet);

  /// Returns false on failure; code() and text() then say why. The same for run().
  bool prepare(const std::string& sql);
  /// Executes it for every row, in messages of bounded size. Adds the number of changed rows to `affected`.
  bool run(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows, std::int64_t& affected);

  [[nodiscard]] unsigned code() const;
  [[nodiscard]] const char* text() const;

 private:
  // The values of one parameter in Connector/C's layout: numbers are a dense array, everything else an array of
  // pointers with an array of lengths.
  struct Parameter {
    bool numeric = false;
    bool in_arena = false;  // the text is built here; `offsets` is used until the arena stops growing
    enum_field_types type = MYSQL_TYPE_STRING;
    std::vector<std::int64_t> numbers;  // Double: its bits
    std::vector<const char*> pointers;
    std::vector<unsigned long> lengths;
    std::vector<std::size_t> offsets;
    std::vector<char> indicators;
  };

  void lay_out(std::span<const Connection::BulkColumn> columns);
  std::size_t fill(std::span<const Connection::BulkColumn> columns, std::span<const Row* const> rows);
  std::size_t set(Parameter& parameter, std::size_t at, const Row& row, const Cell& cell, const ColumnType& type);
  bool execute(std::size_t rows, std::int64_t& affected);

  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  std::unique_ptr<MYSQL_STMT, Close> statement_;
  std::size_t most_bytes_;  ///< maximum size of a message, where rows can be split
  std::vector<Parameter> parameters_;
  std::vector<MYSQL_BIND> binds_;
  std::string arena_;
};

}  // namespace freshet::mysql
