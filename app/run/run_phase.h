// The phases of a run, in their order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace freshet {

enum class RunPhase : std::uint8_t {
  Prepare,
  Headroom,
  ReferenceRows,
  Backfill,
  Canary,
  WarmUp,
  Measured,
  Drain,
  Audit,
};

/// As results and progress say it.
[[nodiscard]] inline const char* name_of(RunPhase phase) {
  constexpr const char* kNames[] = {"prepare", "headroom", "reference rows", "backfill", "canary",
                                    "warm-up", "measured", "drain",          "audit"};
  return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace freshet
