// How many signals are sent to runs, and where: FRESHET_SIGNALS=200 is a sweep, 6 are sent when it is not set.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

namespace freshet::cases {

/// From a signal to the end of the process.
constexpr double kLimitSeconds = 3;

inline int signals_to_send() {
  const char* given = std::getenv("FRESHET_SIGNALS");
  return given == nullptr ? 6 : std::atoi(given);
}

/// In a sweep, all phases that a server can hold up; otherwise those in which a run spends its time.
inline std::vector<std::string> phases_to_try() {
  if (signals_to_send() < 20) return {"measured", "drain"};
  return {"prepare", "canary", "warm-up", "measured", "drain"};
}

}  // namespace freshet::cases
