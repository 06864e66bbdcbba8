#include "generator/time/picker.h"

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
  if (const auto* zipf = pick.as<picks::Zipf>()) zipf_.emplace(popularity_->rows(), zipf->exponent, zipf->shift);
}

void InstancePicker::pick_all(std::span<const std::uint64_t> positions, Ordinal* out) const {
  if (!zipf_) {
    for (const std::uint64_t position : positions) *out++ = pick(position);
    return;
  }
  zipf_->ranks(stream_, positions, out);
  for (std::size_t i = 0; i < positions.size(); ++i) out[i] = popularity_->of_rank(out[i] - 1);
}

}  // namespace freshet
