// Files beside a scenario: bases, data, locales. Their total size is limited, so that any input is processed within a
// second and 100 MB.
#pragma once

#include <optional>
#include <string>

#include "scenarios/loader/json/json.h"

namespace freshet::loading {

/// What the files of one scenario may still use.
struct FileBudget {
  std::size_t bytes = 6 * 1024 * 1024;  ///< in all files
  std::size_t values = kMaxValues;      ///< JSON values in memory at the same time
  std::size_t cells = 500'000;          ///< in data files
  std::size_t lines = 200'000;          ///< in data files
};

/// The path of a file that a scenario names, which is relative to the folder of the file that names it.
[[nodiscard]] std::string beside(const std::string& file, const std::string& name);
/// Reads a whole file. Returns nullopt if it cannot be read, is empty, exceeds the rest of the budget, or is a pipe or
/// device without an end within a second; `why` says which.
[[nodiscard]] std::optional<std::string> read_whole_file(const std::string& path, FileBudget& budget, std::string& why);

}  // namespace freshet::loading
