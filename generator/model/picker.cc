#include "generator/model/picker.h"

#include <algorithm>

namespace freshet {

Popularity::Popularity(std::uint64_t rows, Stream stream) : permutation_(rows, static_cast<std::uint64_t>(stream)) {
  if (rows > kTableMost) return;
  table_.reserve(rows);
  for (std::uint64_t rank = 0; rank < rows; ++rank) {
    table_.push_back(static_cast<std::uint32_t>(permutation_.forward(rank)));
  }
}

InstancePicker::InstancePicker(const Pick& pick, std::shared_ptr<const Popularity> popularity, Stream stream)
    : popularity_(std::move(popularity)), stream_(stream) {
  if (pick.law == Pick::Law::Zipf) zipf_.emplace(popularity_->rows(), pick.s, pick.q);
}

void InstancePicker::pick_all(std::span<const std::uint64_t> positions, Ordinal* out) const {
  if (!zipf_) {
    for (const std::uint64_t position : positions) *out++ = pick(position);
    return;
  }
  for (std::size_t i = 0; i < positions.size(); i += Zipf::kMostRanks) {
    const auto some = positions.subspan(i, std::min(Zipf::kMostRanks, positions.size() - i));
    zipf_->ranks(stream_, some, out + i);
    for (std::size_t k = i; k < i + some.size(); ++k) out[k] = popularity_->of_rank(out[k] - 1);
  }
}

}  // namespace freshet
