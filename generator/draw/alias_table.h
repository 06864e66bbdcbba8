// AliasTable: a weighted choice in constant time from one draw (Walker 1977, Vose 1991).
#pragma once

#include <cstdint>
#include <vector>

#include "generator/draw/random.h"

namespace freshet {

class AliasTable {
 public:
  /// Chooses among 0 … weights.size()-1 (at least one) in proportion to the weights (≥ 0, not all 0).
  explicit AliasTable(const std::vector<double>& weights);

  [[nodiscard]] std::size_t size() const { return columns_.size(); }
  [[nodiscard]] std::uint32_t pick(std::uint64_t random) const {
    // The high half of the product chooses the column, the low half is uniform within it.
    const UInt128 product = static_cast<UInt128>(random) * columns_.size();
    const auto index = static_cast<std::uint32_t>(product >> 64);
    const Column& column = columns_[index];
    // Branchless, because the branch would be unpredictable.
    const auto kept = static_cast<std::uint32_t>(static_cast<std::uint64_t>(product) < column.threshold);
    return column.other ^ ((index ^ column.other) & (0 - kept));
  }

 private:
  struct Column {
    std::uint64_t threshold = ~std::uint64_t{0};
    std::uint32_t other = 0;
  };
  std::vector<Column> columns_;
};

}  // namespace freshet
