// Changes made on the command line, applied to the JSON before it is interpreted. Their values have the option
// ("--set") as origin instead of a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace freshet {

/// Changes made on the command line before the file is interpreted.
struct Overrides {
  /// --set POINTER=VALUE: JSON pointer and JSON text (a bare word is a string).
  std::vector<std::pair<std::string, std::string>> set;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> rate;      ///< "2000/s": rate of the first arrivals; other loads keep their proportion
  std::optional<std::string> duration;  ///< "30s": length of a load with one stage
  std::optional<std::string> drain;
  std::optional<std::string> canary;
};

namespace loading {

struct Json;
class Problems;

void apply_overrides(const Overrides& overrides, Json& root, Problems& problems);

}  // namespace loading

}  // namespace freshet
