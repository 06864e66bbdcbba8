// MySQL and MariaDB: RAII over Connector/C. The only place that includes mysql.h.
//
// A Connection belongs to one thread at a time. Every session is set, never inherited: time zone +00:00, utf8mb4,
// sql_mode STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION, repeatable read, read write, no autoreconnect, and whatever else
// of a server's global settings would change what statements mean or how long they may wait. Every wait has a limit:
//
//   connecting, from the first packet to the login   connect_timeout_s, 5 unless the caller says otherwise
//   a lock of the server, of any kind                10 s (lock_wait_timeout, innodb_lock_wait_timeout)
//   an answer, or the next part of one               60 s; so long, too, the server waits for us
//
// and is ended at once by the address's stop token: the socket is shut down, the call fails like any on a lost
// connection. Only the resolver of host names does not hear it. Errors are Results: Interrupted after a stop,
// Unreachable for lost connections and for what a server refuses for reasons of its own (a privilege, a lock,
// read-only, a full disk), Internal, with the server's code, for what is wrong with our statement.
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
  std::string socket;  ///< used instead of host and port when not empty
  std::string user;
  std::string password;
  std::string database;
  /// ssl_ca, ssl_cert, ssl_key (paths), ssl_verify (0, 1); bulk=0: as with MySQL also where the server is MariaDB,
  /// whose protocol has arrays of rows and messages sent ahead (a proxy in between that has not). Any of the first four
  /// makes TLS required. password_in_clear=1: sends the password readable to a server that asks for it, whoever it is
  /// (mysql_secrecy.h).
  std::map<std::string, std::string> options;
  /// Ends the waits of every session that is opened by this address, and keeps others from being opened.
  std::stop_token stop = {};
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
  /// Those of the address.
  [[nodiscard]] std::stop_token stop() const;
  [[nodiscard]] const std::string& database() const;

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
  /// Whether bulk() sends all rows in one message, whatever the statement.
  [[nodiscard]] bool takes_arrays() const;

  /// A statement with `?` parameters, executed for many rows of cells at once inside the caller's transaction: the bulk
  /// API on MariaDB; elsewhere an INSERT … VALUES (?, …) is prepared for 1, 2, 4, … rows, any other executed row by
  /// row. `columns[c]` says which cell is bound to the c-th parameter. Prepared once per text and cached.
  struct BulkColumn {
    int cell = 0;     ///< index in the row's cells
    ColumnType type;  ///< lists are bound as their JSON text
  };
  Status bulk(const std::string& sql, std::span<const BulkColumn> columns, std::span<const Row* const> rows);

  /// One execution of such a statement. What it points at outlives the call that takes it.
  struct Execution {
    const std::string* sql = nullptr;
    std::span<const BulkColumn> columns;
    const Row* row = nullptr;
  };
  /// Called with each answer; null when the statement was carried out.
  using Answer = std::function<void(const Failure*)>;
  /// Executes them in order; none waits for the answer to the one before, which spares round trips. A refusal does not
  /// keep the server from what follows. `answer` is called in the same order. Those from the first that the server
  /// might find too large, or too much for one call, are not sent and get no answer. On failure: what got no answer is
  /// in doubt if failure().lost(), else nothing was sent. Only where sends_ahead().
  Status execute_ahead(std::span<const Execution> executions, const Answer& answer);
  /// Whether the server reads on while it has not answered: MariaDB does, and says so of its protocol.
  [[nodiscard]] bool sends_ahead() const;
  /// Rows changed by the last execute or bulk, as the server counted them.
  [[nodiscard]] std::int64_t affected_rows() const;

  /// 'text' with quotes, escaped for this connection's charset.
  [[nodiscard]] std::string quote(std::string_view text) const;

  /// Makes the session a stream of the server's binlog events: from `position` in `file`, or, with an empty name, from
  /// where the session's variables say. Nothing but next_event() may be called from then on.
  Status start_dump(const std::string& file, std::uint32_t position, unsigned server_id);
  /// The next event, header to checksum, whatever its size; valid until the next call. Waits for it.
  Result<std::span<const std::byte>> next_event();

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freshet::mysql
