// The statistical functions that goodness-of-fit tests need and the standard library lacks.
#pragma once

#include <cstdint>

namespace freshet {

/// P(Z ≤ z) of the standard normal distribution.
[[nodiscard]] double normal_at_most(double z);

/// Q(a, x) = Γ(a, x) / Γ(a), for a > 0 and x ≥ 0: by the series of P below a + 1 and by the continued fraction above
/// (Abramowitz and Stegun, Handbook of Mathematical Functions, 6.5.29 and 6.5.31).
[[nodiscard]] double gamma_above(double a, double x);

/// P(X ≥ x) of χ² with `freedom` degrees of freedom.
[[nodiscard]] double chi_square_above(double x, double freedom);

/// P(D ≥ distance) of the Kolmogorov-Smirnov distance between a distribution and a sample of n: Kolmogorov's limit,
/// with the correction of Stephens (J. R. Statist. Soc. B 32, 1970), good from n of about 5 on.
[[nodiscard]] double kolmogorov_above(double distance, double n);

/// Probability of a count at least as far out as `seen`, in either direction: twice the smaller exact tail of
/// Binomial(n, p).
[[nodiscard]] double binomial_two_sided(std::int64_t seen, std::int64_t n, double p);

/// The same for a Poisson count.
[[nodiscard]] double poisson_two_sided(double seen, double expected);

/// The same for a sum of unequal chances (or of chances that depend on earlier ones), known by its expectation and the
/// sum of its variances. Normal if the variance is large; below 100 the bound of Bennett (J. Am. Statist. Assoc. 57,
/// 1962; for martingales Freedman, Ann. Probab. 3, 1975), which is never too small.
[[nodiscard]] double deviation_two_sided(double seen, double expected, double variance);

}  // namespace freshet
