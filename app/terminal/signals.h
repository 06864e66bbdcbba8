// Ctrl-C, SIGTERM and SIGHUP: a flag for loops, and stop tokens for those who wait.
#pragma once

#include <stop_token>
#include <thread>

#include "base/clock.h"

namespace freshet {

/// From now on SIGINT, SIGTERM and SIGHUP (unless it was ignored before, as by nohup) only set the flag, but a SIGINT
/// after any of them ends the process at once. SIGPIPE is ignored.
void catch_stop_signals();
/// 0, or the number of the signal that asked us to stop.
[[nodiscard]] int stop_signal();
/// A signal has come, and StopRequests::kGrace has passed since somebody first asked this. Any thread.
[[nodiscard]] bool stop_grace_is_over();

/// Carries a signal to those who wait: a handler can do no more than set a flag. Until catch_stop_signals() nothing
/// ever comes.
class StopRequests {
 public:
  /// What is being sent or asked when a signal comes may take so long to be answered; then its session is cut.
  static constexpr Nanos kGrace = 800 * kNanosPerMilli;

  StopRequests();
  /// A signal has come: begin nothing new.
  [[nodiscard]] std::stop_token asked() const { return asked_.get_token(); }
  /// The grace is over: for mysql::Address and kafka::Address, whose waits it ends.
  [[nodiscard]] std::stop_token cut() const { return cut_.get_token(); }
  /// Stops so long from now: for what is to be done after a stop all the same. Once.
  [[nodiscard]] std::stop_token within(Nanos limit);

 private:
  void watch(const std::stop_token& ended);

  std::stop_source asked_, cut_, within_;
  SystemClock clock_;
  std::jthread watch_, timer_;  ///< they end before what they use
};

}  // namespace freshet
