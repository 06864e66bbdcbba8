#include "clients/away.h"

#include <algorithm>

#include <fmt/format.h>

namespace freshet {
namespace {

constexpr Nanos kFirstPause = 50 * kNanosPerMilli;
constexpr Nanos kMostPause = 2 * kNanosPerSecond;

double seconds(Nanos time) { return static_cast<double>(time.count()) / static_cast<double>(kNanosPerSecond.count()); }

}  // namespace

Status Away::failed(const Error& error, Instant now) {
  if (!since_) {
    since_ = now;
    pause_ = kFirstPause;
    if (log_ && limit_ > Nanos{}) {
      log_(fmt::format("{}: lost ({}); waiting for it for up to {:.0f} s", who_, error.message, seconds(limit_)));
    }
  } else {
    pause_ = std::min(2 * pause_, kMostPause);
  }
  next_try_ = now + pause_;
  if (now - *since_ < limit_) return {};
  if (limit_ == Nanos{}) return error;
  return Error{error.kind, fmt::format("{} (away for {:.0f} s)", error.message, seconds(now - *since_)), error.hint};
}

void Away::back(Instant now, const std::string& more) {
  if (!since_) return;
  if (log_) log_(fmt::format("{}: back after {:.1f} s{}", who_, seconds(now - *since_), more));
  since_.reset();
}

}  // namespace freshet
