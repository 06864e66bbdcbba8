#include "generator/draw/zipf.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/result.h"
#include "generator/draw/portable_math.h"

namespace freshet {
namespace {

// Near 0 the quotients below lose all digits; a series, exact to 1e-15 there, replaces them.
constexpr double kSeriesBelow = 1e-3;

/// log(1 + x) / x
double log_quotient(double x) {
  if (std::abs(x) > kSeriesBelow) return portable_log(1 + x) / x;
  return 1 - x * (1.0 / 2 - x * (1.0 / 3 - x * (1.0 / 4 - x * (1.0 / 5))));
}

/// (exp(x) - 1) / x
double exp_quotient(double x) {
  if (std::abs(x) > kSeriesBelow) return (portable_exp(x) - 1) / x;
  return 1 + x * (1.0 / 2) * (1 + x * (1.0 / 3) * (1 + x * (1.0 / 4) * (1 + x * (1.0 / 5))));
}

}  // namespace

Zipf::Zipf(std::uint64_t n, double s, double q) : n_(static_cast<double>(n)), s_(s), q_(q), unit_(1 + q) {
  FRESHET_CHECK(n >= 1 && s >= 0 && q >= 0, "Zipf needs n >= 1, s >= 0 and q >= 0");
  integral_first_ = integral(1.5) - 1;
  integral_last_ = integral(n_ + 0.5);
  accept_ = 2 - inverse_integral(integral(2.5) - density(2));
}

double Zipf::integral(double x) const {
  const double log_x = portable_log((x + q_) / unit_);
  return unit_ * (exp_quotient((1 - s_) * log_x) * log_x);
}

double Zipf::density(double x) const { return portable_exp(-s_ * portable_log((x + q_) / unit_)); }

double Zipf::inverse_integral(double y) const {
  const double part = y / unit_;
  const double t = std::max(-1.0 + 1e-15, part * (1 - s_));
  return unit_ * portable_exp(log_quotient(t) * part) - q_;
}

namespace {

/// Replaces each by its log_quotient().
void log_quotient(Two& x) {
  const Two series = 1 - x * (1.0 / 2 - x * (1.0 / 3 - x * (1.0 / 4 - x * (1.0 / 5))));
  Two quotient = 1 + x;
  portable_log(quotient);
  quotient /= x;
  x = (x > kSeriesBelow || x < -kSeriesBelow) ? quotient : series;
}

}  // namespace

/// Each step is done for all pairs, so that the processor can work on several at a time instead of waiting for one.
void Zipf::ranks(Stream stream, std::span<const std::uint64_t> positions, std::uint64_t* ranks) const {
  FRESHET_CHECK(positions.size() <= kMostRanks, "there is room for that many");
  constexpr std::size_t kMostPairs = (kMostRanks + 1) / 2;
  const std::size_t pairs = (positions.size() + 1) / 2;
  std::array<Two, kMostPairs> part;
  std::array<Two, kMostPairs> x;
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::size_t second = std::min(2 * i + 1, positions.size() - 1);
    const Two u = {unit(draw(stream, combine(positions[2 * i], 0))), unit(draw(stream, combine(positions[second], 0)))};
    const Two y = integral_last_ + u * (integral_first_ - integral_last_);
    // As inverse_integral().
    part[i] = y / unit_;
    const Two product = part[i] * (1 - s_);
    const Two least = Two{} + (-1.0 + 1e-15);
    x[i] = product > least ? product : least;
  }
  for (std::size_t i = 0; i < pairs; ++i) log_quotient(x[i]);
  for (std::size_t i = 0; i < pairs; ++i) x[i] *= part[i];
  for (std::size_t i = 0; i < pairs; ++i) portable_exp(x[i]);
  for (std::size_t i = 0; i < pairs; ++i) x[i] = unit_ * x[i] - q_;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const double at = x[i / 2][i % 2];
    const double k = std::clamp(std::floor(at + 0.5), 1.0, n_);
    ranks[i] = k - at <= accept_ ? static_cast<std::uint64_t>(k) : rank(stream, positions[i]);
  }
}

std::uint64_t Zipf::rank(Stream stream, std::uint64_t position) const {
  for (std::uint64_t attempt = 0;; ++attempt) {
    const double u = unit(draw(stream, combine(position, attempt)));
    const double y = integral_last_ + u * (integral_first_ - integral_last_);
    const double x = inverse_integral(y);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, n_);
    if (k - x <= accept_ || y >= integral(k + 0.5) - density(k)) return static_cast<std::uint64_t>(k);
  }
}

}  // namespace freshet
