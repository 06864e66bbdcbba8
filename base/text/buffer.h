// Buffer: bytes that grow at the end, for encoders. Unlike std::string it hands out space to write into before it is
// known how much of it is used, so that a field is written without a check per byte.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/row.h"

namespace freshet {

/// Keeps its capacity when cleared, so that refilling it does not allocate. For one thread.
class Buffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  void clear() { size_ = 0; }
  /// Drops everything from `size` on.
  void cut(std::size_t size) { size_ = size; }

  /// Space for up to `most` bytes; call took() with the number used. Invalidates earlier views.
  [[nodiscard]] char* room(std::size_t most) {
    if (capacity_ - size_ < most) grow(most);
    return bytes_.get() + size_;
  }
  void took(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  /// The end of the available space.
  [[nodiscard]] char* limit() { return bytes_.get() + capacity_; }

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

/// Copies bytes like memcpy, but inline, because most values of rows are short. Needs the space.
inline char* put_bytes(char* at, const char* from, std::size_t size) {
  constexpr std::size_t kBlock = 16;
  if (size >= kBlock) {
    std::size_t i = 0;
    for (; i + kBlock <= size; i += kBlock) std::memcpy(at + i, from + i, kBlock);
    std::memcpy(at + size - kBlock, from + size - kBlock, kBlock);  // overlaps the previous block
  } else if (size >= 8) {
    std::memcpy(at, from, 8);
    std::memcpy(at + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(at, from, 4);
    std::memcpy(at + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) at[i] = from[i];
  }
  return at + size;
}

/// The same in whole blocks: reads and writes up to kBeyond bytes more.
inline constexpr std::size_t kBeyond = 32;
static_assert(kBeyond <= kAfterLent, "lent texts may be put in blocks");
inline char* put_blocks(char* at, const char* from, std::size_t size) {
  std::memcpy(at, from, kBeyond);
  for (std::size_t i = kBeyond; i < size; i += kBeyond) std::memcpy(at + i, from + i, kBeyond);
  return at + size;
}

/// Appends a plain text. Needs kBeyond bytes of space after it.
inline char* put_plain(char* at, const Row& row, const Cell& cell) {
  const char* const text = row.text_of(cell).data();
  return cell.lent ? put_blocks(at, text, cell.size) : put_bytes(at, text, cell.size);
}

/// Writes at the end of a buffer, with the position in a register; space is requested once for many fields. The buffer
/// gets the bytes at finish().
class Pen {
 public:
  explicit Pen(Buffer& out) : at(out.room(0)), out_(out), end_(out.limit()) {}

  /// Ensures at least `most` bytes of space from here on.
  void need(std::size_t most) {
    if (static_cast<std::size_t>(end_ - at) >= most) return;
    out_.took(at);
    at = out_.room(most);
    end_ = out_.limit();
  }
  /// The same for a caller with its own position; returns the new position.
  [[nodiscard]] char* need(char* now, std::size_t most) {
    if (static_cast<std::size_t>(end_ - now) >= most) [[likely]]
      return now;
    at = now;
    need(most);
    return at;
  }
  void finish() { out_.took(at); }
  /// The current offset in the buffer.
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at - end_) + out_.capacity(); }
  [[nodiscard]] std::string_view since(std::size_t offset) {
    finish();
    return out_.view().substr(offset);
  }

  char* at;  ///< position of the next byte

 private:
  Buffer& out_;
  char* end_;
};

}  // namespace freshet
