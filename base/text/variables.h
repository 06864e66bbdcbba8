// ${NAME} and ${NAME:-default} in the texts of connections. A default may contain variables; values from the
// environment are taken literally.
#pragma once

#include <optional>
#include <string>

#include "base/environment.h"
#include "base/result.h"

namespace freshet {

/// The text with its variables replaced. A variable that is unset or empty takes its default; without a default, the
/// error (Unreachable) names it. The text must be well formed.
[[nodiscard]] Result<std::string> expand_variables(const std::string& text, const Environment& environment);

/// The offset (from 0) of the first malformed ${…}, if there is one.
[[nodiscard]] std::optional<std::size_t> malformed_variable(const std::string& text);

}  // namespace freshet
