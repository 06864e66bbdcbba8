#include "app/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "app/commands.h"

namespace freshet {

void keep_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free: this one. Opened the wrong way round, so that using it fails.
    [[maybe_unused]] const int taken = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int with_output_written(int code) {
  static bool told = false;
  errno = 0;
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!lost || told) return code;
  if (errno == 0) {  // an earlier write failed, and nobody asked why: the next one fails of the same
    std::clearerr(stdout);
    std::fputc('\n', stdout);
    if (std::fflush(stdout) == 0) errno = 0;
  }
  const std::string why = errno != 0 ? std::strerror(errno) : "an earlier write failed";
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  const bool reader_gone = ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
  if (reader_gone) return code;
  told = true;
  const int failure = complain({ErrorKind::Unreachable, "cannot write to standard output: " + why, {}});
  return code == 0 ? failure : code;
}

}  // namespace freshet
