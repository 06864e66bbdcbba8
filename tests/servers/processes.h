// What the tests of this room share: a second owner that can be killed, and waiting for the end of a stranger.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

namespace freshet {

/// A process like our harness, in which `body` runs. It tells one line, and then repeats `meanwhile` until it is
/// killed.
class OtherProcess {
 public:
  explicit OtherProcess(
      const std::function<std::string()>& body, const std::function<void()>& meanwhile = [] { ::pause(); }) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      const std::string line = body() + "\n";
      if (::write(ends[1], line.data(), line.size()) < 0) std::abort();
      for (;;) meanwhile();
    }
    ::close(ends[1]);
    for (char c; ::read(ends[0], &c, 1) == 1 && c != '\n';) line_ += c;
    ::close(ends[0]);
  }
  ~OtherProcess() { kill_now(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] const std::string& line() const { return line_; }
  /// kill -9: no destructor runs in it.
  void kill_now() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  std::string line_;
};

/// True when the process, which need not be our child, has ended or ends within ten seconds.
inline bool ends(int pid) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return errno == ESRCH;
  pollfd event{handle, POLLIN, 0};
  const bool ended = ::poll(&event, 1, 10'000) == 1;
  ::close(handle);
  return ended;
}

inline std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A temporary directory for this test alone, so that a sweep finds no other directories.
class OwnTemporaryDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/servers-test-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    folder_ = pattern;
    const char* before = std::getenv("TMPDIR");
    before_ = before != nullptr ? before : "";
    ::setenv("TMPDIR", folder_.c_str(), 1);
  }
  void TearDown() override {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] int entries() const {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }
  std::string folder_;

 private:
  std::string before_;
};

}  // namespace freshet
