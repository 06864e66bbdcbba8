// Values that depend on another field, or that may be missing.
//
//   {"when": "status", "is": {"refunded": value}, "else": value}            texts, whole numbers, true and false
//   {"when": "total", "at_least": {"100.00": value}, "else": value}         the highest bound that is reached counts
//   {"lookup": "category", "in": {"Food": "0.07"}, "else": "0.19"}          constants; decimals in quotes are decimals
//   {"lookup": "category", "from": "rates.csv", "key": "name", "column": "rate"}
//   {"null": "5%", "else": value}
#include <algorithm>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/fields.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

constexpr std::size_t kMostCases = 10'000;

bool is_null(const Expression& value) {
  return value.kind == Expression::Kind::Constant && value.literal.cells[0].kind == Kind::Null;
}

/// Gives `out` the type that all alternatives (operands from `first` on) share. A null fits every type.
bool settle_type(Expression& out, std::size_t first, Context& context) {
  const Expression* leader = nullptr;
  int longest = 1;
  bool unbounded = false;
  for (std::size_t i = first; i < out.operands.size(); ++i) {
    const Expression& value = *out.operands[i];
    if (value.kind == Expression::Kind::List || value.kind == Expression::Kind::Ref) {
      context.problems.error(value.origin, "a list or a reference as an alternative", "a value with one column");
      return false;
    }
    if (is_null(value)) continue;
    if (leader == nullptr) leader = &value;
    if (value.type.kind != leader->type.kind || value.type.scale != leader->type.scale) {
      context.problems.error(value.origin, "an alternative that is " + describe(value.type),
                             describe(leader->type) + ", as the others are");
      return false;
    }
    longest = std::max(longest, value.type.max_length);
    unbounded = unbounded || value.type.max_length == 0;
  }
  out.type = leader != nullptr ? leader->type : text_type(0);
  if (out.type.kind == Kind::Text) out.type.max_length = unbounded ? 0 : longest;
  return true;
}

/// One case of the field that is tested: its text, or its number in units.
bool add_case(const std::string& text, const Origin& origin, Expression& out, Context& context) {
  const ColumnType& type = out.operands[0]->type;
  if (type.kind == Kind::Text) {
    out.values.push_back(text);
    return true;
  }
  if (type.kind == Kind::Boolean && (text == "true" || text == "false")) {
    out.thresholds.push_back(text == "true" ? 1 : 0);
    return true;
  }
  std::int64_t units = 0;
  const bool number = type.kind == Kind::Integer || type.kind == Kind::Decimal;
  if (number && parse_decimal_text(text) && parse_decimal(text, type.scale, units)) {
    out.thresholds.push_back(units);
    return true;
  }
  context.problems.error(origin,
                         "\"" + text + "\" as a value of \"" + out.operands[0]->path + "\", which is " + describe(type),
                         "a text, a number or true and false, as the field is");
  return false;
}

std::shared_ptr<Expression> tested(const Json& value, const Json& name, const Scope& scope, Context& context) {
  ExpressionPtr field = read_path(name, scope, context);
  if (field == nullptr) return nullptr;
  auto out = make_expression(Expression::Kind::When, value.origin);
  out->operands.push_back(std::move(field));
  return out;
}

/// A value of a table: a decimal in quotes is a decimal, if all are.
ExpressionPtr table_value(const Json& value, bool decimals, Context& context) {
  return decimals && value.is_text() ? decimal_constant(value) : read_constant(value, context);
}

bool add_default(const Json* other, bool decimals, Expression& out, Context& context) {
  Json nothing;
  nothing.origin = out.origin;
  ExpressionPtr value = table_value(other != nullptr ? *other : nothing, decimals, context);
  if (value == nullptr) return false;
  out.operands.push_back(std::move(value));
  return true;
}

/// Decimals of one scale, the greatest.
void align_scales(Expression& out) {
  int scale = 0;
  for (std::size_t i = 1; i < out.operands.size(); ++i) scale = std::max(scale, out.operands[i]->type.scale);
  for (std::size_t i = 1; i < out.operands.size(); ++i) {
    if (out.operands[i]->type.kind != Kind::Decimal || out.operands[i]->type.scale == scale) continue;
    auto wider = std::make_shared<Expression>(*out.operands[i]);
    for (; wider->type.scale < scale; ++wider->type.scale) wider->literal.cells[0].number *= 10;
    out.operands[i] = std::move(wider);
  }
}

ExpressionPtr lookup_in(const Members& members, const Json& table, std::shared_ptr<Expression> out, Context& context) {
  if (!table.is_object() || table.items.empty() || table.items.size() > kMostCases) {
    mismatch(table, "values of the field and what they give, {\"Food\": \"0.07\"}", context.problems);
    return nullptr;
  }
  const Json* other = members.find("else");
  bool decimals = other == nullptr || !other->is_text() || parse_decimal_text(other->text);
  for (const Json& item : table.items) decimals = decimals && (!item.is_text() || parse_decimal_text(item.text));
  bool good = true;
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    ExpressionPtr value = table_value(table.items[i], decimals, context);
    good = add_case(table.names[i].text, table.names[i].origin, *out, context) && value != nullptr && good;
    if (value != nullptr) out->operands.push_back(std::move(value));
  }
  if (!good || !add_default(other, decimals, *out, context)) return nullptr;
  align_scales(*out);
  if (!settle_type(*out, 1, context)) return nullptr;
  return out;
}

