#include "generator/write/file_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace freshet {
namespace {

/// Where the bytes go failed us: a full disk, a directory that is not there, a right that we lack.
Error failed(const std::string& what) {
  return Error{ErrorKind::Unreachable, "cannot write " + what + ": " + std::strerror(errno), {}};
}

}  // namespace

Result<FileOutput> FileOutput::create(const std::string& path, bool overwrite) {
  struct stat found {};
  if (!overwrite && ::lstat(path.c_str(), &found) == 0) {
    return Error{ErrorKind::Usage, path + " exists", "--overwrite replaces it"};
  }
  constexpr mode_t kEverybodyReads = 0644;
  const std::string partial = path + ".partial";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kEverybodyReads);
  if (descriptor < 0) return failed(partial);
  return FileOutput(path, descriptor);
}

FileOutput FileOutput::standard_output() { return {std::string(), STDOUT_FILENO}; }

FileOutput::FileOutput(FileOutput&& other) noexcept
    : path_(std::exchange(other.path_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileOutput& FileOutput::operator=(FileOutput&& other) noexcept {
  if (this == &other) return *this;
  abandon();
  path_ = std::exchange(other.path_, {});
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

FileOutput::~FileOutput() { abandon(); }

void FileOutput::abandon() {
  if (descriptor_ < 0 || path_.empty()) return;
  ::close(descriptor_);
  ::unlink(partial().c_str());
  descriptor_ = -1;
}

Result<bool> FileOutput::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE && path_.empty()) {
      return false;
    } else if (errno != EINTR) {
      return failed(path_.empty() ? "to standard output" : path_);
    }
  }
  return true;
}

Status FileOutput::finish() {
  if (path_.empty()) return {};
  // Some file systems say only now that there was no room.
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed == 0 && std::rename(partial().c_str(), path_.c_str()) == 0) return {};
  const Error error = failed(path_);
  ::unlink(partial().c_str());
  return error;
}

}  // namespace freshet
