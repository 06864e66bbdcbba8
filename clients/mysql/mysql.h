// MySQL and MariaDB: RAII over Connector/C. The only place that includes mysql.h.
//
// A Connection belongs to one thread at a time. A session's settings are always set, never inherited: time zone +00:00,
// utf8mb4, sql_mode STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION, repeatable read, read write, no autoreconnect, and every
// other global setting that would change the meaning of statements or the length of waits. Every wait has a limit:
// connecting, from the first packet to the login, connect_timeout_s (5 unless the caller says otherwise); a lock of the
// server, of any kind, 10 s (lock_wait_timeout, innodb_lock_wait_timeout); an answer, or the next part of one, 60 s.
// The server waits as long for us.
//
// The address's stop token ends every wait at once: the socket is shut down, and the call fails as on a lost
// connection. Only the resolver of host names does not react to it. Errors are Results: Interrupted after a stop;
// Unreachable for a lost connection and for anything that the server refuses for reasons of its own (a privilege, a
// lock, read-only, a full disk); Internal, with the server's code, if our statement is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/row.h"

namespace freshet::mysql {

struct Address {
  std::string host = "127.0.0.1";
  int port = 3306;
  std::string socket;  ///< used instead of host and port if not empty
  std::string user;
  std::string password;
  std::string database;
  /// ssl_ca, ssl_cert, ssl_key (paths) and ssl_verify (0, 1): any of these four makes TLS mandatory. bulk=0 uses the
  /// protocol of MySQL with MariaDB, too, without arrays of rows and pipelined messages (for a proxy that does not
  /// support them). password_in_clear=1 sends the password in plain text to any server that asks for it
  /// (mysql_secrecy.h).
  std::map<std::string, std::string> options;
  /// Ends the waits of every session opened with this address, and prevents new sessions.
  std::stop_token stop = {};
  /// For messages; never the password.
  [[nodiscard]] std::string display() const;
};

/// Code and text of a connection's last failure.
struct Failure {
  unsigned code = 0;
  std::string text;
  /// True if the connection was lost or refused: it is unknown whether the statement took effect, unless it was never
  /// sent.
  [[nodiscard]] bool lost() const;
};

struct ServerInfo {
  std::string version;  ///< the value of @@version
  bool mariadb = false;
};

/// A session. For one thread at a time.
class Connection {
 public:
  [[nodiscard]] static Result<Connection> open(const Address& address, int connect_timeout_s = 5);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  [[nodiscard]] const ServerInfo& server() const;
  [[nodiscard]] const Failure& failure() const;
  /// The stop token of the address.
  [[nodiscard]] std::stop_token stop() const;
  [[nodiscard]] const std::string& database() const;

  /// Runs a statement and discards its rows.
  Status execute(std::string_view sql);
  /// Runs a query. `visit` gets the values of each row (nullopt = NULL), valid during the call. Streams: the whole
  /// result is never held in memory.
  using Visit = std::function<void(std::span<const std::optional<std::string_view>>)>;
  Status query(std::string_view sql, const Visit& visit);
  /// The first column of the first row; empty if there are no rows.
  [[nodiscard]] Result<std::string> scalar(std::string_view sql);

  /// Runs statements joined by ";", sent in one message and answered one after the other. Calls `done(n)` when the
  /// n-th, counted from 1, was executed. The server stops at the first that fails. Requires allow_many().
  Status execute_many(std::string_view statements, const std::function<void(std::size_t)>& done);
  /// Allows several statements in one text from now on. Not for a session that sends foreign text.
  Status allow_many();
  /// The maximum size of a message that the server accepts, in bytes.
  [[nodiscard]] std::size_t most_packet() const;
  /// True if bulk() sends all rows in one message, whatever the statement.
  [[nodiscard]] bool takes_arrays() const;

  /// Executes a statement with `?` parameters for many rows of cells inside the caller's transaction. MariaDB has a
  /// bulk API for this. Elsewhere, an INSERT … VALUES (?, …) is prepared for 1, 2, 4, … rows, and any other statement
  /// is executed row by row. `columns[c]` says which cell is bound to the c-th parameter. Statements are prepared once
  /// per text and cached.
  struct BulkColumn {
    int cell = 0;     ///< index into the row's cells
    ColumnType type;  ///< lists are bound as their JSON text
  };
  Status bulk(const std::string& sql, std::span<const BulkColumn> columns, std::span<const Row* const> rows);

  /// One execution of such a statement. What it points to must outlive the call that it is passed to.
  struct Execution {
    const std::string* sql = nullptr;
    std::span<const BulkColumn> columns;
    const Row* row = nullptr;
  };
  /// Called with each answer; null if the statement succeeded.
  using Answer = std::function<void(const Failure*)>;
  /// Executes statements in order without waiting for each answer, which saves round trips. An error does not keep the
  /// server from executing the following ones. `answer` is called in the same order. Executions from the first one on
  /// that might be too large for the server, or too many for one call, are not sent and get no answer. On failure: if
  /// failure().lost(), the outcome of executions without an answer is unknown; otherwise nothing was sent. Requires
  /// sends_ahead().
  Status execute_ahead(std::span<const Execution> executions, const Answer& answer);
  /// True if the server continues to read before it has answered. MariaDB announces this in its protocol.
  [[nodiscard]] bool sends_ahead() const;
  /// Rows changed by the last execute or bulk, as counted by the server.
  [[nodiscard]] std::int64_t affected_rows() const;

  /// 'text' in quotes, escaped for this connection's character set.
  [[nodiscard]] std::string quote(std::string_view text) const;

  /// Turns the session into a stream of the server's binlog events: from `position` in `file` or, if the name is empty,
  /// from where the session's variables say. Afterwards only next_event() may be called.
  Status start_dump(const std::string& file, std::uint32_t position, unsigned server_id);
  /// Waits for the next event and returns it from header to checksum, whatever its size; valid until the next call.
  Result<std::span<const std::byte>> next_event();

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freshet::mysql
