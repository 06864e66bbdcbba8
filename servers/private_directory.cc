#include "servers/private_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace freshet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockName = "/freshet.lock";

std::string prefix() { return "freshet-" + std::to_string(::geteuid()) + "-"; }

Error cannot(const std::string& what, const std::string& path) {
  return {ErrorKind::Usage, "cannot " + what + " " + path + ": " + std::strerror(errno), ""};
}

/// Opens the lock file and locks it. Returns the descriptor, or -1 with errno: EWOULDBLOCK if another process holds it;
/// ENOENT if the file is gone, even if it disappeared while we waited (its last holder was removing the directory).
int take_lock(const std::string& directory, int open_flags, int lock_flags) {
  int lock = ::open((directory + kLockName).c_str(), open_flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return -1;
  int locked;
  do {
    locked = ::flock(lock, LOCK_EX | lock_flags);
  } while (locked != 0 && errno == EINTR);
  struct stat state {};
  if (locked == 0 && ::fstat(lock, &state) == 0 && state.st_nlink > 0) return lock;
  const int reason = locked != 0 ? errno : ENOENT;
  ::close(lock);
  errno = reason;
  return -1;
}

/// Removes the contents of the directory, the lock file last. So a directory without a lock file is always empty, and
/// an interrupted removal can be distinguished from a foreign folder and resumed. If something cannot be removed, the
/// lock file stays, and later sweeps try again.
void empty_directory(const std::string& path, bool with_lock) {
  std::error_code error;
  bool all_gone = true;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    if (entry.path().native() == path + kLockName) continue;
    fs::remove_all(entry.path(), error);
    all_gone = all_gone && !error;
  }
  if (with_lock && all_gone) fs::remove(path + kLockName, error);
}

void write_owner(int lock) {
  const std::string owner = std::to_string(::getpid()) + "\n";
  [[maybe_unused]] const bool truncated = ::ftruncate(lock, 0) == 0;
  [[maybe_unused]] const auto written = ::pwrite(lock, owner.data(), owner.size(), 0);
}

/// Removes the directory if it has no owner. Returns true if it is gone.
bool remove_abandoned(const std::string& path) {
  const int lock = take_lock(path, 0, LOCK_NB);
  if (lock < 0) return errno == ENOENT && ::rmdir(path.c_str()) == 0;
  empty_directory(path, true);
  const bool gone = ::rmdir(path.c_str()) == 0;
  ::close(lock);
  return gone;
}

}  // namespace

std::string PrivateDirectory::temporary_directory() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && chosen[0] == '/' ? chosen : "/tmp";
}

int PrivateDirectory::sweep() {
  int removed = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(temporary_directory(), ignored)) {
    if (entry.path().filename().native().rfind(prefix(), 0) != 0) continue;
    struct stat state {};
    // The name is no proof: another user may have created the directory, or a link that leads elsewhere.
    if (::lstat(entry.path().c_str(), &state) != 0 || !S_ISDIR(state.st_mode) || state.st_uid != ::geteuid()) continue;
    if (remove_abandoned(entry.path().native())) ++removed;
  }
  return removed;
}

Result<std::unique_ptr<PrivateDirectory>> PrivateDirectory::create() {
  sweep();
  const std::string pattern = temporary_directory() + "/" + prefix() + "XXXXXX";
  for (;;) {
    std::string path = pattern;
    if (::mkdtemp(path.data()) == nullptr) return cannot("create a directory", pattern).in("temporary directory");
    const int lock = take_lock(path, O_CREAT | O_EXCL, 0);
    if (lock >= 0) {
      write_owner(lock);
      return std::unique_ptr<PrivateDirectory>(new PrivateDirectory(std::move(path), lock));
    }
    if (errno != ENOENT && errno != EEXIST) return cannot("lock", path);  // otherwise a sweep has removed it: try again
  }
}

Result<std::unique_ptr<PrivateDirectory>> PrivateDirectory::claim(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Error{ErrorKind::Usage, "cannot create " + path + ": " + error.message(), ""};
  const bool empty = fs::is_empty(path, error);
  const bool ours = fs::exists(path + kLockName, error);
  if (!empty && !ours) return Error{ErrorKind::Usage, path + " is not empty", "name a folder that does not exist yet"};
  const int lock = take_lock(path, O_CREAT, LOCK_NB);
  if (lock < 0 && errno == EWOULDBLOCK) return Error{ErrorKind::Usage, path + " is in use by another run", ""};
  if (lock < 0) return cannot("lock", path);
  ::chmod(path.c_str(), 0700);
  empty_directory(path, false);
  write_owner(lock);
  return std::unique_ptr<PrivateDirectory>(new PrivateDirectory(path, lock));
}

PrivateDirectory::~PrivateDirectory() {
  if (keep_) {
    ::unlink((path_ + kLockName).c_str());
  } else {
    empty_directory(path_, true);
    ::rmdir(path_.c_str());
  }
  ::close(lock_);
}

}  // namespace freshet
