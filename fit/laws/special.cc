#include "fit/laws/special.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace freshet {
namespace {

constexpr double kTiny = 1e-300;
constexpr double kPrecise = 1e-15;
constexpr int kMostTerms = 100'000;

/// x^a e^-x / Γ(a)
double gamma_front(double a, double x) { return std::exp(a * std::log(x) - x - std::lgamma(a)); }

double gamma_below_by_series(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (int n = 1; n < kMostTerms && term > sum * kPrecise; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * gamma_front(a, x);
}

/// Lentz's method to evaluate a continued fraction from its front.
double gamma_above_by_fraction(double a, double x) {
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double fraction = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    if (std::abs(d) < kTiny) d = kTiny;
    c = b + numerator / c;
    if (std::abs(c) < kTiny) c = kTiny;
    d = 1 / d;
    fraction *= d * c;
    if (std::abs(d * c - 1) < kPrecise) break;
  }
  return fraction * gamma_front(a, x);
}

/// Sum of the probabilities of Binomial(n, p) from `k` on in steps of `step`, until they no longer matter.
double binomial_tail(std::int64_t k, std::int64_t n, double p, int step) {
  const auto real_k = static_cast<double>(k);
  const auto real_n = static_cast<double>(n);
  const double log_first = std::lgamma(real_n + 1) - std::lgamma(real_k + 1) - std::lgamma(real_n - real_k + 1) +
                           real_k * std::log(p) + (real_n - real_k) * std::log1p(-p);
  double term = std::exp(log_first);
  double sum = 0;
  const double mode = real_n * p;
  for (std::int64_t i = k; i >= 0 && i <= n; i += step) {
    sum += term;
    const auto at = static_cast<double>(i);
    const bool past_mode = step > 0 ? at > mode : at < mode;
    if (past_mode && term < sum * kPrecise) break;
    term *= step > 0 ? (real_n - at) / (at + 1) * p / (1 - p) : at / (real_n - at + 1) * (1 - p) / p;
  }
  return std::min(1.0, sum);
}

}  // namespace

double normal_at_most(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double gamma_above(double a, double x) {
  if (x <= 0) return 1;
  if (!std::isfinite(x)) return 0;
  return x < a + 1 ? 1 - gamma_below_by_series(a, x) : gamma_above_by_fraction(a, x);
}

double chi_square_above(double x, double freedom) { return gamma_above(freedom / 2, x / 2); }

double kolmogorov_above(double distance, double n) {
  const double root = std::sqrt(n);
  const double lambda = (root + 0.12 + 0.11 / root) * distance;
  if (lambda < 0.2) return 1;  // there it is 1 to more than fifteen digits
  double sum = 0;
  double sign = 2;
  for (int k = 1; k <= 100; ++k) {
    const double term = std::exp(-2.0 * k * k * lambda * lambda);
    sum += sign * term;
    sign = -sign;
    if (term < kPrecise * sum) break;
  }
  return std::clamp(sum, 0.0, 1.0);
}

double binomial_two_sided(std::int64_t seen, std::int64_t n, double p) {
  if (p <= 0) return seen == 0 ? 1 : 0;
  if (p >= 1) return seen == n ? 1 : 0;
  return std::min(1.0, 2 * std::min(binomial_tail(seen, n, p, -1), binomial_tail(seen, n, p, 1)));
}

double poisson_two_sided(double seen, double expected) {
  if (expected <= 0) return seen > 0 ? 0 : 1;
  const double at_most = gamma_above(seen + 1, expected);
  const double at_least = seen > 0 ? 1 - gamma_above(seen, expected) : 1;
  return std::min(1.0, 2 * std::min(at_most, at_least));
}

double deviation_two_sided(double seen, double expected, double variance) {
  const double distance = std::abs(seen - expected);
  if (variance < 1e-9) return distance < 1e-6 ? 1 : 0;
  constexpr double kNormalFrom = 100;
  if (variance >= kNormalFrom) return std::erfc(distance / std::sqrt(2 * variance));
  const double u = distance / variance;
  return std::min(1.0, 2 * std::exp(-variance * ((1 + u) * std::log1p(u) - u)));
}

}  // namespace freshet
