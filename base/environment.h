// The environment of the process, as something that tests can make up.
#pragma once

#include <functional>
#include <string>

namespace freshet {

/// Environment look-up; a parameter so that tests need no process environment. Null = not set.
using Environment = std::function<const char*(const std::string& name)>;
[[nodiscard]] Environment process_environment();

}  // namespace freshet
