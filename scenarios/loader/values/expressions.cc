// Expressions: one reader per construct, chosen by the key that names it.
#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/fields.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

constexpr int kUuidLength = 36;

using Construct = Expression::Kind;

ExpressionPtr read_choice(const Json& value, Context& context) {
  const Members members(value, {"choice"}, context.problems);
  const Json& body = *members.find("choice");
  auto out = make_expression(Construct::Choice, value.origin);
  if ((!body.is_object() && !body.is_array()) || body.items.empty()) {
    mismatch(body, "values and weights, {\"a\": 2, \"b\": 1}, or a list of values", context.problems);
    return nullptr;
  }
  bool good = true;
  std::size_t longest = 0;
  std::unordered_set<std::string_view> known;  // of a list; an object's names differ
  for (std::size_t i = 0; i < body.items.size(); ++i) {
    std::string text;
    double weight = 1;
    if (body.is_object()) {
      text = body.names[i].text;
      const auto read = read_weight(body.items[i], context.problems);
      good = good && read.has_value();
      weight = read.value_or(1);
    } else if (body.items[i].is_text()) {
      text = body.items[i].text;
    } else {
      mismatch(body.items[i], "a text", context.problems);
      good = false;
    }
    if (body.is_array() && body.items[i].is_text() && !known.insert(body.items[i].text).second) {
      context.problems.error(body.items[i].origin, "the value \"" + text + "\" twice", "one, or weights");
      good = false;
    }
    longest = std::max(longest, text.size());
    out->values.push_back(std::move(text));
    out->weights.push_back(weight);
  }
  out->type = text_type(longest);
  if (good && body.is_object()) check_shares(body.items, body.origin, context.problems);
  return good ? out : nullptr;
}

ExpressionPtr read_state(const Json& value, const Scope& scope, Context& context) {
  if (scope.life == nullptr || scope.life->empty()) {
    if (!context.is_broken(scope.owner + " life")) {
      context.problems.error(value.origin, "\"state\" in an entity without \"life\"",
                             "\"life\", or {\"constant\": \"state\"} for the word");
    }
    return nullptr;
  }
  std::size_t longest = 0;
  for (const LifeState& state : *scope.life) longest = std::max(longest, state.name.size());
  auto out = make_expression(Construct::State, value.origin);
  out->type = text_type(longest);
  return out;
}

/// The value of a column that is known to be in `record`; null where it is a list, which is told.
std::shared_ptr<Expression> path_to(const Json& name, const Origin& origin, const RecordType& record, int column,
                                    Context& context) {
  const ColumnType& type = record.columns[static_cast<std::size_t>(column)].type;
  if (type.kind == Kind::List) {
    context.problems.error(name.origin, "\"" + name.text + "\" is a list", "a column with one value");
    return nullptr;
  }
  auto out = make_expression(Construct::Path, origin);
  out->path = name.text;
  out->column = column;
  out->type = type;
  return out;
}

ExpressionPtr read_parent(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"parent"}, context.problems);
  const Json& name = *members.find("parent");
  if (scope.parent == nullptr) {
    if (!context.is_broken(scope.owner + " parent")) {
      context.problems.error(value.origin, "\"parent\" in an entity without \"per\"", "\"per\" in the entity");
    }
    return nullptr;
  }
  const int column = require_column(name, scope.parent->record, scope.parent->name, context);
  if (column < 0) return nullptr;
  auto out = path_to(name, value.origin, scope.parent->record, column, context);
  if (out) out->parent = true;
  return out;
}

/// A column of the items of a list, by "list.column"; a list and an item may be in objects and have dots of their own.
struct ItemColumn {
  int list = -1;
  int column = -1;
};

ItemColumn find_item_column(const RecordType& record, const std::string& name) {
  for (std::size_t i = 0; i < record.columns.size(); ++i) {
    const Column& list = record.columns[i];
    if (list.type.kind != Kind::List || name.rfind(list.name + '.', 0) != 0) continue;
    const int column = list.type.item->find(name.substr(list.name.size() + 1));
    if (column >= 0) return {static_cast<int>(i), column};
  }
  return {};
}

