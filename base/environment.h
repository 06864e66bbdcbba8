// The environment of the process, behind a function that tests can replace.
#pragma once

#include <functional>
#include <string>

namespace freshet {

/// Looks up an environment variable. Returns null if it is not set.
using Environment = std::function<const char*(const std::string& name)>;
[[nodiscard]] Environment process_environment();

}  // namespace freshet
