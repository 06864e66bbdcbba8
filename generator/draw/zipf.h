// Zipf: ranks 1 … n with probability proportional to (rank + q)^-s, for any s ≥ 0 and q ≥ 0, in constant time and
// memory. q = 0 is Zipf's distribution, q > 0 Mandelbrot's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "generator/draw/random.h"

namespace freshet {

/// Rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions", 1996). About 1.0 attempts per draw.
class Zipf {
 public:
  Zipf(std::uint64_t n, double s, double q = 0);
  /// A rank, 1 … n. Attempt k takes the draw at combine(position, k).
  [[nodiscard]] std::uint64_t rank(Stream stream, std::uint64_t position) const;
  static constexpr std::size_t kMostRanks = 16;
  /// rank() at each of up to kMostRanks positions.
  void ranks(Stream stream, std::span<const std::uint64_t> positions, std::uint64_t* ranks) const;

 private:
  [[nodiscard]] double integral(double x) const;
  [[nodiscard]] double density(double x) const;
  [[nodiscard]] double inverse_integral(double y) const;

  double n_;
  double s_;
  double q_;
  double unit_;  ///< 1 + q: ranks are measured in this unit, so that the first has density 1
  double integral_first_;
  double integral_last_;
  double accept_;
};

}  // namespace freshet