ExpressionPtr unknown_item_column(const Json& name, const Scope& scope, Context& context) {
  Names candidates;
  for (const Column& column : scope.record->columns) {
    if (column.type.kind != Kind::List) continue;
    for (const Column& item : column.type.item->columns) {
      if (is_numeric(item.type)) candidates.push_back(column.name + '.' + item.name);
    }
  }
  const std::size_t dot = name.text.rfind('.');
  const bool told = is_broken_column(name.text.substr(0, name.text.find('.')), scope, context) ||
                    is_broken_column(name.text.substr(0, dot), scope, context) ||
                    is_broken_column(name.text.substr(dot + 1), scope, context);
  if (!told) unknown_name(name, "list column", candidates, context.problems);
  return nullptr;
}

ExpressionPtr read_sum(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"sum"}, context.problems);
  const Json& name = *members.find("sum");
  if (!name.is_text() || name.text.find('.') == std::string::npos) {
    mismatch(name, "a column of a list's items, \"list.column\"", context.problems);
    return nullptr;
  }
  ItemColumn found = find_item_column(*scope.record, scope.prefix + name.text);
  if (found.column < 0) found = find_item_column(*scope.record, name.text);
  if (found.column < 0) return unknown_item_column(name, scope, context);
  const RecordType& item = *scope.record->columns[static_cast<std::size_t>(found.list)].type.item;
  const ColumnType& type = item.columns[static_cast<std::size_t>(found.column)].type;
  if (!is_numeric(type)) {
    context.problems.error(name.origin, "\"" + name.text + "\" is " + describe(type), "a number");
    return nullptr;
  }
  auto out = make_expression(Construct::Sum, value.origin);
  out->path = name.text;
  out->column = found.list;
  out->item_column = found.column;
  out->type = type;
  return out;
}

ExpressionPtr read_draw(const Json& value, Context& context) {
  const auto drawn = read_law(value, LawOf::Value, context.problems);
  if (!drawn) return nullptr;
  auto out = make_expression(Construct::Draw, value.origin);
  out->law = drawn->law;
  out->type = drawn->type;
  return out;
}

const Names& construct_names() {
  static const Names kNames = [] {
    Names names{"constant", "choice", "time",     "parent",   "path",    "ref",  "list",   "sum",   "multiply",
                "divide",   "add",    "subtract", "sequence", "pattern", "text", "chance", "when",  "lookup",
                "null",     "data",   "between",  "round",    "vat",     "nett", "object", "person"};
    names.insert(names.end(), law_names().begin(), law_names().end());
    return names;
  }();
  return kNames;
}

/// What cannot be in a "set": it would have to change what other rows were made from, or has no second value.
bool fits_place(const Json& value, const std::string& construct, const Scope& scope, Context& context) {
  const bool structural = construct == "ref" || construct == "list" || construct == "sequence" || construct == "state";
  if (scope.place == Scope::Place::Set && structural) {
    context.problems.error(value.origin, "\"" + construct + "\" in \"set\" is not supported yet");
    return false;
  }
  if (construct == "object" || construct == "person") {
    context.problems.error(value.origin, '"' + construct + "\" stands for several columns", "a value with one");
    return false;
  }
  if (scope.place == Scope::Place::Item && construct == "list") {
    context.problems.error(value.origin, "a list within a list is not supported yet");
    return false;
  }
  if (scope.place == Scope::Place::Item && construct == "sequence") {
    context.problems.error(value.origin, "\"sequence\" in a list item", "a value per item; an item has no number");
    return false;
  }
  return true;
}

