// Memory for the values of messages in flight. The client would take a piece of the heap for each, on one thread, and
// give it back on another, which costs more than to copy it. Private to this folder.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace freshet::kafka {

/// Values stand side by side in blocks. A block is used again when all values in it have been released. Any thread.
class ValueBlocks {
 public:
  ValueBlocks();
  ~ValueBlocks();
  ValueBlocks(const ValueBlocks&) = delete;
  ValueBlocks& operator=(const ValueBlocks&) = delete;

  /// Room for `count` values, at least 1, that have so many bytes together. Null when they are too large for a block,
  /// or no block is free: then the client must copy them.
  [[nodiscard]] char* reserve(std::size_t bytes, std::uint32_t count);
  /// Whether it lies in a block.
  [[nodiscard]] bool holds(const void* value) const {
    return memory_ != nullptr &&
           reinterpret_cast<std::uintptr_t>(value) - reinterpret_cast<std::uintptr_t>(memory_) < kBytes;
  }
  /// So many of the values that were reserved in the block of this one are not needed any more. What is in them may be
  /// overwritten as soon as the last of the block is released.
  void release(const void* value, std::uint32_t count = 1);

  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

 private:
  static constexpr std::size_t kBlocks = 1024;
  static constexpr std::size_t kBytes = kBlocks * kBlockBytes;
  static constexpr std::size_t kNone = kBlocks;
  void leave_current();

  char* memory_ = nullptr;  ///< addresses only: a page is there when it is written to; null: there are none
  std::array<std::atomic<std::uint32_t>, kBlocks> left_{};  ///< values not released, and 1 for the present block
  std::mutex mutex_;
  std::vector<std::uint32_t> free_;  ///< the last to be released is the first to be used, while it is in the cache
  std::size_t current_ = kNone;
  std::size_t used_ = 0;  ///< bytes of the present block
};

}  // namespace freshet::kafka
