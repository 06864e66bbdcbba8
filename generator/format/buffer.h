// Buffer: bytes that grow at the end, for encoders. Unlike std::string it hands out room to write into before it is
// known how much of it will be used, so that a field is written without a check per byte.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace freshet {

/// Keeps its capacity when cleared: filled again and again it stops allocating. One thread.
class Buffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }
  /// Drops what stands at `size` and after it.
  void cut(std::size_t size) { size_ = size; }

  /// Where to write up to `most` bytes; took() says how many they were. Invalidates earlier views.
  [[nodiscard]] char* room(std::size_t most) {
    if (capacity_ - size_ < most) grow(most);
    return bytes_.get() + size_;
  }
  void took(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  void append(std::string_view text) {
    char* at = room(text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    size_ += text.size();
  }
  void push_back(char byte) {
    *room(1) = byte;
    ++size_;
  }

 private:
  void grow(std::size_t most) {
    constexpr std::size_t kLeast = 4096;
    std::size_t capacity = capacity_ < kLeast ? kLeast : 2 * capacity_;
    while (capacity - size_ < most) capacity *= 2;
    std::unique_ptr<char[]> bytes(new char[capacity]);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace freshet
