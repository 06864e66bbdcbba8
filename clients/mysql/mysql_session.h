// What a Connection is made of. Private to this folder.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>

#include "clients/mysql/mysql.h"
#include "clients/mysql/mysql_bulk.h"
#include "clients/mysql/mysql_rows.h"

namespace freshet::mysql {

// Longer than any statement of a run may take, short enough that a silent server is noticed.
inline constexpr int kAnswerTimeoutS = 60;

inline constexpr std::size_t kGreetingRows = 16;

/// A hold on the socket of a session, from another thread: once a stop is requested it is shut down, which ends any
/// wait on it, whoever waits and for what. It has a descriptor of its own, because the library closes the first one
/// when it gives a connection up, and its number may be somebody else's by then.
class Hold {
 public:
  Hold() = default;
  ~Hold() { release(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  /// Holds this socket instead of the one before.
  void take(int socket, const std::stop_token& stop);
  /// Nothing can be sent or read any more. The server hears of it.
  void hang_up() const;

 private:
  void release();
  int socket_ = -1;
  std::optional<std::stop_callback<std::function<void()>>> stopped_;
};

struct Connection::State {
  struct Close {
    void operator()(MYSQL* mysql) const { mysql_close(mysql); }
  };
  std::unique_ptr<MYSQL, Close> mysql;
  std::stop_token stop;
  Hold hold;
  std::string display;
  std::string database;
  ServerInfo server;
  Failure failure;
  std::int64_t affected = 0;
  bool arrays = true;
  std::size_t most_packet = 0;  // bytes that the server takes in one message
  bool encrypted = false;
  std::size_t most_rows =
      kGreetingRows;    // of one statement; while the session is set up, one that sends more is no server
  std::string key;      // scratch of prepared()
  std::string packets;  // scratch of execute_ahead()
  // After the handle in this struct, so that statements are closed before it.
  std::unordered_map<std::string, std::unique_ptr<BulkStatement>> statements;
  std::unordered_map<std::string, std::unique_ptr<RowStatement>> row_statements;  // by text for one row, and rows

  Error fail(unsigned code, const char* text);
  Error fail() { return fail(mysql_errno(mysql.get()), mysql_error(mysql.get())); }

  Status connect(const Address& address, int timeout_s);
  bool dial(const Address& address, int timeout_s);
  Status run(std::string_view sql, const Visit* visit);
  Status read(MYSQL_RES* result, const Visit* visit, std::size_t& rows);
  Result<RowStatement*> prepared(const std::string& sql, std::size_t rows);
  Status insert_rows(const std::string& sql, std::span<const BulkColumn> columns, std::span<const Row* const> rows);
};

}  // namespace freshet::mysql
