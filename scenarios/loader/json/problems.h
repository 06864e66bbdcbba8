// The problems of one scenario file: collected, never thrown, returned in order of position.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/messages/nearest.h"
#include "scenarios/loader/json/problem.h"

namespace freshet::loading {

/// Collects problems: the first kMostTold errors and warnings, and the number of the others. For one thread.
class Problems {
 public:
  static constexpr std::size_t kMostTold = 100;

  void error(const Origin& origin, std::string message, std::string expected = {}, std::string suggestion = {});
  void warning(const Origin& origin, std::string message, std::string expected = {});
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// The number of errors that were not kept.
  [[nodiscard]] std::size_t untold() const { return errors_ - std::min(errors_, kMostTold); }
  /// Like freshet::nearest(), for the suggestion of the next error; "" if that one would not be kept.
  [[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& candidates) const;
  /// All problems, by line and column; those without a position (command line) come first.
  [[nodiscard]] std::vector<Problem> take();

 private:
  std::vector<Problem> problems_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace freshet::loading
