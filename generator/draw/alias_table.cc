#include "generator/draw/alias_table.h"

#include <numeric>

#include "base/result.h"

namespace freshet {

AliasTable::AliasTable(const std::vector<double>& weights) : columns_(weights.size()) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  FRESHET_CHECK(!weights.empty() && total > 0, "a choice needs a positive weight");
  const auto n = static_cast<double>(weights.size());
  std::vector<double> scaled(weights.size());
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    scaled[i] = weights[i] / total * n;
    (scaled[i] < 1 ? small : large).push_back(i);
    columns_[i].other = i;  // columns left over by rounding refer to themselves
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t poor = small.back();
    small.pop_back();
    const std::uint32_t rich = large.back();
    columns_[poor] = Column{static_cast<std::uint64_t>(scaled[poor] * 0x1p64), rich};
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] < 1) {
      large.pop_back();
      small.push_back(rich);
    }
  }
}

}  // namespace freshet
