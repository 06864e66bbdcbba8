// The locale tables that are part of the program: scenarios/locales/*.json as they were when it was built.
#pragma once

#include <string_view>
#include <vector>

namespace freshet::loading {

[[nodiscard]] std::vector<std::string_view> built_in_locale_names();
/// The JSON text, or "" when there is none of this name.
[[nodiscard]] std::string_view built_in_locale(std::string_view name);

}  // namespace freshet::loading
