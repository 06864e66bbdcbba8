// Values that depend on another field, or that may be missing.
//
//   {"when": "status", "is": {"refunded": value}, "else": value}            texts, whole numbers, true and false
//   {"when": "total", "at_least": {"100.00": value}, "else": value}         the highest bound that is reached counts
//   {"lookup": "category", "in": {"Food": "0.07"}, "else": "0.19"}          constants; decimals in quotes are decimals
//   {"lookup": "category", "from": "rates.csv", "key": "name", "column": "rate"}
//   {"null": "5%", "else": value}
#include <algorithm>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/distributions.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

constexpr std::size_t kMostCases = 10'000;

/// The type that all alternatives share; none after a problem. A null fits every type.
std::optional<ColumnType> common_type(const std::vector<ExpressionPtr>& alternatives, Context& context) {
  const Expression* leader = nullptr;
  int longest = 1;
  bool unbounded = false;
  for (const ExpressionPtr& alternative : alternatives) {
    const Expression& value = *alternative;
    if (value.is<constructs::List>() || value.is<constructs::Ref>()) {
      context.problems.error(value.origin, "a list or a reference as an alternative", "a value with one column");
      return std::nullopt;
    }
    if (is_null(value)) continue;
    if (leader == nullptr) leader = &value;
    if (value.type.kind != leader->type.kind || value.type.scale != leader->type.scale) {
      context.problems.error(value.origin, "an alternative that is " + describe(value.type),
                             describe(leader->type) + ", as the others are");
      return std::nullopt;
    }
    longest = std::max(longest, value.type.max_length);
    unbounded = unbounded || value.type.max_length == 0;
  }
  ColumnType type = leader != nullptr ? leader->type : text_type(0);
  if (type.kind == Kind::Text) type.max_length = unbounded ? 0 : longest;
  return type;
}

ExpressionPtr finished(constructs::When when, const Origin& origin, Context& context) {
  std::vector<ExpressionPtr> alternatives;
  for (const auto& each : when.cases) alternatives.push_back(each.result);
  alternatives.push_back(when.otherwise);
  const auto type = common_type(alternatives, context);
  return type ? make_expression(std::move(when), *type, origin) : nullptr;
}

using CaseValue = decltype(constructs::When::Case::value);

/// What a case is a case of, from its text: a text of the field that is tested, or a number in its units.
std::optional<CaseValue> read_case(const std::string& text, const Origin& origin, const constructs::When& when,
                                   Context& context) {
  const ColumnType& type = when.tested->type;
  if (type.kind == Kind::Text) return text;
  if (type.kind == Kind::Boolean && (text == "true" || text == "false")) return std::int64_t{text == "true"};
  std::int64_t units = 0;
  const bool number = type.kind == Kind::Integer || type.kind == Kind::Decimal;
  if (number && parse_decimal_text(text) && parse_decimal(text, type.scale, units)) return units;
  context.problems.error(origin,
                         "\"" + text + "\" as a value of \"" + when.path().name + "\", which is " + describe(type),
                         "a text, a number or true and false, as the field is");
  return std::nullopt;
}

/// A condition on a field, without cases; none after a problem.
std::optional<constructs::When> read_tested(const Json& name, const Scope& scope, Context& context) {
  constructs::When when;
  when.tested = read_path(name, scope, context);
  return when.tested != nullptr ? std::optional(std::move(when)) : std::nullopt;
}

/// A value of a table: quoted decimals are decimals if all values are.
ExpressionPtr table_value(const Json& value, bool decimals, Context& context) {
  return decimals && value.is_text() ? decimal_constant(value) : read_constant(value, context);
}

bool read_default(const Json* other, bool decimals, const Origin& origin, constructs::When& out, Context& context) {
  Json nothing;
  nothing.origin = origin;
  out.otherwise = table_value(other != nullptr ? *other : nothing, decimals, context);
  return out.otherwise != nullptr;
}

/// A decimal constant with `scale` digits after the point; any other constant as it is.
ExpressionPtr with_scale(const ExpressionPtr& value, int scale) {
  if (value->type.kind != Kind::Decimal || value->type.scale == scale) return value;
  auto constant = std::get<constructs::Constant>(value->construct);
  for (int digits = value->type.scale; digits < scale; ++digits) constant.literal.cells[0].number *= 10;
  return make_expression(std::move(constant), plain_type(Kind::Decimal, scale), value->origin);
}

/// Gives all decimals the largest scale among them.
void align_scales(constructs::When& out) {
  int scale = out.otherwise->type.scale;
  for (const auto& each : out.cases) scale = std::max(scale, each.result->type.scale);
  for (auto& each : out.cases) each.result = with_scale(each.result, scale);
  out.otherwise = with_scale(out.otherwise, scale);
}

ExpressionPtr lookup_in(const ObjectReader& members, const Json& table, constructs::When out, const Origin& origin,
                        Context& context) {
  if (!table.is_object() || table.items.empty() || table.items.size() > kMostCases) {
    mismatch(table, "values of the field and what they give, {\"Food\": \"0.07\"}", context.problems);
    return nullptr;
  }
  const Json* other = members.find("else");
  bool decimals = other == nullptr || !other->is_text() || parse_decimal_text(other->text);
  for (const Json& item : table.items) decimals = decimals && (!item.is_text() || parse_decimal_text(item.text));
  bool good = true;
  for (std::size_t i = 0; i < table.items.size(); ++i) {
    ExpressionPtr result = table_value(table.items[i], decimals, context);
    auto value = read_case(table.names[i].text, table.names[i].origin, out, context);
    good = good && value && result != nullptr;
    if (good) out.cases.push_back({*std::move(value), std::move(result)});
  }
  if (!good || !read_default(other, decimals, origin, out, context)) return nullptr;
  align_scales(out);
  return finished(std::move(out), origin, context);
}

