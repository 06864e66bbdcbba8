// MySQL and MariaDB: RAII over Connector/C. The only place that includes mysql.h.
//
// A Connection belongs to one thread at a time. Every session is set, never inherited: time zone +00:00, utf8mb4,
// sql_mode STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION, repeatable read, read write, no autoreconnect, and whatever else
// of a server's global settings would change what statements mean. Errors are Results of kind Unreachable for lost or
// refused connections (is_connection_error), else Internal with the server's code.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/row.h"

namespace freshet::mysql {

struct Address {
  std::string host = "127.0.0.1";
  int port = 3306;
  std::string socket;  ///< used instead of host and port when not empty
  std::string user;
  std::string password;
  std::string database;
  /// ssl_ca, ssl_cert, ssl_key (paths), ssl_verify (0, 1); bulk=0: one execution per row also where the server could
  /// take arrays (a proxy in between that cannot). Any of the first four makes TLS required.
  std::map<std::string, std::string> options;
  /// For messages; never the password.
  [[nodiscard]] std::string display() const;
};

/// Code and text of the last failure of a connection.
struct Failure {
  unsigned code = 0;
  std::string text;
  /// The connection is gone or was refused: the statement's fate is unknown unless it was never sent.
  [[nodiscard]] bool lost() const;
};

struct ServerInfo {
  std::string version;  ///< as @@version says
  bool mariadb = false;
};

/// A session. One thread at a time.
class Connection {
 public:
  [[nodiscard]] static Result<Connection> open(const Address& address, int connect_timeout_s = 5);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  [[nodiscard]] const ServerInfo& server() const;
  [[nodiscard]] const Failure& failure() const;

  /// Runs a statement and drops its rows.
  Status execute(std::string_view sql);
  /// Runs a query; `visit` gets each row's values (nullopt = NULL), valid during the call. Streams: the result
  /// is never held whole.
  using Visit = std::function<void(std::span<const std::optional<std::string_view>>)>;
  Status query(std::string_view sql, const Visit& visit);
  /// First column of the first row; empty when there is none.
  [[nodiscard]] Result<std::string> scalar(std::string_view sql);

  /// Runs statements that are joined by ";", sent in one message and answered one after the other. `done(n)` is called
  /// when the n-th, from 1, was carried out. The server stops at the first that fails. Only after allow_many().
  Status execute_many(std::string_view statements, const std::function<void(std::size_t)>& done);
  /// From now on a text may hold several statements: not for a session that sends texts of others.
  Status allow_many();
  /// Bytes that the server takes in one message.
  [[nodiscard]] std::size_t most_packet() const;
  /// Whether bulk() sends all rows in one message.
  [[nodiscard]] bool takes_arrays() const;

  /// A statement with `?` parameters, executed for many rows of cells at once: the bulk API on MariaDB, else
  /// one execution per row inside the caller's transaction. `rows[i]` has at least `columns.size()` entries via
  /// `columns[c]`: index of the cell to bind to the c-th parameter. Prepared once per text and cached.
  struct BulkColumn {
    int cell = 0;     ///< index in the row's cells
    ColumnType type;  ///< lists are bound as their JSON text
  };
  Status bulk(const std::string& sql, std::span<const BulkColumn> columns, std::span<const Row* const> rows);
  /// Rows changed by the last execute or bulk, as the server counted them.
  [[nodiscard]] std::int64_t affected_rows() const;

  /// 'text' with quotes, escaped for this connection's charset.
  [[nodiscard]] std::string quote(std::string_view text) const;
  /// The client library's handle, for the binlog reader (pipeline/native) only.
  [[nodiscard]] void* native();

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// `name` in backticks.
[[nodiscard]] std::string identifier(std::string_view name);

}  // namespace freshet::mysql
