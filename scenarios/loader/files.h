// Files beside a scenario: bases, data, locales.
#pragma once

#include <optional>
#include <string>

#include "scenarios/loader/json.h"

namespace freshet::loading {

inline constexpr std::size_t kMaxFileSize = 16 * 1024 * 1024;

/// The path of a file that a scenario names: relative to the folder of the file that names it.
[[nodiscard]] std::string beside(const std::string& file, const std::string& name);
/// All of a file. Nothing when it cannot be read, is empty or larger than kMaxFileSize: `why` says it.
[[nodiscard]] std::optional<std::string> read_whole_file(const std::string& path, std::string& why);

}  // namespace freshet::loading
