#include "generator/write/file/file_output.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace freshet {
namespace {

/// The output failed: a full disk, a missing directory, a missing permission.
Error failed(const std::string& what) {
  return Error{ErrorKind::Unreachable, "cannot write " + what + ": " + std::strerror(errno), {}};
}

bool is_named(int descriptor, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

/// Empties a file; pipes and devices have nothing to empty.
bool empty(int descriptor) {
  struct stat opened {};
  if (::fstat(descriptor, &opened) != 0) return false;
  return !S_ISREG(opened.st_mode) || ::ftruncate(descriptor, 0) == 0;
}

}  // namespace

Result<FileOutput> FileOutput::create(const std::string& path, bool overwrite) {
  struct stat found {};
  const bool exists = ::lstat(path.c_str(), &found) == 0;
  if (exists && S_ISDIR(found.st_mode)) return Error{ErrorKind::Usage, path + " is a folder", {}};
  if (exists && !overwrite) return Error{ErrorKind::Usage, path + " exists", "--overwrite replaces it"};
  constexpr mode_t kEverybodyReads = 0644;
  const std::string partial = path + ".partial";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kEverybodyReads);
  if (descriptor < 0) return failed(partial);
  // The holder of the lock is the one that writes; the kernel releases it with the process. The name may have been
  // given to another file before we got the lock.
  const bool ours = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_named(descriptor, partial);
  if (ours && empty(descriptor)) return FileOutput(path, std::make_unique<InterruptibleOutput>(descriptor), descriptor);
  const Error error = ours ? failed(partial) : Error{ErrorKind::Usage, "another process is writing " + partial, {}};
  ::close(descriptor);
  return error;
}

FileOutput FileOutput::standard_output(InterruptibleOutput::Stopped stopped) {
  return {std::string(), std::make_unique<InterruptibleOutput>(STDOUT_FILENO, std::move(stopped)), STDOUT_FILENO};
}

FileOutput::FileOutput(std::string path, std::unique_ptr<InterruptibleOutput> output, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), output_(std::move(output)) {}

FileOutput::FileOutput(FileOutput&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      output_(std::move(other.output_)) {}

FileOutput& FileOutput::operator=(FileOutput&& other) noexcept {
  if (this == &other) return *this;
  abandon();
  path_ = std::exchange(other.path_, {});
  descriptor_ = std::exchange(other.descriptor_, -1);
  output_ = std::move(other.output_);
  return *this;
}

FileOutput::~FileOutput() { abandon(); }

void FileOutput::abandon() {
  if (descriptor_ < 0 || path_.empty()) return;
  ::unlink(partial().c_str());  // while we hold the lock, and therefore the name
  ::close(std::exchange(descriptor_, -1));
}

Result<bool> FileOutput::write(std::string_view bytes) {
  errno = output_->write(bytes);
  if (errno == 0) return true;
  if (errno == EPIPE && path_.empty()) return false;
  if (errno == EINTR) {
    return Error{ErrorKind::Interrupted, "interrupted: standard output was not being read",
                 "its last row may be incomplete: start over"};
  }
  return failed(path_.empty() ? "to standard output" : path_);
}

Status FileOutput::finish() {
  if (path_.empty()) return {};
  Status finished = close_and_rename();
  if (finished.ok()) ::close(std::exchange(descriptor_, -1));
  abandon();
  return finished;
}

/// Some file systems report a full disk only at a close. This closes a second descriptor, because the lock is released
/// with the last one.
Status FileOutput::close_and_rename() {
  const int second = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (second < 0 || ::close(second) != 0) return failed(path_);
  if (std::rename(partial().c_str(), path_.c_str()) != 0) return failed(path_);
  return {};
}

}  // namespace freshet