ExpressionPtr read_construct(const Json& value, const std::string& name, const Scope& scope, Context& context) {
  if (!fits_place(value, name, scope, context)) return nullptr;
  if (name == "constant") {
    const Members members(value, {"constant"}, context.problems);
    return read_constant(*members.find("constant"), context);
  }
  if (name == "decimal" && !value.find("decimal")->is_array()) {
    const Members members(value, {"decimal"}, context.problems);
    const Json& body = *members.find("decimal");
    if (body.is_text() && parse_decimal_text(body.text)) return decimal_constant(body);
    mismatch(body, "a decimal in quotes, or two: [\"0.90\", \"1.10\"]", context.problems);
    return nullptr;
  }
  if (name == "choice") return read_choice(value, context);
  if (name == "time") return read_time(value, context);
  if (name == "between") return read_between(value, context);
  if (name == "pattern") return read_pattern(value, context);
  if (name == "text") return read_words(value, context);
  if (name == "chance") return read_chance(value, context);
  if (name == "when") return read_when(value, scope, context);
  if (name == "lookup") return read_lookup(value, scope, context);
  if (name == "null") return read_nullable(value, scope, context);
  if (name == "data") return read_data_column(value, scope, context);
  if (name == "round") return read_rounding(value, scope, context);
  if (name == "vat" || name == "nett") return read_tax(value, name, scope, context);
  if (name == "parent") return read_parent(value, scope, context);
  if (name == "path") {
    const Members members(value, {"path"}, context.problems);
    return read_path(*members.find("path"), scope, context);
  }
  if (name == "ref") return read_ref(value, scope, context);
  if (name == "list") return read_list(value, scope, context);
  if (name == "sum") return read_sum(value, scope, context);
  if (name == "sequence") return read_sequence(value, scope.rows, context);
  if (name == "multiply") return read_arithmetic(value, Construct::Multiply, name, scope, context);
  if (name == "divide") return read_arithmetic(value, Construct::Divide, name, scope, context);
  if (name == "add") return read_arithmetic(value, Construct::Add, name, scope, context);
  if (name == "subtract") return read_arithmetic(value, Construct::Subtract, name, scope, context);
  return read_draw(value, context);
}

}  // namespace

std::shared_ptr<Expression> make_expression(Construct kind, const Origin& origin) {
  auto out = std::make_shared<Expression>();
  out->kind = kind;
  out->origin = origin;
  return out;
}

ColumnType text_type(std::size_t longest) {
  ColumnType type;
  type.kind = Kind::Text;
  type.max_length = static_cast<int>(std::max<std::size_t>(longest, 1));  // 0 would say "unknown"
  return type;
}

bool Context::few_expressions(const Origin& origin, std::size_t count) {
  if (count <= expressions) {
    expressions -= count;
    return true;
  }
  expressions = 0;
  problems.error(origin, "too many values in fields", "at most " + std::to_string(kMostExpressions));
  return false;
}

ExpressionPtr read_constant(const Json& value, Context& context) {
  if (!context.few_expressions(value.origin)) return nullptr;
  auto out = make_expression(Construct::Constant, value.origin);
  out->literal.reset(1);
  switch (value.kind) {
    case Json::Kind::Null:
      out->type = text_type(0);
      return out;
    case Json::Kind::Boolean:
      out->type.kind = Kind::Boolean;
      out->literal.cells[0] = boolean_cell(value.boolean);
      return out;
    case Json::Kind::String:
      out->type = text_type(value.text.size());
      out->literal.cells[0] = out->literal.add_text(value.text);
      return out;
    case Json::Kind::Number:
      break;
    case Json::Kind::Array:
    case Json::Kind::Object:
      mismatch(value, "a text, a whole number, true, false or null", context.problems);
      return nullptr;
  }
  if (!value.is_whole_number()) {
    mismatch(value, "a decimal in quotes, {\"decimal\": \"" + value.text + "\"}", context.problems);
    return nullptr;
  }
  const auto number = read_integer(value, INT64_MIN, INT64_MAX, context.problems);
  if (!number) return nullptr;
  out->type.kind = Kind::Integer;
  out->literal.cells[0] = integer_cell(*number);
  return out;
}

ExpressionPtr ordered_uuid_expression(const Origin& origin) {
  auto out = make_expression(Construct::UuidOrdered, origin);
  out->type = text_type(kUuidLength);
  return out;
}

ExpressionPtr uuid_expression(const Origin& origin) {
  auto out = make_expression(Construct::Uuid, origin);
  out->type = text_type(kUuidLength);
  return out;
}

