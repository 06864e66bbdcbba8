#include "generator/model/picker.h"

#include <array>

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

void InstancePicker::pick_all(const std::uint64_t* positions, std::size_t count, Ordinal* out) const {
  std::size_t i = 0;
  for (; zipf_ && i + 2 <= count; i += 2) {
    std::array<std::uint64_t, 2> ranks;
    zipf_->rank_two(stream_, positions + i, ranks.data());
    out[i] = popularity_->of_rank(ranks[0] - 1);
    out[i + 1] = popularity_->of_rank(ranks[1] - 1);
  }
  for (; i < count; ++i) out[i] = pick(positions[i]);
}

}  // namespace freshet
