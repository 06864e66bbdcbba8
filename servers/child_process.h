// A child process with an owner: it never outlives us.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/seams.h"

namespace freshet {

/// Starts a program, watches it, ends it. The child gets PR_SET_PDEATHSIG so that kill -9 of the harness ends it too,
/// and its own process group. Its cost is read from /proc while it runs and from its rusage when it has ended.
/// One thread at a time; start() must be called from a thread that lives as long as the child (the death signal is
/// bound to it).
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;  ///< added to ours
    std::string output_file;                         ///< stdout and stderr, appended
    /// When not empty: wait until the child prints a line that begins with this on its stdout (the rest of the line is
    /// in ready_line()); stdout then goes on into output_file.
    std::string ready_prefix;
    int ready_timeout_ms = 20'000;
  };
  ChildProcess() = default;
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  Status start(const Options& options);
  [[nodiscard]] const std::string& ready_line() const { return ready_line_; }
  [[nodiscard]] int pid() const { return pid_; }
  /// Empty while it runs; otherwise "exited with 3" or "was killed by signal 9".
  [[nodiscard]] std::string died();
  /// SIGTERM, then SIGKILL after `patience_ms`. Returns the exit code (128 + signal when killed), -1 when never
  /// started.
  int stop(int patience_ms = 5'000);
  void signal(int number) const;
  [[nodiscard]] ProcessCost cost() const;

 private:
  void reap(bool block);
  std::string ready_line_;
  int pid_ = -1;
  int output_ = -1;
  int pipe_ = -1;
  std::string ended_;
  int exit_code_ = -1;
  ProcessCost final_cost_;
};

}  // namespace freshet