ExpressionPtr decimal_constant(const Json& text) {
  const DecimalText decimal = *parse_decimal_text(text.text);
  auto out = make_expression(Construct::Constant, text.origin);
  out->type.kind = Kind::Decimal;
  out->type.scale = decimal.scale;
  out->literal.reset(1);
  out->literal.cells[0] = decimal_cell(decimal.units);
  return out;
}

ExpressionPtr read_sequence(const Json& value, std::optional<std::int64_t> rows, Context& context) {
  constexpr std::size_t kMostDigits = 19;  // of an ordinal without a known bound
  const Members members(value, {"sequence", "first"}, context.problems);
  const Json& pattern = *members.find("sequence");
  const auto parsed = pattern.is_text() ? parse_sequence(pattern.text) : std::nullopt;
  if (!parsed) {
    mismatch(pattern, "a pattern with one %d or %0Nd, such as \"P%07d\"", context.problems);
    return nullptr;
  }
  auto out = make_expression(Construct::Sequence, value.origin);
  out->text = pattern.text;
  if (const Json* first = members.find("first")) {
    const auto number = read_integer(*first, 0, 1'000'000'000'000'000, context.problems);
    if (!number) return nullptr;
    out->first = *number;
  }
  const std::size_t digits = rows ? std::to_string(out->first + *rows - 1).size() : kMostDigits;
  out->type = text_type(parsed->literal + std::max(parsed->width, digits));
  return out;
}

ExpressionPtr read_path(const Json& name, const Scope& scope, Context& context) {
  if (!name.is_text()) {
    mismatch(name, "the name of a column", context.problems);
    return nullptr;
  }
  // Names of an {"object": …} go before those of the row.
  const auto place_in = [&](const RecordType& record, const std::string& prefix) {
    const int sibling = record.find(prefix + name.text);
    return sibling >= 0 ? sibling : record.find(name.text);
  };
  const RecordType* record = scope.record;
  int column = place_in(*record, scope.prefix);
  bool outer = false;
  if (column < 0 && scope.outer != nullptr) {
    record = scope.outer;
    column = place_in(*record, scope.outer_prefix);
    outer = column >= 0;
  }
  if (column < 0) {
    if (is_broken_column(name.text, scope, context)) return nullptr;
    const auto declared = [&](const std::string& whole) {
      return std::find(scope.below.begin(), scope.below.end(), whole) != scope.below.end();
    };
    if (declared(scope.prefix + name.text) || declared(name.text)) {
      context.problems.error(name.origin, "\"" + name.text + "\" has no value yet", "a column declared above it");
      return nullptr;
    }
    Names candidates = column_names(*scope.record);
    if (scope.outer != nullptr) {
      for (const std::string& more : column_names(*scope.outer)) candidates.push_back(more);
    }
    unknown_name(name, "column", candidates, context.problems);
    return nullptr;
  }
  auto out = path_to(name, name.origin, *record, column, context);
  if (out) out->outer = outer;
  return out;
}

ExpressionPtr read_expression(const Json& value, const Scope& scope, Context& context) {
  if (value.is_text() && value.text == "uuid") return uuid_expression(value.origin);
  if (value.is_text() && value.text == "uuid7") return ordered_uuid_expression(value.origin);
  if (value.is_text() && value.text == "state") {
    return fits_place(value, "state", scope, context) ? read_state(value, scope, context) : nullptr;
  }
  if (!value.is_object()) return read_constant(value, context);
  if (!context.few_expressions(value.origin)) return nullptr;
  for (const Json::Name& name : value.names) {
    const Names& known = construct_names();
    if (std::find(known.begin(), known.end(), name.text) != known.end()) {
      return read_construct(value, name.text, scope, context);
    }
  }
  if (value.names.empty()) {
    mismatch(value, "one of " + one_of(construct_names()), context.problems);
  } else {
    context.problems.error(value.names[0].origin, "unknown kind of value \"" + value.names[0].text + '"',
                           one_of(construct_names()), context.problems.nearest(value.names[0].text, construct_names()));
  }
  return nullptr;
}

}  // namespace freshet::loading
