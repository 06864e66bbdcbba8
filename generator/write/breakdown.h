// The first reason why writing had to end, told from any thread to whoever watches the run.
#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace freshet {

/// Safe from any thread. Only the first report counts: the others usually follow from it.
class Breakdown {
 public:
  void report(std::string reason) {
    const std::scoped_lock lock(mutex_);
    if (reason_.empty()) reason_ = std::move(reason);
  }
  /// Empty while all is well.
  [[nodiscard]] std::string reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
  }

 private:
  mutable std::mutex mutex_;
  std::string reason_;
};

}  // namespace freshet
