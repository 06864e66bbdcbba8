// The first reason why writing had to end, and the first why a change was refused, told from any thread to whoever
// watches the run.
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
  /// A change was refused; writing goes on.
  void note_refusal(const std::string& why) {
    const std::scoped_lock lock(mutex_);
    if (refusal_.empty()) refusal_ = why;
  }
  [[nodiscard]] std::string refusal() const {
    const std::scoped_lock lock(mutex_);
    return refusal_;
  }

 private:
  mutable std::mutex mutex_;
  std::string reason_;
  std::string refusal_;
};

}  // namespace freshet
