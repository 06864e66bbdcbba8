// The loader: one JSON file (comments allowed) → a typed Scenario, or all of its problems at once.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/model/scenario.h"

namespace freshet {

/// One problem of a scenario file.
struct Problem {
  enum class Severity : std::uint8_t { Error, Warning } severity = Severity::Error;
  Origin origin;
  std::string message;     ///< what is wrong
  std::string expected;    ///< what was expected there
  std::string suggestion;  ///< the nearest valid name, or empty
  /// file:line:column: /pointer: message, expected … (did you mean "…"?)
  [[nodiscard]] std::string text() const;
};

/// Changes made on the command line before the file is interpreted.
struct Overrides {
  /// --set POINTER=VALUE: JSON pointer and JSON text (a bare word is a string).
  std::vector<std::pair<std::string, std::string>> set;
  std::optional<std::uint64_t> seed;
  std::optional<std::string> rate;      ///< "2000/s": of the first arrivals; other loads keep their proportion
  std::optional<std::string> duration;  ///< "30s": of a load with one stage
  std::optional<std::string> drain;
  std::optional<std::string> canary;
};

struct Loaded {
  std::optional<Scenario> scenario;  ///< absent when there is an error
  std::vector<Problem> problems;     ///< errors and warnings, in order of position: the first hundred of each
  std::size_t untold = 0;            ///< errors that are not among them
};

/// Reads and interprets a file. Never throws; an unreadable file is a problem like any other.
[[nodiscard]] Loaded load_scenario(const std::string& path, const Overrides& overrides = {});
/// The same on a text; `file` is only a name for messages.
[[nodiscard]] Loaded parse_scenario(std::string_view text, const std::string& file, const Overrides& overrides = {});

}  // namespace freshet
