// A lost server that we wait for: when to try again, for how long, and what is logged.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace freshet {

/// For one thread.
class Away {
 public:
  /// Receives a line for people; may be empty.
  using Log = std::function<void(const std::string&)>;

  /// `who` is the name used in the log.
  Away(std::string who, Log log, Nanos limit) : who_(std::move(who)), log_(std::move(log)), limit_(limit) {}

  /// The server was lost, or an attempt to reach it failed with `error`. Logged once. Returns the error once the limit
  /// has passed.
  Status failed(const Error& error, Instant now);
  /// The server is back, and missed changes have been processed; `more` is appended to the log line.
  void back(Instant now, const std::string& more = "");
  [[nodiscard]] bool now_away() const { return since_.has_value(); }
  /// When to try next: soon at first, then every two seconds.
  [[nodiscard]] Instant next_try() const { return next_try_; }

 private:
  std::string who_;
  Log log_;
  Nanos limit_;
  Nanos pause_{};
  std::optional<Instant> since_;  // none: it is there
  Instant next_try_{};
};

}  // namespace freshet
