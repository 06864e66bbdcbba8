// A directory with an owner: it is removed with its owner, or by the next one after a kill -9.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace freshet {

/// Owns a directory (mode 0700) and holds an exclusive lock on the file "freshet.lock" in it, which contains our pid.
/// The kernel frees the lock when the last process with its descriptor is gone, however it ended: a free lock means
/// that the directory has no owner. A child that works in the directory inherits the descriptor, and so protects the
/// directory as long as it lives.
///
/// Fresh directories are called freshet-<uid>-<random>, below $TMPDIR or /tmp. A sweep may remove a directory between
/// its creation and its locking; create() notices that and makes another.
class PrivateDirectory {
 public:
  /// Sweeps, then creates a fresh directory. Usage if the temporary directory is not writable.
  [[nodiscard]] static Result<std::unique_ptr<PrivateDirectory>> create();
  /// Creates `path`, or takes it over if it is empty or its owner is gone. Usage if it contains anything else.
  [[nodiscard]] static Result<std::unique_ptr<PrivateDirectory>> claim(const std::string& path);
  /// Removes this user's directories below the temporary directory whose owner is gone. Returns how many. Those that
  /// cannot be removed stay, silently: the next sweep tries again.
  static int sweep();
  /// $TMPDIR if it is an absolute path, else /tmp.
  [[nodiscard]] static std::string temporary_directory();

  /// Removes the directory, unless keep() was called.
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Descriptor of the lock, for children to inherit.
  [[nodiscard]] int lock() const { return lock_; }
  /// Leaves the directory behind, without its lock file, so that no sweep removes it.
  void keep() { keep_ = true; }
  [[nodiscard]] bool kept() const { return keep_; }

 private:
  PrivateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
  bool keep_ = false;
};

}  // namespace freshet
