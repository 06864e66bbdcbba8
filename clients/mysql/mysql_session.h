// The implementation of Connection. Private to this folder.
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

// Longer than any statement of a run takes, and short enough to notice a silent server.
inline constexpr int kAnswerTimeoutS = 60;

inline constexpr std::size_t kGreetingRows = 16;

/// Lets another thread end a session: when a stop is requested, the socket is shut down, which ends any wait on it.
/// Uses a descriptor of its own, because the library closes its descriptor when it gives a connection up, and the
/// number may then belong to another file.
class Hold {
 public:
  Hold() = default;
  ~Hold() { release(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  /// Holds this socket instead of the previous one.
  void take(int socket, const std::stop_token& stop);
  /// Shuts the socket down: nothing can be sent or read any more, and the server notices.
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
  std::size_t most_packet = 0;  // maximum size of a message that the server accepts, in bytes
  bool encrypted = false;
  std::size_t most_rows =
      kGreetingRows;    // limit for one statement; while the session is set up, a peer that sends more is not a server
  std::string key;      // scratch of prepared()
  std::string packets;  // scratch of execute_ahead()
  // Declared after the handle, so that statements are closed before it.
  std::unordered_map<std::string, std::unique_ptr<BulkStatement>> statements;
  // by the text for one row, and by the number of rows
  std::unordered_map<std::string, std::unique_ptr<RowStatement>> row_statements;

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
