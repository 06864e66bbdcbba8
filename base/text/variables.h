// ${NAME} and ${NAME:-default} in the texts of connections. A default may hold variables itself; what the environment
// holds is taken as it is.
#pragma once

#include <optional>
#include <string>

#include "base/environment.h"
#include "base/result.h"

namespace freshet {

/// The text with its variables replaced. A variable that is not set, or empty, takes its default; without one the error
/// (Unreachable) names it. The text must be well formed.
[[nodiscard]] Result<std::string> expand_variables(const std::string& text, const Environment& environment);

/// Where the first ${…} that is not well formed begins (from 0), if there is one.
[[nodiscard]] std::optional<std::size_t> malformed_variable(const std::string& text);

}  // namespace freshet
