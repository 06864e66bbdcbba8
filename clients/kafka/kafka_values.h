// Memory for the values of messages in flight. The client would allocate each value on one thread and free it on
// another, which costs more than copying it. Private to this folder.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace freshet::kafka {

/// Values are stored side by side in blocks. A block is reused when all its values have been released. Thread-safe.
class ValueBlocks {
 public:
  ValueBlocks();
  ~ValueBlocks();
  ValueBlocks(const ValueBlocks&) = delete;
  ValueBlocks& operator=(const ValueBlocks&) = delete;

  /// Reserves space for `count` values, at least 1, with `bytes` in total. Returns null if they are too large for a
  /// block or no block is free; then the client must copy them.
  [[nodiscard]] char* reserve(std::size_t bytes, std::uint32_t count);
  /// True if the value is stored in a block.
  [[nodiscard]] bool holds(const void* value) const {
    return memory_ != nullptr &&
           reinterpret_cast<std::uintptr_t>(value) - reinterpret_cast<std::uintptr_t>(memory_) < kBytes;
  }
  /// Releases `count` of the values in this value's block. A block may be overwritten as soon as its last value is
  /// released.
  void release(const void* value, std::uint32_t count = 1);

  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

 private:
  static constexpr std::size_t kBlocks = 1024;
  static constexpr std::size_t kBytes = kBlocks * kBlockBytes;
  static constexpr std::size_t kNone = kBlocks;
  void leave_current();

  /// reserved addresses only, a page is allocated when it is written to; null if the reservation failed
  char* memory_ = nullptr;
  std::array<std::atomic<std::uint32_t>, kBlocks> left_{};  ///< unreleased values, plus 1 for the current block
  std::mutex mutex_;
  std::vector<std::uint32_t> free_;  ///< a stack: the block released last is reused first, while it is in the cache
  std::size_t current_ = kNone;
  std::size_t used_ = 0;  ///< bytes used in the current block
};

}  // namespace freshet::kafka
