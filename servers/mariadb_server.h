// A private MariaDB server: own data directory, unix socket and free loopback port; never a system server.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/seams.h"

namespace freshet {

/// Owns the server process and its directory. Started → ready → stopped; the destructor stops it and removes the
/// directory. If our process is killed, the server ends by itself (parent-death signal), and the next start sweeps
/// directories whose owner is gone. One thread at a time.
class MariadbServer {
 public:
  struct Options {
    std::string directory;  ///< created; must not exist or be empty. Empty = a fresh one below the temporary directory
    bool binlog = true;
    std::string binlog_ignore_database;  ///< changes to it are not logged (the sink of an embedded run)
    bool keep_directory = false;
  };
  /// Initialises the data directory, starts, and returns when the server answers. Unreachable, with the tail of the
  /// server's log, when it does not; Usage with the package to install when there is no mariadbd.
  [[nodiscard]] static Result<std::unique_ptr<MariadbServer>> start(const Options& options);
  ~MariadbServer();

  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& log_file() const { return log_file_; }
  [[nodiscard]] int pid() const { return pid_; }
  /// Empty while it runs; otherwise how it ended.
  [[nodiscard]] std::string died();
  [[nodiscard]] ProcessCost cost() const;
  /// Clean shutdown, then SIGKILL. Safe to call twice.
  void stop();
  /// For tests and fault plans.
  void kill_now();

 private:
  MariadbServer() = default;
  std::string directory_, socket_, log_file_;
  int port_ = 0;
  int pid_ = -1;
  bool keep_ = false;
  int lock_ = -1;
};

}  // namespace freshet
