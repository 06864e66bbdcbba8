// Ctrl-C, SIGTERM and SIGHUP: a flag for loops, and stop tokens for waits.
#pragma once

#include <stop_token>
#include <thread>

#include "base/clock.h"

namespace freshet {

/// From now on SIGINT, SIGTERM and SIGHUP (unless it was ignored, as under nohup) only set a flag; a SIGINT after any
/// of them ends the process at once. SIGPIPE is ignored.
void catch_stop_signals();
/// 0, or the number of the signal that asked us to stop.
[[nodiscard]] int stop_signal();
/// True if a signal has come and StopRequests::kGrace has passed since the first call that noticed it. Thread-safe.
[[nodiscard]] bool stop_grace_is_over();

/// Turns a signal into stop requests, since a handler can only set a flag. Before catch_stop_signals(), no request is
/// ever made.
class StopRequests {
 public:
  /// How long a request that is in progress when a signal comes may take; then its session is cut.
  static constexpr Nanos kGrace = 800 * kNanosPerMilli;

  StopRequests();
  /// Requested when a signal has come: begin nothing new.
  [[nodiscard]] std::stop_token asked() const { return asked_.get_token(); }
  /// Requested when the grace period is over: ends waits on mysql::Address and kafka::Address.
  [[nodiscard]] std::stop_token cut() const { return cut_.get_token(); }
  /// Requested `limit` from now: for cleaning up after a stop. Call once.
  [[nodiscard]] std::stop_token within(Nanos limit);

 private:
  void watch(const std::stop_token& ended);

  std::stop_source asked_, cut_, within_;
  SystemClock clock_;
  std::jthread watch_, timer_;  ///< declared last: they end before the members that they use
};

}  // namespace freshet
