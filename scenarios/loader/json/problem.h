// One problem of a scenario file.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/model/origin.h"

namespace freshet {

struct Problem {
  enum class Severity : std::uint8_t { Error, Warning } severity = Severity::Error;
  Origin origin;
  std::string message;     ///< what is wrong
  std::string expected;    ///< what was expected instead
  std::string suggestion;  ///< the most similar valid name, or empty
  /// file:line:column: /pointer: message, expected … (did you mean "…"?)
  [[nodiscard]] std::string text() const;
};

}  // namespace freshet
