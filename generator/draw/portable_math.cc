#include "generator/draw/portable_math.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace freshet {
namespace {

// ln 2 in two parts: the first has enough trailing zeros that a small integer times it is exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kInverseLn2 = 0x1.71547652b82fep+0;

double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52); }

template <int kTerms, typename Real>
void evaluate(const double (&coefficients)[kTerms], const Real& x, Real& sum) {
  sum = Real{} + coefficients[kTerms - 1];
  for (int i = kTerms - 2; i >= 0; --i) sum = sum * x + coefficients[i];
}
template <int kTerms>
double polynomial(const double (&coefficients)[kTerms], double x) {
  double sum = 0;
  evaluate(coefficients, x, sum);
  return sum;
}

// AS 241: numerators and denominators for the centre, the shoulders and the tails.
constexpr double kCentreTop[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                 1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                 3.3430575583588128105e4, 2.5090809287301226727e3};
constexpr double kCentreBottom[] = {1.0,
                                    4.2313330701600911252e1,
                                    6.8718700749205790830e2,
                                    5.3941960214247511077e3,
                                    2.1213794301586595867e4,
                                    3.9307895800092710610e4,
                                    2.8729085735721942674e4,
                                    5.2264952788528545610e3};
constexpr double kShoulderTop[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                   3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                   2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr double kShoulderBottom[] = {1.0,
                                      2.05319162663775882187e0,
                                      1.67638483018380384940e0,
                                      6.89767334985100004550e-1,
                                      1.48103976427480074590e-1,
                                      1.51986665636164571966e-2,
                                      5.47593808499534494600e-4,
                                      1.05075007164441684324e-9};
constexpr double kTailTop[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                               2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double kTailBottom[] = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};

// 1/n! for the Taylor series of exp on |x| ≤ ln 2 / 2, where the first term left out is below 2^-57.
constexpr double kExpTaylor[] = {
    1.0,        1.0,         1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,
    1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
// 2/(2n+1): log((1+s)/(1-s)) = s · Σ 2 s^2n / (2n+1), here for |s| ≤ 0.1716.
constexpr double kLogSeries[] = {2.0,      2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};

}  // namespace

double portable_exp(double x) {
  if (x < -700) return 0;
  if (x > 700) x = 700;
  const double k = std::floor(x * kInverseLn2 + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  return polynomial(kExpTaylor, r) * power_of_two(static_cast<int>(k));
}

double portable_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double fraction = s * polynomial(kLogSeries, s * s);
  return exponent * kLn2High + (exponent * kLn2Low + fraction);
}

// The same steps for two numbers: every operation gives the same bits, whether side by side or one after the other.
void portable_exp(Two& x) {
  const Two low = Two{} - 700;
  const Two high = Two{} + 700;
  const Two inside = x > high ? high : x < low ? low : x;
  const Two whole = inside * kInverseLn2 + 0.5;
  TwoWords exponent = __builtin_convertvector(whole, TwoWords);
  Two k = __builtin_convertvector(exponent, Two);
  const TwoWords above = k > whole;  // a mask: true is -1. The conversion truncates, while floor() rounds down
  exponent += above;
  k = above ? k - 1 : k;
  const Two r = (inside - k * kLn2High) - k * kLn2Low;
  Two sum;
  evaluate(kExpTaylor, r, sum);
  const Two result = sum * (Two)((exponent + 1023) << 52);
  x = x < low ? Two{} : result;
}

void portable_log(Two& x) {
  const auto bits = (TwoWords)x;
  Two mantissa = (Two)((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  const TwoWords above = mantissa > 1.4142135623730951;
  mantissa = above ? mantissa * 0.5 : mantissa;
  const Two k = __builtin_convertvector((bits >> 52) - 1023 - above, Two);
  const Two s = (mantissa - 1) / (mantissa + 1);
  Two sum;
  evaluate(kLogSeries, s * s, sum);
  x = k * kLn2High + (k * kLn2Low + s * sum);
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(kCentreTop, r) / polynomial(kCentreBottom, r);
  }
  const double r = std::sqrt(-portable_log(q < 0 ? p : 1 - p));
  const double x = r <= 5 ? polynomial(kShoulderTop, r - 1.6) / polynomial(kShoulderBottom, r - 1.6)
                          : polynomial(kTailTop, r - 5) / polynomial(kTailBottom, r - 5);
  return q < 0 ? -x : x;
}

double normal_cumulative(double x) {
  if (x > 0) return 1 - normal_cumulative(-x);
  double low = 0x1p-1000;
  double high = 0.5;
  // The steps are geometric at first, because the answer may be many powers of two below ½.
  for (int step = 0; step < 160; ++step) {
    const double middle = low * 4 < high ? std::sqrt(low) * std::sqrt(high) : 0.5 * (low + high);
    (normal_quantile(middle) < x ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace freshet
