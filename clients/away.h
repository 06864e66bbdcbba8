// A server that was lost and is waited for: when to try again, for how long, and what a person is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace freshet {

/// One thread.
class Away {
 public:
  /// Takes a line for a person; may be absent.
  using Log = std::function<void(const std::string&)>;

  /// `who` is named in the log.
  Away(std::string who, Log log, Nanos limit) : who_(std::move(who)), log_(std::move(log)), limit_(limit) {}

  /// The server was lost, or a try to reach it failed: `error` says how. Told once; when the limit has passed, it is
  /// returned.
  Status failed(const Error& error, Instant now);
  /// It is there again, and what was missed has been caught up with; `more` is added to what is told.
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
