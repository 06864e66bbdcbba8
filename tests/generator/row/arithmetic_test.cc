// Money is exact: one rounding, half away from zero.
#include "generator/row/arithmetic.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace freshet {
namespace {

Operand decimal(std::int64_t units, int scale) { return {decimal_cell(units), scale}; }
Operand integer(std::int64_t value) { return {integer_cell(value), 0}; }

std::int64_t money(Arithmetic operation, const std::vector<Operand>& operands, int scale = 2) {
  const Cell cell = compute(operation, operands, Kind::Decimal, scale);
  EXPECT_EQ(cell.kind, Kind::Decimal);
  return cell.number;
}

TEST(Arithmetic, RoundsOnceAndHalfAwayFromZero) {
  EXPECT_EQ(money(Arithmetic::Multiply, {decimal(1005, 2), decimal(105, 2)}), 1055) << "10.05 × 1.05 = 10.5525";
  EXPECT_EQ(money(Arithmetic::Multiply, {decimal(150, 2), decimal(103, 2)}), 155) << "1.545 → 1.55";
  EXPECT_EQ(money(Arithmetic::Multiply, {decimal(-150, 2), decimal(103, 2)}), -155) << "-1.545 → -1.55";
  EXPECT_EQ(money(Arithmetic::Divide, {decimal(1, 2), integer(2)}), 1) << "0.005 → 0.01";
  EXPECT_EQ(money(Arithmetic::Divide, {decimal(-1, 2), integer(2)}), -1);
  EXPECT_EQ(money(Arithmetic::Divide, {decimal(1, 2), integer(3)}), 0);
  // 1.05 × 1.05 × 1.1 = 1.212750: rounding in between would give 1.10 × 1.1 = 1.21 too, so at three digits:
  EXPECT_EQ(money(Arithmetic::Multiply, {decimal(105, 2), decimal(105, 2), decimal(11, 1)}, 3), 1213);
}

TEST(Arithmetic, AlignsScales) {
  EXPECT_EQ(money(Arithmetic::Add, {decimal(1, 0), decimal(25, 2), decimal(5, 1)}), 175);
  EXPECT_EQ(money(Arithmetic::Subtract, {decimal(100, 2), decimal(1, 3), decimal(4, 3)}, 3), 995);
  EXPECT_EQ(money(Arithmetic::Subtract, {decimal(100, 2), decimal(5, 3)}, 2), 100) << "0.995 → 1.00";
}

TEST(Arithmetic, VatInclusiveComesOutExactlyForEveryAmount) {
  // nett = total / 1.14 and tax = total - nett: they add up, and nett is the nearest cent.
  for (std::int64_t total = -200'000; total <= 200'000; total += 7) {
    const std::int64_t nett = money(Arithmetic::Divide, {decimal(total, 2), decimal(114, 2)});
    const std::int64_t vat = money(Arithmetic::Subtract, {decimal(total, 2), decimal(nett, 2)});
    EXPECT_EQ(nett + vat, total);
    EXPECT_LE(std::abs(nett * 114 - total * 100), 57);
  }
}

TEST(Arithmetic, NullsAndDivisionByZeroGiveNull) {
  const std::vector<Operand> with_null{decimal(1, 2), Operand{null_cell(), 0}};
  EXPECT_EQ(compute(Arithmetic::Add, with_null, Kind::Decimal, 2).kind, Kind::Null);
  const std::vector<Operand> by_zero{decimal(1, 2), integer(0)};
  EXPECT_EQ(compute(Arithmetic::Divide, by_zero, Kind::Decimal, 2).kind, Kind::Null);
  EXPECT_EQ(compute(Arithmetic::Divide, by_zero, Kind::Double, 0).kind, Kind::Null);
}

TEST(Arithmetic, DoublesStayDoubles) {
  const std::vector<Operand> mixed{decimal(150, 2), Operand{double_cell(0.5), 0}};
  EXPECT_EQ(as_double(compute(Arithmetic::Multiply, mixed, Kind::Double, 0)), 0.75);
  EXPECT_EQ(compute(Arithmetic::Multiply, mixed, Kind::Decimal, 1).number, 8) << "0.75 → 0.8";
}

TEST(Arithmetic, WhatDoesNotFitIsCutToTheLimit) {
  const std::vector<Operand> huge{integer(INT64_MAX), integer(INT64_MAX), integer(-INT64_MAX)};
  EXPECT_EQ(compute(Arithmetic::Multiply, huge, Kind::Integer, 0).number, INT64_MIN);
  EXPECT_EQ(rescale(static_cast<Int128>(INT64_MAX) * 10, 0, 0), INT64_MAX);
  EXPECT_EQ(rescale(static_cast<Int128>(5) * 1'000'000'000'000'000'000 * 1'000'000'000'000'000'000, 36, 0), 5);
}

TEST(SmallArithmetic, IsThatOfCompute) {
  constexpr std::int64_t kValues[] = {
      0, 1, 2, 3, 5, 7, 99, 100, 114, -1, -114, 12'345, 4'611'686'018'427'387'904, INT64_MAX, INT64_MIN};
  int taken = 0;
  for (const auto operation : {Arithmetic::Multiply, Arithmetic::Divide, Arithmetic::Add, Arithmetic::Subtract}) {
    for (const std::int64_t x : kValues) {
      for (const std::int64_t y : kValues) {
        for (const int scale : {0, 2, 4}) {
          const std::array<Operand, 2> operands{Operand{decimal_cell(x), 2}, Operand{integer_cell(y), 0}};
          std::int64_t units = 0;
          if (!compute_small(operation, operands[0].cell, 2, operands[1].cell, 0, scale, units)) continue;
          ++taken;
          const Cell exact = compute(operation, operands, Kind::Decimal, scale);
          ASSERT_EQ(exact.kind, Kind::Decimal) << x << ' ' << y;
          ASSERT_EQ(units, exact.number) << x << ' ' << y << " to " << scale;
        }
      }
    }
  }
  EXPECT_GT(taken, 200) << "or nothing is small";
}

}  // namespace
}  // namespace freshet
