// Reports from any thread to the one that watches the run: the first reason why writing had to end, and why changes
// were refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/change.h"

namespace freshet {

[[nodiscard]] inline std::string text_of(const Refusal& refusal) {
  return refusal.where + " refused " + std::to_string(refusal.changes) +
         (refusal.changes == 1 ? " change: " : " changes: ") + refusal.text + " (error " +
         std::to_string(refusal.code) + ")";
}

/// Thread-safe. Only the first reason to end is kept, because later ones usually follow from it.
class Breakdown {
 public:
  void report(std::string reason) {
    const std::scoped_lock lock(mutex_);
    if (reason_.empty()) reason_ = std::move(reason);
  }
  /// Empty while there is no failure.
  [[nodiscard]] std::string reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
  }
  /// Records a refused change. The first kReasons reasons are kept.
  void refused(const std::string& where, std::uint32_t code, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    for (Refusal& known : refusals_) {
      if (known.code != code || known.where != where) continue;
      ++known.changes;
      return;
    }
    if (refusals_.size() < kReasons) refusals_.push_back({where, code, text, 1});
  }
  /// In the order in which the reasons occurred.
  [[nodiscard]] std::vector<Refusal> refusals() const {
    const std::scoped_lock lock(mutex_);
    return refusals_;
  }

  static constexpr std::size_t kReasons = 20;

 private:
  mutable std::mutex mutex_;
  std::string reason_;
  std::vector<Refusal> refusals_;
};

}  // namespace freshet
