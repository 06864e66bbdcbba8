#include "base/interruptible_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace freshet {

namespace {

/// O_NONBLOCK is a property of the open file, not of the descriptor, and the shell and its other commands share that
/// file with us. So a pipe or a terminal is opened a second time. A file never blocks, and a socket cannot be reopened.
int open_again(int descriptor) {
  struct stat opened {};
  if (::fstat(descriptor, &opened) != 0 || !(S_ISFIFO(opened.st_mode) || ::isatty(descriptor) != 0)) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

}  // namespace

InterruptibleOutput::InterruptibleOutput(int descriptor, Stopped stopped)
    : given_(descriptor), stopped_(std::move(stopped)), own_(open_again(descriptor)) {}

InterruptibleOutput::~InterruptibleOutput() {
  if (own_ >= 0) ::close(own_);
}

int InterruptibleOutput::write(std::string_view bytes) {
  constexpr int kStepMs = 50;
  const int descriptor = own_ >= 0 ? own_ : given_;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int error = errno;
    if (error != EAGAIN && error != EINTR) return error;
    if (stopped_()) return EINTR;
    pollfd ready{descriptor, POLLOUT, 0};
    if (error == EAGAIN) ::poll(&ready, 1, kStepMs);
  }
  return 0;
}

}  // namespace freshet
