// {"multiply" | "divide" | "add" | "subtract": [operands], "scale": n}
//
// Operands: a column's name, a decimal in quotes, a whole number, or any expression that yields a number. The result's
// scale is "scale"; without it that of an exact result: the greatest of a sum's, the total of a product's. A quotient
// has no exact result and must say it.
//
//   {"round": operand, "scale": 2} · {"round": operand, "to": "0.05"}
//   {"vat": gross, "rate": "0.14"} · {"vat": nett, "rate": "0.14", "prices": "exclusive"} · {"nett": gross, "rate":
//   "0.14"}
#include <algorithm>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

using Operation = constructs::Arithmetic::Operation;

ExpressionPtr read_operand(const Json& value, const Scope& scope, Context& context) {
  ExpressionPtr operand;
  if (value.is_text() && parse_decimal_text(value.text)) {
    operand = decimal_constant(value);
  } else if (value.is_text()) {
    operand = read_path(value, scope, context);
  } else if (value.is_number() && !value.is_whole_number()) {
    mismatch(value, "the decimal in quotes, \"" + value.text + '"', context.problems);
  } else {
    operand = read_expression(value, scope, context);
  }
  if (operand == nullptr) return nullptr;
  const bool structure = operand->is<constructs::Ref>() || operand->is<constructs::List>();
  if (structure || !is_numeric(operand->type)) {
    context.problems.error(
        value.origin,
        value.is_text() ? '"' + value.text + "\" is " + describe(operand->type) : "found " + describe(value),
        "a number");
    return nullptr;
  }
  return operand;
}

/// The type of an exact result; none for a quotient of other numbers than binary ones.
std::optional<ColumnType> exact_type(const constructs::Arithmetic& arithmetic) {
  ColumnType type = plain_type(Kind::Integer);
  int greatest = 0;
  int total = 0;
  for (const ExpressionPtr& operand : arithmetic.operands) {
    if (operand->type.kind == Kind::Double) return plain_type(Kind::Double);
    if (operand->type.kind == Kind::Decimal) type.kind = Kind::Decimal;
    greatest = std::max(greatest, operand->type.scale);
    total += operand->type.scale;
  }
  if (arithmetic.operation == Operation::Divide) return std::nullopt;
  type.scale = arithmetic.operation == Operation::Multiply ? total : greatest;
  return type;
}

/// None after a problem.
std::optional<ColumnType> type_of(const Json& value, const Json* scale, const constructs::Arithmetic& arithmetic,
                                  Context& context) {
  if (scale != nullptr) {
    const auto digits = read_integer(*scale, 0, kMaxScale, context.problems);
    return digits ? std::optional(plain_type(Kind::Decimal, static_cast<int>(*digits))) : std::nullopt;
  }
  const auto type = exact_type(arithmetic);
  if (!type) {
    context.problems.error(value.origin, "a quotient without \"scale\"", "\"scale\": the digits after the point");
    return std::nullopt;
  }
  if (type->scale > kMaxScale) {
    context.problems.error(value.origin, "a product of " + std::to_string(type->scale) + " digits after the point",
                           "\"scale\": at most " + std::to_string(kMaxScale));
    return std::nullopt;
  }
  return type;
}

ExpressionPtr compute(Operation operation, std::vector<ExpressionPtr> operands, int scale, const Origin& origin) {
  return make_expression(constructs::Arithmetic{operation, std::move(operands)}, plain_type(Kind::Decimal, scale),
                         origin);
}

/// The number of digits of the result: "scale", or that of the operand.
std::optional<int> scale_of(const ObjectReader& members, const Expression& operand, Context& context) {
  const Json* scale = members.find("scale");
  if (scale == nullptr) return operand.type.scale;
  const auto digits = read_integer(*scale, 0, kMaxScale, context.problems);
  return digits ? std::optional(static_cast<int>(*digits)) : std::nullopt;
}

ExpressionPtr one(const Origin& origin) {
  Row literal;
  literal.reset(1);
  literal.cells[0] = integer_cell(1);
  return make_expression(constructs::Constant{std::move(literal)}, plain_type(Kind::Integer), origin);
}

}  // namespace

