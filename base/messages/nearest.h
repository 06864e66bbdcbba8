// What was probably meant, and what there is: the words of a message about a name that nobody knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

using Names = std::vector<std::string>;

/// The candidate nearest to `name` by edit distance (neighbouring letters swapped count as one edit), or "" when none
/// is near enough to be what was meant. Of very many candidates only the first are compared.
[[nodiscard]] std::string nearest(std::string_view name, const Names& candidates);

/// ' (did you mean "NAME"?)', to stand behind a message; "" for no name.
[[nodiscard]] std::string did_you_mean(const std::string& name);

/// "a, b or c"; "" for none. Of very many the first, and how many more.
[[nodiscard]] std::string one_of(const Names& names);

}  // namespace freshet
