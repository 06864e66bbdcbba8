// Bytes of URLs: %41 is "A" (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freshet {

/// Nothing when an escape is malformed, or stands for a zero byte.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// Escapes all but letters, digits and -._~.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace freshet
