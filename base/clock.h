// Time: one monotonic clock for every duration, the wall clock for labels only.
#pragma once

#include <cstdint>
#include <stop_token>

namespace freshet {

/// An instant of the harness's monotonic clock, in nanoseconds. Only differences mean anything.
using Instant = std::int64_t;
/// A span of time in nanoseconds.
using Nanos = std::int64_t;
/// A span of *intended* time in microseconds, counted from the start of the schedule (its zero),
/// or, where said, from the Unix epoch.
using Micros = std::int64_t;

inline constexpr Nanos kNanosPerMicro = 1'000;
inline constexpr Nanos kNanosPerMilli = 1'000'000;
inline constexpr Nanos kNanosPerSecond = 1'000'000'000;
inline constexpr Micros kMicrosPerSecond = 1'000'000;

/// The seam through which every effect of time enters. Implementations are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Now, monotonic, nanoseconds.
  [[nodiscard]] virtual Instant now() const = 0;
  /// Now, wall clock, microseconds since the Unix epoch. For labels, never for durations.
  [[nodiscard]] virtual Micros wall() const = 0;
  /// Blocks until `instant`, or until `stop` is requested. Returns at once when `instant` has passed.
  virtual void sleep_until(Instant instant, std::stop_token stop) const = 0;
};

/// The machine's clocks (CLOCK_MONOTONIC, CLOCK_REALTIME).
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] Micros wall() const override;
  void sleep_until(Instant instant, std::stop_token stop) const override;
};

}  // namespace freshet
