// ChildProcess: starting, waiting until it is ready, ending. spawn.cc has what happens between fork and exec.
#include "servers/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <optional>

#include "servers/process_cost.h"
#include "servers/spawn.h"

namespace freshet {
namespace {

constexpr int kReadyPollMs = 5;
constexpr Nanos kMemoryInterval = 200 * kNanosPerMilli;

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

/// Appends what was written to the file since `from`, and advances `from`. The file's own offset is shared with the
/// child and stays unchanged.
void append_new(int file, std::int64_t& from, std::string& text) {
  char chunk[4096];
  for (ssize_t got; (got = ::pread(file, chunk, sizeof chunk, from)) > 0; from += got) {
    text.append(chunk, static_cast<std::size_t>(got));
  }
}

/// The rest of the first complete line that begins with `prefix`.
std::optional<std::string> line_with_prefix(const std::string& text, const std::string& prefix) {
  std::size_t start = 0;
  for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    if (text.compare(start, prefix.size(), prefix) != 0) continue;
    return text.substr(start + prefix.size(), end - start - prefix.size());
  }
  return std::nullopt;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

std::string tail_of(const std::string& file, int lines) {
  std::ifstream in(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (static_cast<int>(last.size()) > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += (text.empty() ? "" : "\n") + line;
  return text;
}

ChildProcess::~ChildProcess() { stop(); }

Status ChildProcess::start(const Options& options) {
  FRESHET_CHECK(!running(), "a ChildProcess holds one child at a time");
  FRESHET_CHECK(!options.command.empty(), "a command has a program");
  close_descriptor(handle_);
  ready_line_.clear();
  ended_.clear();
  exit_code_ = -1;
  final_cost_ = {};
  rss_seen_ = 0;
  rss_seen_at_ = Instant{};
  FRESHET_TRY(launch(options));
  if (options.ready_prefix.empty()) return {};
  Status ready = wait_ready(options);
  if (!ready.ok()) stop(0);
  close_descriptor(output_);
  return ready;
}

Status ChildProcess::launch(const Options& options) {
  const std::string program = find_program(options.command.front());
  if (program.empty()) return Error{ErrorKind::Usage, "program not found: " + options.command.front(), ""};

  // If the child's output is needed and there is no file for it, it goes to an unnamed file.
  const bool heard = !options.ready_prefix.empty();
  const bool nameless = options.output_file.empty() && heard;
  const char* const path = options.output_file.empty() ? "/dev/null" : options.output_file.c_str();
  int output = options.output >= 0 ? ::fcntl(options.output, F_DUPFD_CLOEXEC, 0)
               : nameless          ? ::memfd_create("output", MFD_CLOEXEC)
                                   : ::open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) return Error{ErrorKind::Usage, std::string("cannot write ") + path + ": " + std::strerror(errno), ""};
  const off_t written_before = ::lseek(output, 0, SEEK_END);
  const int pid = spawn({program, options.command, options.environment, output, options.inherited, options.guarded});
  if (pid < 0) {
    close_descriptor(output);
    return Error{ErrorKind::Internal, "cannot start " + program + ": " + std::strerror(-pid), ""};
  }
  pid_ = pid;
  handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // glibc 2.36 declares its wrapper for C only
  if (heard) {
    output_ = output;
    heard_from_ = written_before;
  } else {
    close_descriptor(output);
  }
  return {};
}

Status ChildProcess::wait_ready(const Options& options) {
  const SystemClock clock;
  const Instant deadline = clock.now() + options.ready_timeout_ms * kNanosPerMilli;
  std::string text;
  // After the child has ended, its output is read once more: it may have been ready only briefly.
  for (bool ended = false;; ended = wait(kReadyPollMs)) {
    append_new(output_, heard_from_, text);
    if (auto line = line_with_prefix(text, options.ready_prefix)) {
      ready_line_ = *line;
      return {};
    }
    if (options.stop.stop_requested()) {
      return Error{ErrorKind::Interrupted, "interrupted while starting " + options.command.front(), ""};
    }
    if (!ended && clock.now() < deadline) continue;
    const std::string how = ended ? " " + ended_ + " before it was ready"
                                  : " was not ready within " + std::to_string(options.ready_timeout_ms) + " ms";
    const std::string said = text.substr(text.size() - std::min<std::size_t>(text.size(), 2000));
    return Error{ErrorKind::Unreachable, options.command.front() + how + (said.empty() ? "" : "; its output: " + said),
                 ""};
  }
}

std::string ChildProcess::died() {
  // Called every few milliseconds; reading /proc that often would cost more than everything else.
  if (running() && SystemClock().now() - rss_seen_at_ >= kMemoryInterval) sample_memory();
  reap(false);
  return ended_;
}

bool ChildProcess::wait(int timeout_ms, const std::stop_token& stop) {
  constexpr std::int64_t kHeardWithinMs = 20;
  const SystemClock clock;
  const Instant deadline = clock.now() + timeout_ms * kNanosPerMilli;
  for (;;) {
    reap(false);
    if (!running()) return true;
    const Nanos left = deadline - clock.now();
    if (left <= Nanos{} || stop.stop_requested()) return false;
    // Without a handle (a kernel older than 5.3) the poll is a plain sleep.
    const std::int64_t longest_ms = handle_ < 0 ? 5 : stop.stop_possible() ? kHeardWithinMs : 1000;
    const auto nap_ms = std::min<std::int64_t>(left / kNanosPerMilli + 1, longest_ms);
    pollfd event{handle_, POLLIN, 0};
    ::poll(&event, 1, static_cast<int>(nap_ms));
  }
}

int ChildProcess::stop(int patience_ms, const std::stop_token& hurry) {
  if (running()) {
    sample_memory();
    signal(SIGTERM);
    signal(SIGCONT);  // a stopped child could not react to SIGTERM
    if (!wait(patience_ms, hurry)) {
      ::kill(-pid_, SIGKILL);
      signal(SIGKILL);  // in case it has left the group
      reap(true);
    }
  }
  close_descriptor(handle_);
  close_descriptor(output_);
  return exit_code_;
}

void ChildProcess::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

ProcessCost ChildProcess::cost() const {
  if (running()) {
    if (const auto now = cost_of(pid_)) return *now;
  }
  return final_cost_;
}

void ChildProcess::sample_memory() {
  rss_seen_at_ = SystemClock().now();
  if (const auto now = cost_of(pid_)) rss_seen_ = std::max(rss_seen_, now->rss_max_bytes);
}

void ChildProcess::reap(bool block) {
  if (!running()) return;
  int status = 0;
  rusage used{};
  pid_t got;
  do {
    got = ::wait4(pid_, &status, block ? 0 : WNOHANG, &used);
  } while (got < 0 && errno == EINTR);
  if (got != pid_) return;
  final_cost_.cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  final_cost_.rss_max_bytes = rss_seen_ > 0 ? rss_seen_ : used.ru_maxrss * 1024;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_ = WIFEXITED(status) ? "exited with " + std::to_string(WEXITSTATUS(status))
                             : "was killed by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace freshet
