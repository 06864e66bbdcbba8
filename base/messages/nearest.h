// Suggestions for messages about an unknown name: the most similar name, and a list of the valid ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

using Names = std::vector<std::string>;

/// Returns the candidate with the smallest edit distance to `name` (two swapped neighbours count as one edit), or "" if
/// none is close enough. Only the first candidates of a very long list are compared.
[[nodiscard]] std::string nearest(std::string_view name, const Names& candidates);

/// ' (did you mean "NAME"?)', to be appended to a message; "" if `name` is empty.
[[nodiscard]] std::string did_you_mean(const std::string& name);

/// "a, b or c"; "" if there are no names. A very long list is cut, and the number of omitted names is added.
[[nodiscard]] std::string one_of(const Names& names);

}  // namespace freshet
