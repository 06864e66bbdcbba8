// SQLite's C library: a database file and the statements that are prepared for it. Nothing else includes sqlite3.h.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/row.h"

namespace freshet::sqlite {

/// A file, as a scenario names it.
struct Address {
  std::string path;
  std::stop_token stop = {};  ///< ends a wait for a lock that another program holds
};

/// What the library says of its last call.
struct Failure {
  int code = SQLITE_OK;  ///< without its extension
  std::string text = {};

  [[nodiscard]] bool none() const { return code == SQLITE_OK; }
  /// Another program is using the file; it may work in a moment.
  [[nodiscard]] bool busy() const { return code == SQLITE_BUSY || code == SQLITE_LOCKED; }
  /// The file will take nothing more: it is full, read-only or no database. Otherwise one statement was refused.
  [[nodiscard]] bool fatal() const;
};

class Database;

/// Belongs to the database that prepared it, and ends before it.
class Statement {
 public:
  /// Binds the cell to a parameter, from 1. Its text must live until run().
  void bind(int parameter, const Row& row, const Cell& cell, const ColumnType& type);
  void bind(int parameter, std::string_view text);
  /// Executes it. Parameters are free again.
  [[nodiscard]] Failure run();
  /// Executes it and gives the texts of each row, which live until the next one; an empty optional is a null.
  using Visit = std::function<void(std::span<const std::optional<std::string_view>> values)>;
  [[nodiscard]] Failure query(const Visit& visit);

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to a file. One thread at a time.
class Database {
 public:
  enum class Missing { Create, Refuse };
  /// Unreachable when it cannot be opened, is no database, or could only be read.
  [[nodiscard]] static Result<Database> open(const Address& address, Missing missing);

  [[nodiscard]] const std::string& path() const { return address_.path; }
  /// What the marks of tables call it: its name without the folders.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] Failure execute(const std::string& sql);
  [[nodiscard]] std::optional<Statement> prepare(const std::string& sql, Failure& failure);
  /// BEGIN or COMMIT; waits while another program uses the file, at most `patience`, and until a stop.
  [[nodiscard]] Failure wait_for(const char* sql, const Clock& clock, Nanos patience);
  /// Calls `body` in a transaction of its own, which waits for its turn, and commits if `body` succeeds. An error of
  /// either leaves the file as it was.
  Status transact(const std::function<Status()>& body);
  /// Ends a transaction, if there is one.
  void roll_back();
  /// The message for a failure: "shop.db: database is locked".
  [[nodiscard]] Error error(const Failure& failure) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  Database(Address address, sqlite3* database) : address_(std::move(address)), database_(database) {}
  Address address_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// How long a statement that is not part of a load waits for others.
inline constexpr Nanos kPatience = 10 * kNanosPerSecond;

/// In double quotes.
[[nodiscard]] std::string identifier(std::string_view name);

}  // namespace freshet::sqlite
