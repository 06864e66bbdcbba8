#include "servers/spawn.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace freshet {
namespace {

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : added) all[name] = value;
  std::vector<std::string> texts;
  texts.reserve(all.size());
  for (const auto& [name, value] : all) texts.push_back(name + "=" + value);
  return texts;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Everything that the child needs, prepared before the fork: other threads may hold the allocator's lock at that
/// moment, so only async-signal-safe calls are allowed between fork and exec.
struct Image {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int output = -1;
  int report = -1;  ///< receives errno if exec fails; closed by a successful exec
  const int* inherited = nullptr;
  std::size_t inherited_count = 0;
  pid_t parent = -1;
};

[[noreturn]] void become(const Image& image) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != image.parent) ::_exit(127);  // the parent died before the line above: no signal will come
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(image.output, STDOUT_FILENO);
  ::dup2(image.output, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  for (std::size_t i = 0; i < image.inherited_count; ++i) ::fcntl(image.inherited[i], F_SETFD, 0);
  ::execve(image.program, image.arguments, image.environment);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(image.report, &reason, sizeof reason);
  ::_exit(127);
}

/// The leader of the program's process group, between us and it. A death signal reaches only one process, and the
/// children of a script would survive. Only async-signal-safe calls here, too: this is a fork of ours that never
/// becomes a program.
[[noreturn]] void guard(const Image& image) {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGTERM);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigprocmask(SIG_SETMASK, &awaited, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != image.parent) ::_exit(127);
  Image inner = image;
  inner.parent = ::getpid();
  const pid_t program = ::fork();
  if (program == 0) become(inner);
  if (program < 0) {
    const int reason = errno;
    [[maybe_unused]] const auto written = ::write(image.report, &reason, sizeof reason);
    ::_exit(127);
  }
  ::close_range(0, ~0U, 0);
  for (;;) {
    int number = 0;
    ::sigwait(&awaited, &number);
    if (number == SIGTERM) ::kill(0, SIGKILL);  // the whole group, including this process
    int status = 0;
    if (::waitpid(program, &status, WNOHANG) != program) continue;
    if (WIFEXITED(status)) ::_exit(WEXITSTATUS(status));
    ::kill(0, SIGKILL);
  }
}

/// The errno of a failed exec; 0 if a successful one has closed the pipe.
int reported_error(int report) {
  int reason = 0;
  ssize_t got;
  do {
    got = ::read(report, &reason, sizeof reason);
  } while (got < 0 && errno == EINTR);
  return got == sizeof reason ? reason : 0;
}

}  // namespace

int spawn(const Launch& launch) {
  std::vector<std::string> arguments = launch.arguments;
  std::vector<std::string> environment = merged_environment(launch.environment);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return -errno;
  Image image;
  image.program = launch.program.c_str();
  image.arguments = argument_pointers.data();
  image.environment = environment_pointers.data();
  image.output = launch.output;
  image.report = report[1];
  image.inherited = launch.inherited.data();
  image.inherited_count = launch.inherited.size();
  image.parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    launch.guarded ? guard(image) : become(image);
  }
  const int fork_error = errno;
  ::close(report[1]);
  const int exec_error = pid > 0 ? reported_error(report[0]) : 0;
  ::close(report[0]);
  if (pid < 0) return -fork_error;
  if (exec_error == 0) return pid;
  ::waitpid(pid, nullptr, 0);
  return -exec_error;
}

}  // namespace freshet