ExpressionPtr cell_constant(const Row& row, const Cell& cell, const ColumnType& type, const Origin& origin) {
  auto out = make_expression(Expression::Kind::Constant, origin);
  out->type = type;
  out->literal.reset(1);
  out->literal.cells[0] = cell.kind == Kind::Text ? out->literal.add_text(row.text_of(cell)) : cell;
  return out;
}

ExpressionPtr lookup_from(const Members& members, const Json& file, std::shared_ptr<Expression> out, Context& context) {
  const Json* key = members.require("key", "the column of the file that the field is looked up in");
  const Json* column = members.require("column", "the column of the file that is taken");
  const auto data = read_data_file(file, context);
  if (key == nullptr || column == nullptr || data == nullptr) return nullptr;
  const int from = require_column(*key, data->columns, data->file, context);
  const int to = require_column(*column, data->columns, data->file, context);
  if (from < 0 || to < 0) return nullptr;
  if (data->rows.size() > kMostCases) {
    context.problems.error(file.origin, "a table of " + std::to_string(data->rows.size()) + " lines to look up in",
                           "at most " + std::to_string(kMostCases));
    return nullptr;
  }
  if (!context.few_expressions(file.origin, data->rows.size())) return nullptr;
  const ColumnType& type = data->columns.columns[static_cast<std::size_t>(to)].type;
  for (const Row& row : data->rows) {
    std::string text;
    const Cell& cell = row.cells[static_cast<std::size_t>(from)];
    append_text(row, cell, data->columns.columns[static_cast<std::size_t>(from)].type, text);
    if (!add_case(text, key->origin, *out, context)) return nullptr;
    out->operands.push_back(cell_constant(row, row.cells[static_cast<std::size_t>(to)], type, file.origin));
  }
  const bool decimals = type.kind == Kind::Decimal;
  if (!add_default(members.find("else"), decimals, *out, context)) return nullptr;
  align_scales(*out);
  if (!settle_type(*out, 1, context)) return nullptr;
  return out;
}

}  // namespace

ExpressionPtr read_when(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"when", "is", "at_least", "else"}, context.problems);
  const Json* is = members.find("is");
  const Json* at_least = members.find("at_least");
  auto out = tested(value, *members.find("when"), scope, context);
  if ((is == nullptr) == (at_least == nullptr)) {
    context.problems.error(value.origin, "\"when\" needs its cases", "one of \"is\" and \"at_least\"");
    return nullptr;
  }
  const Json& cases = is != nullptr ? *is : *at_least;
  if (!cases.is_object() || cases.items.empty() || cases.items.size() > kMostCases) {
    mismatch(cases, "an object of cases and their values", context.problems);
    return nullptr;
  }
  const Json* other = members.find("else");
  std::vector<ExpressionPtr> values;
  for (const Json& item : cases.items) values.push_back(read_expression(item, scope, context));
  Json nothing;
  nothing.origin = value.origin;
  values.push_back(read_expression(other != nullptr ? *other : nothing, scope, context));
  const bool readable = std::none_of(values.begin(), values.end(), [](const auto& each) { return each == nullptr; });
  if (out == nullptr || !readable) return nullptr;
  out->at_least = at_least != nullptr;
  if (out->at_least && !is_numeric(out->operands[0]->type)) {
    context.problems.error(
        at_least->origin,
        "\"at_least\" of \"" + out->operands[0]->path + "\", which is " + describe(out->operands[0]->type), "\"is\"");
    return nullptr;
  }
  bool good = true;
  for (std::size_t i = 0; i < cases.items.size(); ++i) {
    good = add_case(cases.names[i].text, cases.names[i].origin, *out, context) && good;
  }
  out->operands.insert(out->operands.end(), values.begin(), values.end());
  return good && settle_type(*out, 1, context) ? out : nullptr;
}

ExpressionPtr read_lookup(const Json& value, const Scope& scope, Context& context) {
  const bool file = value.find("from") != nullptr;
  const Members members(value, file ? Names{"lookup", "from", "key", "column", "else"} : Names{"lookup", "in", "else"},
                        context.problems);
  auto out = tested(value, *members.find("lookup"), scope, context);
  if (file) return out != nullptr ? lookup_from(members, *members.find("from"), std::move(out), context) : nullptr;
  const Json* table = members.require("in", "{value of the field: constant}");
  return out != nullptr && table != nullptr ? lookup_in(members, *table, std::move(out), context) : nullptr;
}

ExpressionPtr read_nullable(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"null", "else"}, context.problems);
  const auto share = read_share(*members.find("null"), context.problems);
  const Json* other = members.require("else", "the value of the others");
  if (other == nullptr) return nullptr;
  ExpressionPtr inner = read_expression(*other, scope, context);
  if (inner == nullptr || !share) return nullptr;
  auto out = make_expression(Expression::Kind::Nullable, value.origin);
  out->weights = {*share};
  out->operands.push_back(std::move(inner));
  return settle_type(*out, 0, context) ? out : nullptr;
}

}  // namespace freshet::loading
