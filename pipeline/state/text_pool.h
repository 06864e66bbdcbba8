// Texts that are repeated in one column: brands, cities, states. Stored once, referred to by number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/state/hash_index.h"

namespace freshet {

/// For one thread. A column without repeated texts costs a little at first and nothing later, because no more of its
/// texts are added. Texts are never removed. Memory: at most kMostTexts short texts per column.
class TextPool {
 public:
  static constexpr std::uint32_t kNone = HashIndex::kNone;

  /// The number of the text in this column's pool; kNone if it is not added.
  [[nodiscard]] std::uint32_t number(std::size_t column, std::string_view text);
  /// The text with this number.
  [[nodiscard]] std::string_view text(std::size_t column, std::uint32_t number) const {
    return columns_[column].texts[number];
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kShortest = 3;  // a number takes two bytes
  static constexpr std::size_t kLongest = 64;
  static constexpr std::size_t kMostTexts = 4096;
  static constexpr std::size_t kTrial = 256;  // number of texts within which a column must show repetition

  struct Column {
    std::vector<std::string> texts;
    HashIndex index;
    std::uint64_t found = 0;
    bool varied = false;  // its texts do not repeat
  };

  std::vector<Column> columns_;
  std::size_t bytes_ = 0;
};

}  // namespace freshet
