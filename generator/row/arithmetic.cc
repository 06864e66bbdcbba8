#include "generator/row/arithmetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/result.h"

namespace freshet {
namespace {

constexpr int kMostDigits = 18;
constexpr auto kPowers = [] {
  std::array<std::int64_t, kMostDigits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

std::int64_t power_of_ten(int digits) {
  FRESHET_CHECK(digits >= 0 && digits <= kMostDigits, "decimals have at most 18 digits after the point");
  return kPowers[static_cast<std::size_t>(digits)];
}

std::int64_t cut(Int128 value) {
  constexpr Int128 kLow = std::numeric_limits<std::int64_t>::min();
  constexpr Int128 kHigh = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(value, kLow, kHigh));
}

Int128 divide_half_away(Int128 top, Int128 bottom) {
  if (bottom < 0) {
    top = -top;
    bottom = -bottom;
  }
  const Int128 whole = top / bottom;
  const Int128 rest = top % bottom;
  const Int128 magnitude = rest < 0 ? -rest : rest;
  if (magnitude < bottom - magnitude) return whole;
  return top < 0 ? whole - 1 : whole + 1;
}

double real_value(const Operand& operand) {
  if (operand.cell.kind == Kind::Double) return as_double(operand.cell);
  return static_cast<double>(operand.cell.number) / static_cast<double>(power_of_ten(operand.scale));
}

double compute_real(Arithmetic operation, double left, double right) {
  switch (operation) {
    case Arithmetic::Multiply:
      return left * right;
    case Arithmetic::Divide:
      return left / right;
    case Arithmetic::Add:
      return left + right;
    case Arithmetic::Subtract:
      return left - right;
  }
  return 0;
}

Cell number_of_kind(Kind kind, std::int64_t units) {
  return kind == Kind::Integer ? integer_cell(units) : decimal_cell(units);
}

std::int64_t divide_exact(const Operand& left, const Operand& right, int scale) {
  // x·10^-l / y·10^-r in units of 10^-scale: multiply before the one division.
  const Int128 x = left.cell.number;
  const Int128 y = right.cell.number;
  const int shift = scale + right.scale - left.scale;
  return cut(shift >= 0 ? divide_half_away(x * power_of_ten(shift), y) : divide_half_away(x, y * power_of_ten(-shift)));
}

/// A number of 10^-scale units, before the one rounding.
struct Exact {
  Int128 units;
  int scale;

  void multiply(const Operand& by) {
    Int128 product = 0;
    if (__builtin_mul_overflow(units, static_cast<Int128>(by.cell.number), &product)) {
      product = ((units < 0) == (by.cell.number < 0)) ? kMost : -kMost;
    }
    units = product;
    scale += by.scale;
  }
  void add(const Operand& other, int sign) {
    const int common = std::max(scale, other.scale);
    units = units * power_of_ten(common - scale) +
            static_cast<Int128>(other.cell.number) * sign * power_of_ten(common - other.scale);
    scale = common;
  }

 private:
  static constexpr Int128 kMost = static_cast<Int128>(~UInt128{0} >> 1);
};

std::int64_t compute_exact(Arithmetic operation, std::span<const Operand> operands, int scale) {
  if (operation == Arithmetic::Divide) return divide_exact(operands[0], operands[1], scale);
  Exact result{operands[0].cell.number, operands[0].scale};
  for (const Operand& operand : operands.subspan(1)) {
    if (operation == Arithmetic::Multiply) {
      result.multiply(operand);
    } else {
      result.add(operand, operation == Arithmetic::Add ? 1 : -1);
    }
  }
  return rescale(result.units, result.scale, scale);
}

Cell compute_double(Arithmetic operation, std::span<const Operand> operands, Kind kind, int scale) {
  double value = real_value(operands[0]);
  for (const Operand& operand : operands.subspan(1)) value = compute_real(operation, value, real_value(operand));
  if (kind == Kind::Double) return double_cell(value);
  const double units = value * static_cast<double>(power_of_ten(scale));
  const double rounded = units < 0 ? -std::floor(0.5 - units) : std::floor(0.5 + units);
  return number_of_kind(kind, static_cast<std::int64_t>(std::clamp(rounded, -9.2e18, 9.2e18)));
}

}  // namespace

std::int64_t rescale(Int128 units, int from, int to) {
  if (from == to) return cut(units);
  if (from < to) return cut(static_cast<Int128>(cut(units)) * power_of_ten(to - from));
  const int most = std::min(from - to, kMostDigits);
  return cut(divide_half_away(units, static_cast<Int128>(power_of_ten(most)) * power_of_ten(from - to - most)));
}

Cell compute(Arithmetic operation, std::span<const Operand> operands, Kind kind, int scale) {
  bool real = kind == Kind::Double;
  for (const Operand& operand : operands) {
    if (operand.cell.kind == Kind::Null) return null_cell();
    real = real || operand.cell.kind == Kind::Double;
  }
  if (operation == Arithmetic::Divide && real_value(operands[1]) == 0) return null_cell();
  if (real) return compute_double(operation, operands, kind, scale);
  return number_of_kind(kind, compute_exact(operation, operands, scale));
}

}  // namespace freshet
