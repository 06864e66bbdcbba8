// The problems of one scenario file: collected, never thrown, handed over in order of position.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/loader/loader.h"

namespace freshet::loading {

/// Collects problems, the first kMostTold of errors and of warnings; of the others it knows the number. One thread.
class Problems {
 public:
  static constexpr std::size_t kMostTold = 100;

  void error(const Origin& origin, std::string message, std::string expected = {}, std::string suggestion = {});
  void warning(const Origin& origin, std::string message, std::string expected = {});
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// Errors that were not kept.
  [[nodiscard]] std::size_t untold() const { return errors_ - std::min(errors_, kMostTold); }
  /// As loading::nearest(), for the suggestion of the next error; "" when that one would not be kept.
  [[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& candidates) const;
  /// All problems, by line and column; those without a position (command line) come first.
  [[nodiscard]] std::vector<Problem> take();

 private:
  std::vector<Problem> problems_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

using Names = std::vector<std::string>;

/// The candidate nearest to `name` by edit distance (neighbouring letters swapped count as one edit), or "" when none
/// is near enough to be what was meant. Of very many candidates only the first are compared.
[[nodiscard]] std::string nearest(std::string_view name, const Names& candidates);

/// ' (did you mean "NAME"?)', to stand behind a message; "" for no name.
[[nodiscard]] std::string did_you_mean(const std::string& name);

/// "a, b or c"; "" for none. Of very many the first, and how many more.
[[nodiscard]] std::string one_of(const Names& names);

}  // namespace freshet::loading
