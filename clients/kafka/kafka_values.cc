#include "clients/kafka/kafka_values.h"

#include <sys/mman.h>

namespace freshet::kafka {

ValueBlocks::ValueBlocks() {
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  memory_ = static_cast<char*>(memory);
  // One page fault per 2 MiB instead of 512, if the kernel has huge pages; otherwise this has no effect.
  [[maybe_unused]] const int advised = ::madvise(memory, kBytes, MADV_HUGEPAGE);
  free_.reserve(kBlocks);
  for (std::size_t i = kBlocks; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

ValueBlocks::~ValueBlocks() {
  if (memory_ != nullptr) ::munmap(memory_, kBytes);
}

char* ValueBlocks::reserve(std::size_t bytes, std::uint32_t count) {
  if (bytes > kBlockBytes) return nullptr;
  const std::scoped_lock lock(mutex_);
  if (current_ != kNone && used_ + bytes > kBlockBytes) leave_current();
  if (current_ == kNone) {
    if (free_.empty()) return nullptr;
    current_ = free_.back();
    free_.pop_back();
    used_ = 0;
    left_[current_] = 1;
  }
  left_[current_] += count;
  char* room = memory_ + current_ * kBlockBytes + used_;
  used_ += bytes;
  return room;
}

void ValueBlocks::leave_current() {
  if (--left_[current_] == 0) free_.push_back(static_cast<std::uint32_t>(current_));
  current_ = kNone;
}

void ValueBlocks::release(const void* value, std::uint32_t count) {
  const std::size_t block = static_cast<std::size_t>(static_cast<const char*>(value) - memory_) / kBlockBytes;
  if (left_[block].fetch_sub(count) != count) return;
  const std::scoped_lock lock(mutex_);
  free_.push_back(static_cast<std::uint32_t>(block));
}

}  // namespace freshet::kafka
