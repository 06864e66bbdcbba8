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
  constexpr double kMost = 9.2e18;  // just inside of what 64 bits hold
  const double rounded = value < 0 ? -std::floor(0.5 - value) : std::floor(0.5 + value);
  return static_cast<std::int64_t>(std::clamp(rounded, -kMost, kMost));
}

/// Laws that leave only the value `a`: no deviation, or a mean at the least value.
bool without_spread(const Distribution& distribution) {
  switch (distribution.law) {
    case Distribution::Law::Constant:
      return true;
    case Distribution::Law::Uniform:
      return false;
    case Distribution::Law::Normal:
      return distribution.b <= 0;
    case Distribution::Law::Lognormal:
      return distribution.a <= 0 || distribution.b <= 0;
    case Distribution::Law::Exponential:
      return distribution.a <= 0;
    case Distribution::Law::Geometric:
      return distribution.a <= 1;
    case Distribution::Law::Zipf:
    case Distribution::Law::Histogram:
    case Distribution::Law::Quantiles:
      return false;
  }
  return true;
}

}  // namespace

Sampler::Sampler(const Distribution& distribution)
    : law_(without_spread(distribution) ? Distribution::Law::Constant : distribution.law),
      a_(distribution.a),
      b_(distribution.b),
      low_(distribution.min.value_or(-kInfinity)),
      high_(distribution.max.value_or(kInfinity)) {
  switch (law_) {
    case Distribution::Law::Constant:
      a_ = std::max(low_, std::min(a_, high_));
      break;
    case Distribution::Law::Uniform:
      low_ = std::max(low_, a_);
      high_ = std::max(low_, std::min(high_, b_));
      whole_low_ = static_cast<std::int64_t>(std::ceil(low_));
      whole_count_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(std::floor(high_)) - whole_low_) + 1;
      break;
    case Distribution::Law::Normal:
      if (distribution.min) from_ = normal_cumulative((low_ - a_) / b_);
      span_ = (distribution.max ? normal_cumulative((high_ - a_) / b_) : 1.0) - from_;
      break;
    case Distribution::Law::Lognormal:
      low_ = std::max(low_, 0.0);
      if (low_ > 0) from_ = normal_cumulative(portable_log(low_ / a_) / b_);
      span_ = (distribution.max ? normal_cumulative(portable_log(high_ / a_) / b_) : 1.0) - from_;
      break;
    case Distribution::Law::Exponential:
      low_ = std::max(low_, 0.0);
      if (distribution.max) span_ = 1 - portable_exp(-(high_ - low_) / a_);
      break;
    case Distribution::Law::Geometric:
      low_ = std::max(std::ceil(low_), 1.0);
      b_ = portable_log(1 - 1 / a_);  // P(value > k) = exp(b·k)
      if (distribution.max) span_ = 1 - portable_exp(b_ * (std::floor(high_) - low_ + 1));
      break;
    case Distribution::Law::Zipf:
      ranks_.emplace(static_cast<std::uint64_t>(std::max(1.0, high_)), a_, b_);
      break;
    case Distribution::Law::Histogram:
      points_ = distribution.points;
      bins_.emplace(distribution.weights);
      break;
    case Distribution::Law::Quantiles:
      points_ = distribution.points;
      probabilities_ = distribution.weights;
      break;
  }
  if (law_ == Distribution::Law::Normal || law_ == Distribution::Law::Lognormal ||
      law_ == Distribution::Law::Exponential) {
    knots_.assign(kCells + 1, 0.0);
    for (std::uint64_t i = kExactCells; i <= kCells - kExactCells; ++i) {
      knots_[i] = quantile(static_cast<double>(i) / static_cast<double>(kCells));
    }
  }
}

double Sampler::quantile(double u) const {
  switch (law_) {
    case Distribution::Law::Constant:
      return a_;
    case Distribution::Law::Uniform:
      return low_ + (high_ - low_) * u;
    case Distribution::Law::Normal:
      return std::clamp(a_ + b_ * normal_quantile(from_ + span_ * u), low_, high_);
    case Distribution::Law::Lognormal:
      return std::clamp(a_ * portable_exp(b_ * normal_quantile(from_ + span_ * u)), low_, high_);
    case Distribution::Law::Exponential:
      return std::min(low_ - a_ * portable_log(1 - span_ * u), high_);
    case Distribution::Law::Geometric:
      return std::min(low_ + std::floor(portable_log(1 - span_ * u) / b_), high_);
    case Distribution::Law::Quantiles:
      return between_points(u);
    case Distribution::Law::Zipf:
    case Distribution::Law::Histogram:
      break;  // need more than one number: see real() and whole()
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
  if (law_ == Distribution::Law::Uniform) return static_cast<std::int64_t>(random);  // of all 2^64
  if (bins_) {
    const std::size_t bin = 2 * std::size_t{bins_->pick(random)};
    const std::int64_t first = to_whole(points_[bin]);
    const auto count = static_cast<std::uint64_t>(to_whole(points_[bin + 1]) - first) + 1;
    return first + static_cast<std::int64_t>(below(mix64(random ^ kGolden), count));
  }
  return to_whole(real(random));
}

}  // namespace freshet
