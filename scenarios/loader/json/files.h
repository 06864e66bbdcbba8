// Files beside a scenario: bases, data, locales. What all of them together may take is limited, so that any input ends
// in a second and in 100 MB.
#pragma once

#include <optional>
#include <string>

#include "scenarios/loader/json/json.h"

namespace freshet::loading {

/// What the files of one scenario may still take.
struct FileBudget {
  std::size_t bytes = 6 * 1024 * 1024;  ///< of all files
  std::size_t values = kMaxValues;      ///< of JSON, that are held at once
  std::size_t cells = 500'000;          ///< of data files
  std::size_t lines = 200'000;          ///< of data files
};

/// The path of a file that a scenario names: relative to the folder of the file that names it.
[[nodiscard]] std::string beside(const std::string& file, const std::string& name);
/// All of a file. Nothing when it cannot be read, is empty or larger than what is left of the budget, or is a pipe or a
/// device that does not end within a second: `why` says it.
[[nodiscard]] std::optional<std::string> read_whole_file(const std::string& path, FileBudget& budget, std::string& why);

}  // namespace freshet::loading