ExpressionPtr read_rounding(const Json& value, const Scope& scope, Context& context) {
  const ObjectReader members(value, {"round", "scale", "to"}, context.problems);
  ExpressionPtr operand = read_operand(*members.find("round"), scope, context);
  const Json* scale = members.find("scale");
  const Json* to = members.find("to");
  if ((scale == nullptr) == (to == nullptr)) {
    context.problems.error(value.origin, "\"round\" without a unit, or with two",
                           "one of \"scale\": 2 and \"to\": \"0.05\"");
    return nullptr;
  }
  if (operand == nullptr) return nullptr;
  if (scale != nullptr) {
    const auto digits = scale_of(members, *operand, context);
    return digits ? compute(Operation::Add, {std::move(operand)}, *digits, value.origin) : nullptr;
  }
  const auto step = to->is_text() ? parse_decimal_text(to->text) : std::nullopt;
  if (!step || step->units <= 0) {
    mismatch(*to, "a decimal above 0 in quotes, \"0.05\"", context.problems);
    return nullptr;
  }
  const ExpressionPtr width = decimal_constant(*to);
  ExpressionPtr steps = compute(Operation::Divide, {std::move(operand), width}, 0, value.origin);
  return compute(Operation::Multiply, {std::move(steps), width}, step->scale, value.origin);
}

ExpressionPtr read_tax(const Json& value, const std::string& name, const Scope& scope, Context& context) {
  const bool nett = name == "nett";
  const ObjectReader members(value, nett ? Names{name, "rate", "scale"} : Names{name, "rate", "prices", "scale"},
                             context.problems);
  ExpressionPtr amount = read_operand(*members.find(name), scope, context);
  const Json* rate_value = members.require("rate", "\"0.14\"");
  ExpressionPtr rate = rate_value != nullptr ? read_operand(*rate_value, scope, context) : nullptr;
  bool inclusive = true;
  if (const Json* prices = members.find("prices")) {
    inclusive = prices->is_text() && prices->text == "inclusive";
    if (!inclusive && (!prices->is_text() || prices->text != "exclusive")) {
      mismatch(*prices, "\"inclusive\" or \"exclusive\"", context.problems);
      return nullptr;
    }
  }
  if (amount == nullptr || rate == nullptr) return nullptr;
  const auto scale = scale_of(members, *amount, context);
  if (!scale) return nullptr;
  if (!inclusive) return compute(Operation::Multiply, {std::move(amount), std::move(rate)}, *scale, value.origin);
  const int digits = rate->type.scale;
  ExpressionPtr factor = compute(Operation::Add, {one(value.origin), std::move(rate)}, digits, value.origin);
  ExpressionPtr without = compute(Operation::Divide, {amount, std::move(factor)}, *scale, value.origin);
  if (nett) return without;
  return compute(Operation::Subtract, {std::move(amount), std::move(without)}, *scale, value.origin);
}

ExpressionPtr read_arithmetic(const Json& value, Operation operation, const std::string& name, const Scope& scope,
                              Context& context) {
  const ObjectReader members(value, {name, "scale"}, context.problems);
  const Json& operands = *members.find(name);
  const bool pair = operation == Operation::Divide || operation == Operation::Subtract;
  const bool right = operands.is_array() && (pair ? operands.items.size() == 2 : operands.items.size() >= 2);
  if (!right) {
    mismatch(operands, pair ? "a list of two operands" : "a list of two or more operands", context.problems);
    return nullptr;
  }
  constructs::Arithmetic arithmetic{operation, {}};
  for (const Json& operand : operands.items) {
    ExpressionPtr read = read_operand(operand, scope, context);
    if (read != nullptr) arithmetic.operands.push_back(std::move(read));
  }
  if (arithmetic.operands.size() != operands.items.size()) return nullptr;
  const auto type = type_of(value, members.find("scale"), arithmetic, context);
  return type ? make_expression(std::move(arithmetic), *type, value.origin) : nullptr;
}

}  // namespace freshet::loading
