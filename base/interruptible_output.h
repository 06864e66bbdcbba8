// An output descriptor whose reader may stop reading: a full pipe, or a terminal stopped with Ctrl-S.
#pragma once

#include <functional>
#include <string_view>

namespace freshet {

/// For one thread at a time.
class InterruptibleOutput {
 public:
  /// Called about twenty times a second while the reader keeps us waiting.
  using Stopped = std::function<bool()>;
  /// The caller keeps ownership of the descriptor. Its flags are not changed, because other processes may share them.
  explicit InterruptibleOutput(
      int descriptor, Stopped stopped = [] { return false; });
  ~InterruptibleOutput();
  InterruptibleOutput(const InterruptibleOutput&) = delete;
  InterruptibleOutput& operator=(const InterruptibleOutput&) = delete;

  /// Writes all bytes and returns 0, or returns an errno: EINTR if `stopped` became true while the reader was not
  /// reading. Some of the bytes may have been written by then.
  [[nodiscard]] int write(std::string_view bytes);

 private:
  const int given_;
  const Stopped stopped_;
  int own_ = -1;  ///< the same pipe or terminal, opened non-blocking; -1 if it was not reopened
};

}  // namespace freshet
