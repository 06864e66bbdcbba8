// Sampler: a declared distribution, compiled. One 64-bit draw in, one value out, by inversion.
//
// Truncation narrows the probabilities that are inverted to [F(min), F(max)], so no draw is rejected, and none piles up
// at a limit. Normal, log-normal and exponential use a table of 4096 quantiles with linear interpolation; the outermost
// cells, where the quantile bends, are computed exactly. Zipf's ranks and a histogram's bins derive further bits from
// the one draw by hashing it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "generator/draw/alias_table.h"
#include "generator/draw/random.h"
#include "generator/draw/zipf.h"
#include "scenarios/model/scenario.h"

namespace freshet {

class Sampler {
 public:
  explicit Sampler(const Distribution& distribution);

  struct Range {
    std::int64_t least;
    std::int64_t most;
  };
  /// The limits of whole(), if all values between them are equally likely.
  [[nodiscard]] std::optional<Range> even_range() const {
    if (shape_ != Shape::Uniform || whole_count_ == 0) return std::nullopt;
    return Range{whole_low_, static_cast<std::int64_t>(static_cast<std::uint64_t>(whole_low_) + whole_count_ - 1)};
  }

  /// A real value of the distribution.
  [[nodiscard]] double real(std::uint64_t random) const;
  /// A whole value of the distribution: uniform and geometric are discrete (limits included), the others are rounded
  /// half away from zero.
  [[nodiscard]] std::int64_t whole(std::uint64_t random) const {
    if (shape_ != Shape::Uniform || whole_count_ == 0) return other_whole(random);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(whole_low_) + below(random, whole_count_));
  }

 private:
  enum class Shape : std::uint8_t {
    Constant,
    Uniform,
    Normal,
    LogNormal,
    Exponential,
    Geometric,
    Zipf,
    Histogram,
    Quantiles,
  };
  void take(const distributions::Constant& constant);
  void take(const distributions::Uniform& uniform);
  void take(const distributions::Normal& normal);
  void take(const distributions::LogNormal& lognormal);
  void take(const distributions::Exponential& exponential);
  void take(const distributions::Geometric& geometric);
  void take(const distributions::Zipf& zipf);
  void take(const distributions::Histogram& histogram);
  void take(const distributions::Quantiles& quantiles);
  void fill_knots();
  [[nodiscard]] std::int64_t other_whole(std::uint64_t random) const;
  [[nodiscard]] double quantile(double u) const;
  [[nodiscard]] double tabled(std::uint64_t random) const;
  [[nodiscard]] double between_points(double u) const;

  Shape shape_ = Shape::Constant;
  double a_ = 0;  ///< the value, mean or median
  double b_ = 0;  ///< deviation or sigma; Geometric: P(value > k) = exp(b·k)
  double low_;    ///< least value, or -∞
  double high_;   ///< greatest value, or +∞
  /// The probabilities that the truncation leaves: [from_, from_ + span_]. For geometric and exponential, of the part
  /// above low_.
  double from_ = 0;
  double span_ = 1;
  std::int64_t whole_low_ = 0;
  std::uint64_t whole_count_ = 1;  ///< 0 = 2^64
  std::vector<double> knots_;
  std::optional<Zipf> ranks_;
  std::optional<AliasTable> bins_;
  std::vector<double> points_;         ///< Histogram, Quantiles: as declared
  std::vector<double> probabilities_;  ///< Quantiles: the probability of being below points_[i]
};

}  // namespace freshet
