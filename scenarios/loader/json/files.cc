#include "scenarios/loader/json/files.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/clock.h"

namespace freshet::loading {
namespace {

constexpr Nanos kPatience = 900 * kNanosPerMilli;  // when reading from a pipe

/// Reads to the end. Returns false if there is more than `most`, or no end; `why` says which.
bool read_all(int file, std::size_t most, std::string& text, std::string& why) {
  const SystemClock clock;
  const Instant deadline = clock.now() + kPatience;
  char block[65536];
  while (true) {
    const ssize_t size = ::read(file, block, sizeof block);
    if (size == 0) return true;
    if (size > 0) {
      text.append(block, static_cast<std::size_t>(size));
      if (text.size() <= most) continue;
      why = "makes the files of the scenario larger than 6 MiB";
      return false;
    }
    const Nanos left = deadline - clock.now();
    if (errno != EAGAIN && errno != EINTR) {
      text.clear();  // a folder or a broken disk: unreadable
      return true;
    }
    pollfd waiting{file, POLLIN, 0};
    if (left <= Nanos{} || ::poll(&waiting, 1, static_cast<int>(left / kNanosPerMilli) + 1) == 0) {
      why = "is a pipe or a device that does not end within a second";
      return false;
    }
  }
}

}  // namespace

std::string beside(const std::string& file, const std::string& name) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos || (!name.empty() && name[0] == '/')) return name;
  return file.substr(0, slash + 1) + name;
}

std::optional<std::string> read_whole_file(const std::string& path, FileBudget& budget, std::string& why) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  std::string text;
  bool good = true;
  if (file >= 0) {
    good = read_all(file, budget.bytes, text, why);
    ::close(file);
  }
  if (!good) return std::nullopt;
  if (text.empty()) {
    why = "cannot be read, or is empty";
    return std::nullopt;
  }
  budget.bytes -= text.size();
  return text;
}

}  // namespace freshet::loading
