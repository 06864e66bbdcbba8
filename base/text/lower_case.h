// Lower case of the letters of ASCII, in no locale.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

[[nodiscard]] inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return lower;
}

}  // namespace freshet
