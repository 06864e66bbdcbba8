// A digest of everything that happened, in order: equal seeds must leave equal digests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace freshet::fakes {

/// FNV-1a over everything recorded.
class Trace {
 public:
  void add(std::initializer_list<std::int64_t> numbers) {
    for (const std::int64_t number : numbers) {
      for (int i = 0; i < 8; ++i) add_byte(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * i)));
    }
    ++entries_;
  }
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<std::uint8_t>(c));
  }
  [[nodiscard]] std::uint64_t digest() const { return hash_; }
  [[nodiscard]] std::int64_t entries() const { return entries_; }

 private:
  void add_byte(std::uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3u; }
  std::uint64_t hash_ = 0xcbf29ce484222325u;
  std::int64_t entries_ = 0;
};

}  // namespace freshet::fakes
