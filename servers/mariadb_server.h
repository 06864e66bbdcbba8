// A private MariaDB server: own data directory, unix socket and free loopback port; never a system server.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "base/seams.h"
#include "servers/child_process.h"
#include "servers/private_directory.h"

namespace freshet {

/// Owns the server process and its directory. The destructor ends the server, at once unless the directory is kept, and
/// removes the directory. If our process is killed, the server ends by itself (parent-death signal), and the next start
/// removes directories whose owner is gone. For one thread at a time; start() must be called from a thread that lives
/// as long as the server (see ChildProcess). Log in as root: without a password over the socket, which only our user
/// can reach; with tcp_password() over the port, which everybody on this machine can reach.
class MariadbServer {
 public:
  struct Options {
    std::string directory =
        {};  ///< created; must not exist or be empty. Empty = a fresh one below the temporary directory
    bool binlog = true;
    std::string binlog_ignore_database = {};  ///< changes to it are not logged (the sink of an embedded run)
    bool keep_directory = false;              ///< keep the directory, in the state after a clean shutdown
    std::stop_token stop = {};                ///< cancels the start
  };
  /// Initialises the data directory, starts the server, and returns when it answers. Unreachable, with the end of the
  /// server's log, if it does not; Usage, with the package to install, if there is no mariadbd.
  [[nodiscard]] static Result<std::unique_ptr<MariadbServer>> start(const Options& options);
  ~MariadbServer();

  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] int port() const { return port_; }
  /// The password of root@127.0.0.1, random for each server.
  [[nodiscard]] const std::string& tcp_password() const { return tcp_password_; }
  [[nodiscard]] const std::string& log_file() const { return log_file_; }
  /// Removed with the server, unless it is kept.
  [[nodiscard]] const std::string& directory() const { return directory_->path(); }
  [[nodiscard]] int pid() const { return process_.pid(); }
  /// Empty while it runs; otherwise how it ended.
  [[nodiscard]] std::string died();
  [[nodiscard]] ProcessCost cost() const;
  /// Clean shutdown, then SIGKILL (at once after a stop of the options). May be called twice.
  void stop();
  /// For tests and fault plans.
  void kill_now();

 private:
  MariadbServer() = default;
  Status install(const std::stop_token& stop);
  Status launch(const Options& options, const std::string& program);
  Status wait_ready(const std::stop_token& stop);

  std::unique_ptr<PrivateDirectory> directory_;  ///< must outlive the process that works in it
  ChildProcess process_;
  std::string socket_, log_file_, tcp_password_;
  int port_ = 0;
  std::stop_token asked_to_stop_;
};

}  // namespace freshet
