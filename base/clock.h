// Time: one monotonic clock for all durations; the wall clock only for labels.
#pragma once

#include <cstdint>
#include <stop_token>

namespace freshet {

/// An instant of the harness's monotonic clock, in nanoseconds. Only differences mean anything.
using Instant = std::int64_t;
/// A span of time in nanoseconds.
using Nanos = std::int64_t;
/// A span of *intended* time in microseconds, counted from the start of the schedule (its zero) or, where stated, from
/// the Unix epoch.
using Micros = std::int64_t;

inline constexpr Nanos kNanosPerMicro = 1'000;
inline constexpr Nanos kNanosPerMilli = 1'000'000;
inline constexpr Nanos kNanosPerSecond = 1'000'000'000;
inline constexpr Micros kMicrosPerSecond = 1'000'000;

/// The seam for every effect of time. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic time in nanoseconds.
  [[nodiscard]] virtual Instant now() const = 0;
  /// Wall-clock time in microseconds since the Unix epoch. Use it for labels, never for durations.
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
