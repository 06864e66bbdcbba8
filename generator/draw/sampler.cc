#include "generator/draw/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "generator/draw/portable_math.h"

namespace freshet {
namespace {

constexpr int kCellBits = 12;
constexpr std::uint64_t kCells = std::uint64_t{1} << kCellBits;
constexpr std::uint64_t kExactCells = 16;  // at either end
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::int64_t to_whole(double value) {
  constexpr double kMost = 9.2e18;  // just inside the range of 64 bits
  const double rounded = value < 0 ? -std::floor(0.5 - value) : std::floor(0.5 + value);
  return static_cast<std::int64_t>(std::clamp(rounded, -kMost, kMost));
}

}  // namespace

Sampler::Sampler(const Distribution& distribution)
    : low_(distribution.min.value_or(-kInfinity)), high_(distribution.max.value_or(kInfinity)) {
  std::visit([this](const auto& shape) { take(shape); }, distribution.shape);
}

void Sampler::take(const distributions::Constant& constant) {
  shape_ = Shape::Constant;
  a_ = std::max(low_, std::min(constant.value, high_));
}

void Sampler::take(const distributions::Uniform& uniform) {
  shape_ = Shape::Uniform;
  low_ = std::max(low_, uniform.least);
  high_ = std::max(low_, std::min(high_, uniform.most));
  whole_low_ = static_cast<std::int64_t>(std::ceil(low_));
  whole_count_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(std::floor(high_)) - whole_low_) + 1;
}

void Sampler::take(const distributions::Normal& normal) {
  if (normal.deviation <= 0) return take(distributions::Constant{normal.mean});
  shape_ = Shape::Normal;
  a_ = normal.mean;
  b_ = normal.deviation;
  if (low_ > -kInfinity) from_ = normal_cumulative((low_ - a_) / b_);
  span_ = (high_ < kInfinity ? normal_cumulative((high_ - a_) / b_) : 1.0) - from_;
  fill_knots();
}

void Sampler::take(const distributions::LogNormal& lognormal) {
  if (lognormal.median <= 0 || lognormal.sigma <= 0) return take(distributions::Constant{lognormal.median});
  shape_ = Shape::LogNormal;
  a_ = lognormal.median;
  b_ = lognormal.sigma;
  low_ = std::max(low_, 0.0);
  if (low_ > 0) from_ = normal_cumulative(portable_log(low_ / a_) / b_);
  span_ = (high_ < kInfinity ? normal_cumulative(portable_log(high_ / a_) / b_) : 1.0) - from_;
  fill_knots();
}

void Sampler::take(const distributions::Exponential& exponential) {
  if (exponential.mean <= 0) return take(distributions::Constant{exponential.mean});
  shape_ = Shape::Exponential;
  a_ = exponential.mean;
  low_ = std::max(low_, 0.0);
  if (high_ < kInfinity) span_ = 1 - portable_exp(-(high_ - low_) / a_);
  fill_knots();
}

void Sampler::take(const distributions::Geometric& geometric) {
  if (geometric.mean <= 1) return take(distributions::Constant{geometric.mean});
  shape_ = Shape::Geometric;
  a_ = geometric.mean;
  low_ = std::max(std::ceil(low_), 1.0);
  b_ = portable_log(1 - 1 / a_);
  if (high_ < kInfinity) span_ = 1 - portable_exp(b_ * (std::floor(high_) - low_ + 1));
}

void Sampler::take(const distributions::Zipf& zipf) {
  shape_ = Shape::Zipf;
  ranks_.emplace(static_cast<std::uint64_t>(std::max(1.0, zipf.ranks)), zipf.exponent, zipf.shift);
}

void Sampler::take(const distributions::Histogram& histogram) {
  shape_ = Shape::Histogram;
  std::vector<double> weights;
  for (const auto& bin : histogram.bins) {
    points_.push_back(bin.from);
    points_.push_back(bin.to);
    weights.push_back(bin.weight);
  }
  bins_.emplace(weights);
}

void Sampler::take(const distributions::Quantiles& quantiles) {
  shape_ = Shape::Quantiles;
  for (const auto& point : quantiles.points) {
    points_.push_back(point.value);
    probabilities_.push_back(point.share);
  }
}

void Sampler::fill_knots() {
  knots_.assign(kCells + 1, 0.0);
  for (std::uint64_t i = kExactCells; i <= kCells - kExactCells; ++i) {
    knots_[i] = quantile(static_cast<double>(i) / static_cast<double>(kCells));
  }
}

double Sampler::quantile(double u) const {
  switch (shape_) {
    case Shape::Constant:
      return a_;
    case Shape::Uniform:
      return low_ + (high_ - low_) * u;
    case Shape::Normal:
      return std::clamp(a_ + b_ * normal_quantile(from_ + span_ * u), low_, high_);
    case Shape::LogNormal:
      return std::clamp(a_ * portable_exp(b_ * normal_quantile(from_ + span_ * u)), low_, high_);
    case Shape::Exponential:
      return std::min(low_ - a_ * portable_log(1 - span_ * u), high_);
    case Shape::Geometric:
      return std::min(low_ + std::floor(portable_log(1 - span_ * u) / b_), high_);
    case Shape::Quantiles:
      return between_points(u);
    case Shape::Zipf:
    case Shape::Histogram:
      break;  // these need more than one number: see real() and whole()
  }
  return 0;
}

double Sampler::between_points(double u) const {
  const auto above = std::upper_bound(probabilities_.begin() + 1, probabilities_.end() - 1, u);
  const auto i = static_cast<std::size_t>(above - probabilities_.begin());
  const double width = probabilities_[i] - probabilities_[i - 1];
  const double within = width > 0 ? (u - probabilities_[i - 1]) / width : 0;
  return points_[i - 1] + within * (points_[i] - points_[i - 1]);
}

double Sampler::tabled(std::uint64_t random) const {
  const std::uint64_t cell = random >> (64 - kCellBits);
  if (cell < kExactCells || cell >= kCells - kExactCells) return quantile(unit(random));
  const double within = static_cast<double>((random << kCellBits) >> 11) * 0x1p-53;
  return knots_[cell] + within * (knots_[cell + 1] - knots_[cell]);
}

double Sampler::real(std::uint64_t random) const {
  if (ranks_) return static_cast<double>(ranks_->rank(Stream{random}, 0));
  if (bins_) {
    const std::size_t bin = 2 * std::size_t{bins_->pick(random)};
    return points_[bin] + (points_[bin + 1] - points_[bin]) * unit(mix64(random ^ kGolden));
  }
  return knots_.empty() ? quantile(unit(random)) : tabled(random);
}

std::int64_t Sampler::other_whole(std::uint64_t random) const {
  if (shape_ == Shape::Uniform) return static_cast<std::int64_t>(random);  // of all 2^64
  if (bins_) {
    const std::size_t bin = 2 * std::size_t{bins_->pick(random)};
    const std::int64_t first = to_whole(points_[bin]);
    const auto count = static_cast<std::uint64_t>(to_whole(points_[bin + 1]) - first) + 1;
    return first + static_cast<std::int64_t>(below(mix64(random ^ kGolden), count));
  }
  return to_whole(real(random));
}

}  // namespace freshet
