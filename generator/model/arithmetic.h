// Arithmetic on cells: exact for integers and decimals, half away from zero where a scale must shrink.
#pragma once

#include <cstdint>
#include <span>

#include "base/row.h"
#include "generator/model/random.h"

namespace freshet {

__extension__ typedef __int128 Int128;

/// A cell with its number of digits after the point (0 unless a decimal).
struct Operand {
  Cell cell;
  int scale = 0;
};

enum class Arithmetic : std::uint8_t { Multiply, Divide, Add, Subtract };

/// units·10^-from as units of 10^-to, rounded half away from zero. What does not fit 64 bits is cut to the limit.
[[nodiscard]] std::int64_t rescale(Int128 units, int from, int to);

/// first ∘ second ∘ third … as a cell of `kind` (Integer, Decimal or Double) with `scale` digits; Divide takes two.
/// A null operand, or a division by zero, gives null. Exact before the one rounding, unless a Double takes part.
/// Precondition: at least one operand, and at most 36 digits after the point in a product.
[[nodiscard]] Cell compute(Arithmetic operation, std::span<const Operand> operands, Kind kind, int scale);

}  // namespace freshet
