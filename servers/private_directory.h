// A directory with an owner: it is removed with it, or swept by the next one after a kill -9.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace freshet {

/// Owns a directory (mode 0700) and, while it lives, an exclusive lock on the file "freshet.lock" in it, which holds
/// our pid. The kernel frees the lock when the last process that has its descriptor is gone, however it ended: a free
/// lock means that the directory is nobody's. A child that works in the directory inherits the descriptor, and so
/// protects it for as long as it lives.
///
/// Fresh directories are called freshet-<uid>-<random>, below $TMPDIR or /tmp. Between the making of a directory and
/// its locking a sweep may take it away again; create() notices and makes another.
class PrivateDirectory {
 public:
  /// Sweeps, then makes a fresh one. Usage when the temporary directory cannot be written.
  [[nodiscard]] static Result<std::unique_ptr<PrivateDirectory>> create();
  /// Makes `path`, or takes it when it is empty or was left by an owner who is gone. Usage when it holds anything else.
  [[nodiscard]] static Result<std::unique_ptr<PrivateDirectory>> claim(const std::string& path);
  /// Removes this user's directories whose owner is gone, below the temporary directory. Returns how many. What it
  /// may not or cannot remove stays, silently: the next sweep tries again.
  static int sweep();
  /// $TMPDIR when it is an absolute path, else /tmp.
  [[nodiscard]] static std::string temporary_directory();

  /// Removes the directory, unless keep() was called.
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Descriptor of the lock, for children to inherit.
  [[nodiscard]] int lock() const { return lock_; }
  /// Leaves the directory behind, without its lock file: no sweep takes it.
  void keep() { keep_ = true; }
  [[nodiscard]] bool kept() const { return keep_; }

 private:
  PrivateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
  bool keep_ = false;
};

}  // namespace freshet
