// Arithmetic on cells: exact for integers and decimals, rounded half away from zero where the scale shrinks.
#pragma once

#include <cstdint>
#include <span>

#include "base/row.h"
#include "generator/draw/random.h"
#include "scenarios/model/expression.h"

namespace freshet {

__extension__ typedef __int128 Int128;

/// A cell with its number of digits after the point (0 unless a decimal).
struct Operand {
  Cell cell;
  int scale = 0;
};

using Arithmetic = constructs::Arithmetic::Operation;

/// Converts units of 10^-from to units of 10^-to, rounded half away from zero. Saturates at the limits of 64 bits.
[[nodiscard]] std::int64_t rescale(Int128 units, int from, int to);

/// first ∘ second ∘ third … as a cell of `kind` (Integer, Decimal or Double) with `scale` digits; Divide takes two.
/// A null operand, or a division by zero, gives null. Exact before the one rounding, unless a Double takes part.
/// Precondition: at least one operand, and at most 36 digits after the point in a product.
[[nodiscard]] Cell compute(Arithmetic operation, std::span<const Operand> operands, Kind kind, int scale);

namespace arithmetic_detail {
inline constexpr std::int64_t kSmallPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

/// top / bottom of the absolute values, rounded half away from zero.
inline bool divide_small(std::int64_t top, std::int64_t bottom, std::int64_t& out) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  if (top < 0 || bottom <= 0 || bottom >= kMost) return false;
  const std::int64_t rest = top % bottom;
  out = top / bottom + (rest >= bottom - rest ? 1 : 0);
  return true;
}
}  // namespace arithmetic_detail

/// compute() for two whole or decimal numbers if 64 bits suffice and little rescaling is needed, as is usual for money:
/// the same result at a tenth of the cost. Returns false in all other cases.
[[nodiscard]] inline bool compute_small(Arithmetic operation, const Cell& left, int left_scale, const Cell& right,
                                        int right_scale, int scale, std::int64_t& out) {
  const auto small = [](const Cell& cell) { return cell.kind == Kind::Integer || cell.kind == Kind::Decimal; };
  if (!small(left) || !small(right)) return false;
  const std::int64_t x = left.number;
  const std::int64_t y = right.number;
  switch (operation) {
    case Arithmetic::Multiply:
      return left_scale + right_scale == scale && !__builtin_mul_overflow(x, y, &out);
    case Arithmetic::Add:
      return left_scale == scale && right_scale == scale && !__builtin_add_overflow(x, y, &out);
    case Arithmetic::Subtract:
      return left_scale == scale && right_scale == scale && !__builtin_sub_overflow(x, y, &out);
    case Arithmetic::Divide: {
      const int shift = scale + right_scale - left_scale;
      std::int64_t top = 0;
      if (shift < 0 || shift > 6 || __builtin_mul_overflow(x, arithmetic_detail::kSmallPowers[shift], &top))
        return false;
      return arithmetic_detail::divide_small(top, y, out);
    }
  }
  return false;
}

}  // namespace freshet
