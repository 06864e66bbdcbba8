// exp, log and the normal quantile from the four basic operations and sqrt alone.
//
// The C library may choose other code for these on another processor, and its last bit with it; a row must not
// depend on where it is made. IEEE 754 fixes the basic operations and sqrt, and the build forbids contraction
// (-ffp-contract=off), so these give the same bits everywhere. Relative error below 1e-15, which tests hold.
#pragma once

#include <cstdint>

namespace freshet {

/// Natural exponential. 0 below -700, and the value at 700 above it.
[[nodiscard]] double portable_exp(double x);
/// Natural logarithm of a positive, normal number.
[[nodiscard]] double portable_log(double x);
/// x with probability p of a standard normal below it, 0 < p < 1 (Wichura, algorithm AS 241, PPND16).
[[nodiscard]] double normal_quantile(double p);
/// The probability of a standard normal below x: the inverse of normal_quantile, by bisection (for set-up, slow).
[[nodiscard]] double normal_cumulative(double x);

/// Two numbers side by side in one register.
using Two [[gnu::vector_size(16)]] = double;
using TwoWords [[gnu::vector_size(16)]] = std::int64_t;
/// Replaces each by its portable_exp() or portable_log(), with the same bits.
void portable_exp(Two& x);
void portable_log(Two& x);

}  // namespace freshet
