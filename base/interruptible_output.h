// A descriptor to write to whose reader may not read: a full pipe, a terminal that was stopped with Ctrl-S.
#pragma once

#include <functional>
#include <string_view>

namespace freshet {

/// One thread at a time.
class InterruptibleOutput {
 public:
  /// Asked while the reader keeps us waiting, some twenty times a second.
  using Stopped = std::function<bool()>;
  /// The descriptor stays the caller's, and its flags as they are: others may share them.
  explicit InterruptibleOutput(
      int descriptor, Stopped stopped = [] { return false; });
  ~InterruptibleOutput();
  InterruptibleOutput(const InterruptibleOutput&) = delete;
  InterruptibleOutput& operator=(const InterruptibleOutput&) = delete;

  /// Writes all of it and returns 0, or the errno of what went wrong: EINTR once `stopped` while the reader does not
  /// read; some of it may be written then.
  [[nodiscard]] int write(std::string_view bytes);

 private:
  const int given_;
  const Stopped stopped_;
  int own_ = -1;  ///< the same pipe or terminal, opened for writing without waiting; -1 when there is none
};

}  // namespace freshet
