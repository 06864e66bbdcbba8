#include "app/signals.h"

#include <atomic>
#include <csignal>

namespace freshet {

namespace {

std::atomic<int> caught{0};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  if (number == SIGINT && caught.load() == SIGINT) {
    // The user means it; private servers end with us (parent-death signal).
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
  std::signal(SIGPIPE, SIG_IGN);
}

int stop_signal() { return caught.load(); }

}  // namespace freshet
