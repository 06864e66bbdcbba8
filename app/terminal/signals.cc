#include "app/terminal/signals.h"

#include <atomic>
#include <csignal>

namespace freshet {

namespace {

std::atomic<int> caught{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  if (number == SIGINT && caught.load() != 0) {
    // A second Ctrl-C ends the process at once; private servers end with us (parent-death signal).
    std::signal(number, SIG_DFL);
    std::raise(number);
    return;
  }
  caught.store(number);
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() { return caught.load(); }

bool stop_grace_is_over() {
  if (stop_signal() == 0) return false;
  static const Instant first_asked = SystemClock().now();
  return SystemClock().now() - first_asked >= StopRequests::kGrace;
}

StopRequests::StopRequests() {
  watch_ = std::jthread([this](const std::stop_token& ended) { watch(ended); });
}

void StopRequests::watch(const std::stop_token& ended) {
  constexpr Nanos kStep = 10 * kNanosPerMilli;
  while (stop_signal() == 0) {
    if (ended.stop_requested()) return;
    clock_.sleep_until(clock_.now() + kStep, ended);
  }
  asked_.request_stop();
  clock_.sleep_until(clock_.now() + kGrace, ended);
  if (!ended.stop_requested()) cut_.request_stop();
}

std::stop_token StopRequests::within(Nanos limit) {
  timer_ = std::jthread([this, limit](const std::stop_token& ended) {
    clock_.sleep_until(clock_.now() + limit, ended);
    if (!ended.stop_requested()) within_.request_stop();
  });
  return within_.get_token();
}

}  // namespace freshet
