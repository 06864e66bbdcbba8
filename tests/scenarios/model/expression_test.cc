#include "scenarios/model/expression.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

ExpressionPtr make(Expression::Construct construct) {
  return std::make_shared<Expression>(Expression{std::move(construct), {}, {}});
}

ExpressionPtr constant(const Cell& cell) {
  Row literal;
  literal.reset(1);
  literal.cells[0] = cell;
  return make(constructs::Constant{std::move(literal)});
}

TEST(OperandsOf, AreWhatAValueIsComputedFrom) {
  const ExpressionPtr one = constant(integer_cell(1));
  const ExpressionPtr two = constant(integer_cell(2));
  const ExpressionPtr path = make(constructs::Path{"status"});
  using Operands = std::vector<ExpressionPtr>;
  using Operation = constructs::Arithmetic::Operation;
  EXPECT_EQ(operands_of(*make(constructs::Arithmetic{Operation::Add, {one, two}})), (Operands{one, two}));
  EXPECT_EQ(operands_of(*make(constructs::When{path, {{"paid", one}}, false, two})), (Operands{path, one, two}));
  EXPECT_EQ(operands_of(*make(constructs::Nullable{0.5, two})), (Operands{two}));
}

TEST(OperandsOf, AValueThatIsNotComputedHasNone) {
  EXPECT_TRUE(operands_of(*constant(integer_cell(1))).empty());
  EXPECT_TRUE(operands_of(*make(constructs::Path{"status"})).empty());
  EXPECT_TRUE(operands_of(*make(constructs::List{{}, {Field{"n", constant(integer_cell(1)), {}}}})).empty())
      << "the items of a list are values of their own";
}

TEST(IsNull, HoldsOnlyForTheConstant) {
  EXPECT_TRUE(is_null(*constant(null_cell())));
  EXPECT_FALSE(is_null(*constant(integer_cell(0))));
  EXPECT_FALSE(is_null(*make(constructs::Nullable{1, constant(null_cell())})));
}

}  // namespace
}  // namespace freshet