ExpressionPtr cell_constant(const Row& row, const Cell& cell, const ColumnType& type, const Origin& origin) {
  Row literal;
  literal.reset(1);
  literal.cells[0] = cell.kind == Kind::Text ? literal.add_text(row.text_of(cell)) : cell;
  return make_expression(constructs::Constant{std::move(literal)}, type, origin);
}

ExpressionPtr lookup_from(const ObjectReader& members, const Json& file, constructs::When out, const Origin& origin,
                          Context& context) {
  const Json* key = members.require("key", "the column of the file that the field is looked up in");
  const Json* column = members.require("column", "the column of the file that is taken");
  const auto data = read_data_file(file, context);
  if (key == nullptr || column == nullptr || data == nullptr) return nullptr;
  const auto from = require_column(*key, data->columns, data->file, context);
  const auto to = require_column(*column, data->columns, data->file, context);
  if (!from || !to) return nullptr;
  if (data->rows.size() > kMostCases) {
    context.problems.error(file.origin, "a table of " + std::to_string(data->rows.size()) + " lines to look up in",
                           "at most " + std::to_string(kMostCases));
    return nullptr;
  }
  if (!context.few_expressions(file.origin, data->rows.size())) return nullptr;
  const ColumnType& type = data->columns[*to].type;
  for (const Row& row : data->rows) {
    std::string text;
    append_text(row, row[*from], data->columns[*from].type, text);
    auto value = read_case(text, key->origin, out, context);
    if (!value) return nullptr;
    out.cases.push_back({*std::move(value), cell_constant(row, row[*to], type, file.origin)});
  }
  const bool decimals = type.kind == Kind::Decimal;
  if (!read_default(members.find("else"), decimals, origin, out, context)) return nullptr;
  align_scales(out);
  return finished(std::move(out), origin, context);
}

}  // namespace

ExpressionPtr read_when(const Json& value, const Scope& scope, Context& context) {
  const ObjectReader members(value, {"when", "is", "at_least", "else"}, context.problems);
  const Json* is = members.find("is");
  const Json* at_least = members.find("at_least");
  auto out = read_tested(*members.find("when"), scope, context);
  if ((is == nullptr) == (at_least == nullptr)) {
    context.problems.error(value.origin, "\"when\" without cases", "one of \"is\" and \"at_least\"");
    return nullptr;
  }
  const Json& cases = is != nullptr ? *is : *at_least;
  if (!cases.is_object() || cases.items.empty() || cases.items.size() > kMostCases) {
    mismatch(cases, "an object of cases and their values", context.problems);
    return nullptr;
  }
  const Json* other = members.find("else");
  std::vector<ExpressionPtr> results;
  for (const Json& item : cases.items) results.push_back(read_expression(item, scope, context));
  Json nothing;
  nothing.origin = value.origin;
  ExpressionPtr otherwise = read_expression(other != nullptr ? *other : nothing, scope, context);
  const bool readable = otherwise != nullptr &&
                        std::none_of(results.begin(), results.end(), [](const auto& each) { return each == nullptr; });
  if (!out || !readable) return nullptr;
  out->at_least = at_least != nullptr;
  out->otherwise = std::move(otherwise);
  const ColumnType& type = out->tested->type;
  if (out->at_least && !is_numeric(type)) {
    context.problems.error(at_least->origin, "\"at_least\" of \"" + out->path().name + "\", which is " + describe(type),
                           "\"is\"");
    return nullptr;
  }
  bool good = true;
  for (std::size_t i = 0; i < cases.items.size(); ++i) {
    auto of = read_case(cases.names[i].text, cases.names[i].origin, *out, context);
    good = good && of;
    if (good) out->cases.push_back({*std::move(of), results[i]});
  }
  return good ? finished(*std::move(out), value.origin, context) : nullptr;
}

ExpressionPtr read_lookup(const Json& value, const Scope& scope, Context& context) {
  const bool file = value.find("from") != nullptr;
  const ObjectReader members(
      value, file ? Names{"lookup", "from", "key", "column", "else"} : Names{"lookup", "in", "else"}, context.problems);
  auto out = read_tested(*members.find("lookup"), scope, context);
  if (file) {
    const Json& from = *members.find("from");
    return out ? lookup_from(members, from, *std::move(out), value.origin, context) : nullptr;
  }
  const Json* table = members.require("in", "{value of the field: constant}");
  return out && table != nullptr ? lookup_in(members, *table, *std::move(out), value.origin, context) : nullptr;
}

ExpressionPtr read_nullable(const Json& value, const Scope& scope, Context& context) {
  const ObjectReader members(value, {"null", "else"}, context.problems);
  const auto share = read_share(*members.find("null"), context.problems);
  const Json* other = members.require("else", "the value in all other cases");
  if (other == nullptr) return nullptr;
  ExpressionPtr inner = read_expression(*other, scope, context);
  if (inner == nullptr || !share) return nullptr;
  const auto type = common_type({inner}, context);
  return type ? make_expression(constructs::Nullable{*share, std::move(inner)}, *type, value.origin) : nullptr;
}

}  // namespace freshet::loading
