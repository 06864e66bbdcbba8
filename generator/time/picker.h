// InstancePicker: which of n instances a reference or a background update picks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/change.h"
#include "generator/draw/permutation.h"
#include "generator/draw/random.h"
#include "generator/draw/zipf.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The ranks of popularity: a scatter of ranks over ordinals, the same for every skewed pick of an entity, so that what
/// sells most is also updated most.
class Popularity {
 public:
  /// Ranks for `rows` instances (at least 1).
  Popularity(std::uint64_t rows, Stream stream);
  [[nodiscard]] std::uint64_t rows() const { return permutation_.size(); }
  /// The instance of a rank (0 = the most popular). Precondition: rank < rows().
  [[nodiscard]] Ordinal of_rank(std::uint64_t rank) const {
    return rank < table_.size() ? table_[rank] : permutation_.forward(rank);
  }

 private:
  static constexpr std::uint64_t kTableMost = 65'536;  // 256 KiB: up to here ranks are looked up instead of computed
  Permutation permutation_;
  std::vector<std::uint32_t> table_;
};

class InstancePicker {
 public:
  InstancePicker(const Pick& pick, std::shared_ptr<const Popularity> popularity, Stream stream);
  [[nodiscard]] Ordinal pick(std::uint64_t position) const {
    if (!zipf_) return below(draw(stream_, position), popularity_->rows());
    return popularity_->of_rank(zipf_->rank(stream_, position) - 1);
  }

  static constexpr std::size_t kMostPicks = Zipf::kMostRanks;
  /// pick() at each of up to kMostPicks positions.
  void pick_all(std::span<const std::uint64_t> positions, Ordinal* out) const;

 private:
  std::shared_ptr<const Popularity> popularity_;
  std::optional<Zipf> zipf_;
  Stream stream_;
};

}  // namespace freshet
