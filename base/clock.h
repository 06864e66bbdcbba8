// Time: one monotonic clock for all durations; the wall clock only for labels.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace freshet {

// These types refuse to be mixed: a number becomes one of them only by name (`Micros{5}`), microseconds become
// nanoseconds by themselves and never the other way (whole_micros() rounds), and two points in time differ by a span
// but have no sum. Cells of rows, files and wires hold plain numbers: `.count()` at that border.

/// A span of time in nanoseconds.
using Nanos = std::chrono::nanoseconds;
/// A span of time in microseconds; of *intended* time counted from the start of the schedule (its zero).
using Micros = std::chrono::microseconds;
/// The harness's monotonic clock, as a name in the type of its instants. Clock::now() reads it.
struct MonotonicClock {};
/// An instant of the harness's monotonic clock. Only differences mean anything.
using Instant = std::chrono::time_point<MonotonicClock, Nanos>;
/// A point in wall time, in microseconds since the Unix epoch.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Micros>;

inline constexpr Nanos kNanosPerMicro{1'000};
inline constexpr Nanos kNanosPerMilli{1'000'000};
inline constexpr Nanos kNanosPerSecond{1'000'000'000};
inline constexpr Micros kMicrosPerSecond{1'000'000};

/// Without the fraction of a microsecond: rounds towards zero.
[[nodiscard]] constexpr Micros whole_micros(Nanos nanos) { return std::chrono::duration_cast<Micros>(nanos); }

/// A point in wall time as a plain number, for cells of rows, files and wires.
[[nodiscard]] constexpr std::int64_t epoch_micros(WallTime time) { return time.time_since_epoch().count(); }

/// The seam for every effect of time. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Now, monotonic.
  [[nodiscard]] virtual Instant now() const = 0;
  /// Wall-clock time in microseconds since the Unix epoch. Use it for labels, never for durations.
  [[nodiscard]] virtual WallTime wall() const = 0;
  /// Blocks until `instant`, or until `stop` is requested. Returns at once when `instant` has passed.
  virtual void sleep_until(Instant instant, std::stop_token stop) const = 0;
};

/// The machine's clocks (CLOCK_MONOTONIC, CLOCK_REALTIME).
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall() const override;
  void sleep_until(Instant instant, std::stop_token stop) const override;
};

}  // namespace freshet
