#include "scenarios/model/expression.h"

#include "base/overloaded.h"

namespace freshet {

std::vector<ExpressionPtr> operands_of(const Expression& expression) {
  namespace c = constructs;
  using Operands = std::vector<ExpressionPtr>;
  return std::visit(
      Overloaded{
          [](const c::Arithmetic& arithmetic) { return arithmetic.operands; },
          [](const c::When& when) {
            Operands operands{when.tested};
            for (const c::When::Case& each : when.cases) operands.push_back(each.result);
            operands.push_back(when.otherwise);
            return operands;
          },
          [](const c::Nullable& nullable) { return Operands{nullable.value}; },
          [](const OneOf<c::Constant, c::Sequence, c::Uuid, c::OrderedUuid, c::Draw, c::Choice, c::Time, c::State,
                         c::Path, c::Ref, c::List, c::Sum, c::Chance, c::Pattern, c::Words, c::Person, c::Data> auto&) {
            return Operands{};
          }},
      expression.construct);
}

bool is_null(const Expression& expression) {
  const auto* constant = expression.as<constructs::Constant>();
  return constant != nullptr && constant->literal.cells[0].kind == Kind::Null;
}

}  // namespace freshet
