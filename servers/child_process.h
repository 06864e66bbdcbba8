// A child process with an owner: it never outlives us.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/seams.h"

namespace freshet {

/// Starts a program, watches it, ends it. The child gets PR_SET_PDEATHSIG, so that kill -9 of the harness ends it too.
/// It gets its own process group, so that Ctrl-C in a terminal reaches only us and we decide the order of shutdown. It
/// starts with default signal handling, an empty signal mask, /dev/null as stdin, and none of our descriptors. Its cost
/// is read from /proc while it runs and from its rusage once it has ended. For one thread at a time; start() must be
/// called from a thread that lives as long as the child (the death signal is bound to it).
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command = {};                ///< program (see find_program) and arguments
    std::map<std::string, std::string> environment = {};  ///< added to ours
    std::string output_file = {};                         ///< stdout and stderr, appended; empty: discarded
    /// If not empty: wait until the child has printed a complete line that begins with this (ready_line() returns the
    /// rest of it). The child must flush that line.
    std::string ready_prefix = {};
    int ready_timeout_ms = 20'000;
    std::vector<int> inherited = {};  ///< descriptors that the child inherits under the same number
    int output = -1;            ///< a descriptor for stdout and stderr, instead of the file; the caller keeps ownership
    bool guarded = false;       ///< its own children end with it: for scripts (see Launch)
    std::stop_token stop = {};  ///< ends the wait for the line (Interrupted), and the child
  };
  ChildProcess() = default;
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Usage if the program does not exist. Unreachable, with the end of its output, if the child ended or did not become
  /// ready in time (it is then ended). May be called again after the child has ended.
  Status start(const Options& options);
  [[nodiscard]] const std::string& ready_line() const { return ready_line_; }
  /// The pid of the child, even after it has ended; -1 before the first start.
  [[nodiscard]] int pid() const { return pid_; }
  /// Empty while it runs; otherwise "exited with 3" or "was killed by signal 9".
  [[nodiscard]] std::string died();
  /// Waits at most `timeout_ms`, or until `stop`, for the child to end. Returns true if it has ended.
  bool wait(int timeout_ms, const std::stop_token& stop = {});
  /// Sends SIGTERM, then SIGKILL to its process group after `patience_ms` or as soon as `hurry` is requested. Returns
  /// the exit code (128 + signal if killed), -1 if never started. May be called twice.
  int stop(int patience_ms = 5'000, const std::stop_token& hurry = {});
  /// 0 to 255, or 128 + signal; -1 while it runs or if never started.
  [[nodiscard]] int exit_code() const { return exit_code_; }
  void signal(int number) const;
  [[nodiscard]] ProcessCost cost() const;

 private:
  [[nodiscard]] bool running() const { return pid_ > 0 && ended_.empty(); }
  Status launch(const Options& options);
  Status wait_ready(const Options& options);
  void reap(bool block);
  void sample_memory();

  std::string ready_line_;
  int pid_ = -1;
  int handle_ = -1;  ///< pidfd: becomes readable when the child ends
  int output_ = -1;  ///< its output, read until it is ready
  std::int64_t heard_from_ = 0;
  std::string ended_;
  int exit_code_ = -1;
  ProcessCost final_cost_;
  /// Highest VmHWM seen. A child's ru_maxrss starts at *our* size at the fork, so it is only a fallback.
  std::int64_t rss_seen_ = 0;
  Instant rss_seen_at_{};
};

/// The last lines of a text file, for error messages; empty if the file cannot be read.
[[nodiscard]] std::string tail_of(const std::string& file, int lines);

}  // namespace freshet
