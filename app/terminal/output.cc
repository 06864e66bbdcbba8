#include "app/terminal/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "app/terminal/complaints.h"
#include "app/terminal/signals.h"
#include "base/interruptible_output.h"

namespace freshet {

namespace {

void keep_numbers_taken() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() returns the lowest free number, which is this stream's. It is opened in the wrong direction, so that using
    // it fails.
    [[maybe_unused]] const int taken = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

ssize_t write_to(void* output, const char* bytes, std::size_t size) {
  errno = static_cast<InterruptibleOutput*>(output)->write({bytes, size});
  return errno == 0 ? static_cast<ssize_t>(size) : 0;  // the C library expects 0 on error here, never -1
}

/// A stream that, unlike the C library's own, ends a blocked write after a stop; null if there is no memory. `output`
/// receives the object that it writes through, which is never destroyed: the library flushes its streams after
/// everything else is gone.
std::FILE* interruptible(int descriptor, int buffering, InterruptibleOutput*& output) {
  output = new InterruptibleOutput(descriptor, stop_grace_is_over);
  std::FILE* stream = ::fopencookie(output, "w", {nullptr, write_to, nullptr, nullptr});
  if (stream != nullptr) std::setvbuf(stream, nullptr, buffering, BUFSIZ);
  return stream;
}

}  // namespace

void prepare_standard_streams() {
  static InterruptibleOutput *for_out, *for_errors;
  keep_numbers_taken();
  const int buffering = ::isatty(STDOUT_FILENO) != 0 ? _IOLBF : _IOFBF;
  if (auto* out = interruptible(STDOUT_FILENO, buffering, for_out)) stdout = out;
  if (auto* errors = interruptible(STDERR_FILENO, _IONBF, for_errors)) stderr = errors;
}

int with_output_written(int code) {
  static bool told = false;
  errno = 0;
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!lost || told) return code;
  if (errno == 0) {  // an earlier write failed unnoticed: the next one fails for the same reason
    std::clearerr(stdout);
    std::fputc('\n', stdout);
    if (std::fflush(stdout) == 0) errno = 0;
  }
  const bool stopped = errno == EINTR;
  const std::string why = errno != 0 ? std::strerror(errno) : "an earlier write failed";
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  const bool reader_gone = ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
  if (reader_gone) return code;
  told = true;
  const Error error = stopped ? Error{ErrorKind::Interrupted, "interrupted: standard output was not being read", ""}
                              : Error{ErrorKind::Unreachable, "cannot write to standard output: " + why, ""};
  const int failure = complain(error);
  return code == 0 ? failure : code;
}

}  // namespace freshet
