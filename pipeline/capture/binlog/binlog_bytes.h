// Reads bytes that may be truncated or invalid. Every read of the binlog decoder goes through ByteReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace freshet {

using Bytes = std::span<const std::byte>;

[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Takes values from the front of a span, which must outlive it. The first read that does not fit, or fail(), is
/// remembered with its reason. From then on every read returns zeros or nothing, and `left()` is 0, so that loops end
/// and callers may check once, after a group of reads.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return reason_ == nullptr; }
  [[nodiscard]] const char* reason() const { return reason_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

  void fail(const char* reason) {
    if (reason_ == nullptr) reason_ = reason;
    bytes_ = {};
  }

  /// The next `count` bytes, or none if fewer are left.
  Bytes take(std::size_t count) {
    if (count > bytes_.size()) {
      fail("it ends too early");
      return {};
    }
    const Bytes taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  Bytes take_rest() { return take(left()); }
  std::string_view text(std::size_t count) { return as_text(take(count)); }

  /// An unsigned number of `count` ≤ 8 bytes, least significant byte first.
  std::uint64_t little(std::size_t count) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const std::byte byte : take(count)) {
      value |= std::to_integer<std::uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }
  /// The same, most significant byte first.
  std::uint64_t big(std::size_t count) {
    std::uint64_t value = 0;
    for (const std::byte byte : take(count)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(little(1)); }

  /// The protocol's length-encoded integer: one byte up to 250, else a marker and 2, 3 or 8 bytes.
  std::uint64_t length_encoded() {
    const std::uint8_t first = byte();
    if (first <= 250) return first;
    if (first == 252) return little(2);
    if (first == 253) return little(3);
    if (first == 254) return little(8);
    fail("a length is malformed");
    return 0;
  }
  std::string_view length_encoded_text() { return text(length_encoded()); }

 private:
  Bytes bytes_;
  const char* reason_ = nullptr;
};

/// Bit `index` of a bitmap, least significant bit first; false past its end.
[[nodiscard]] inline bool bit_at(Bytes bitmap, std::size_t index) {
  return index / 8 < bitmap.size() && ((std::to_integer<unsigned>(bitmap[index / 8]) >> (index % 8)) & 1U) != 0;
}

}  // namespace freshet
