// The locales that are part of the program: scenarios/locales/*.json at the time of the build.
#pragma once

#include <string_view>
#include <vector>

namespace freshet::loading {

[[nodiscard]] std::vector<std::string_view> built_in_locale_names();
/// The JSON text, or "" if there is no locale of this name.
[[nodiscard]] std::string_view built_in_locale(std::string_view name);

}  // namespace freshet::loading
