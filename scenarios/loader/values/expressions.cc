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

using Operation = constructs::Arithmetic::Operation;

ExpressionPtr read_choice(const Json& value, Context& context) {
  const Members members(value, {"choice"}, context.problems);
  const Json& body = *members.find("choice");
  constructs::Choice choice;
  if ((!body.is_object() && !body.is_array()) || body.items.empty()) {
    mismatch(body, "values and weights, {\"a\": 2, \"b\": 1}, or a list of values", context.problems);
    return nullptr;
  }
  bool good = true;
  std::size_t longest = 0;
  std::unordered_set<std::string_view> known;  // for a list; the names of an object are unique already
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
    choice.values.push_back(std::move(text));
    choice.weights.push_back(weight);
  }
  if (good && body.is_object()) check_shares(body.items, body.origin, context.problems);
  return good ? make_expression(std::move(choice), text_type(longest), value.origin) : nullptr;
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
  return make_expression(constructs::State{}, text_type(longest), value.origin);
}

/// The value of a column that is known to be in `record`; null where it is a list, which is reported.
ExpressionPtr path_to(const Json& name, const Origin& origin, const RecordType& record, ColumnIndex column,
                      constructs::Path::Record which, Context& context) {
  const ColumnType& type = record[column].type;
  if (type.kind == Kind::List) {
    context.problems.error(name.origin, "\"" + name.text + "\" is a list", "a column with one value");
    return nullptr;
  }
  return make_expression(constructs::Path{name.text, column, which}, type, origin);
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
  const RecordType& record = scope.parent->record;
  const auto column = require_column(name, record, scope.parent->name, context);
  if (!column) return nullptr;
  return path_to(name, value.origin, record, *column, constructs::Path::Record::Parent, context);
}

/// A column of the items of a list, by "list.column"; both may be in objects and contain dots themselves.
struct ItemColumn {
  ColumnIndex list{};
  ColumnIndex column{};
};

std::optional<ItemColumn> find_item_column(const RecordType& record, const std::string& name) {
  for (std::size_t i = 0; i < record.columns.size(); ++i) {
    const Column& list = record.columns[i];
    if (list.type.kind != Kind::List || name.rfind(list.name + '.', 0) != 0) continue;
    const auto column = list.type.item->find(name.substr(list.name.size() + 1));
    if (column) return ItemColumn{ColumnIndex{i}, *column};
  }
  return std::nullopt;
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
  auto found = find_item_column(*scope.record, scope.prefix + name.text);
  if (!found) found = find_item_column(*scope.record, name.text);
  if (!found) return unknown_item_column(name, scope, context);
  const RecordType& item = *(*scope.record)[found->list].type.item;
  const ColumnType& type = item[found->column].type;
  if (!is_numeric(type)) {
    context.problems.error(name.origin, "\"" + name.text + "\" is " + describe(type), "a number");
    return nullptr;
  }
  return make_expression(constructs::Sum{name.text, found->list, found->column}, type, value.origin);
}

ExpressionPtr read_draw(const Json& value, Context& context) {
  const auto drawn = read_law(value, LawOf::Value, context.problems);
  if (!drawn) return nullptr;
  return make_expression(constructs::Draw{drawn->law}, drawn->type, value.origin);
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

/// Reports what cannot be in a "set": it would change what other rows were made from, or has no second value.
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
  if (name == "multiply") return read_arithmetic(value, Operation::Multiply, name, scope, context);
  if (name == "divide") return read_arithmetic(value, Operation::Divide, name, scope, context);
  if (name == "add") return read_arithmetic(value, Operation::Add, name, scope, context);
  if (name == "subtract") return read_arithmetic(value, Operation::Subtract, name, scope, context);
  return read_draw(value, context);
}

}  // namespace

std::shared_ptr<Expression> make_expression(Expression::Construct construct, ColumnType type, const Origin& origin) {
  return std::make_shared<Expression>(Expression{std::move(construct), std::move(type), origin});
}

ColumnType plain_type(Kind kind, int scale) {
  ColumnType type;
  type.kind = kind;
  type.scale = scale;
  return type;
}

ColumnType text_type(std::size_t longest) {
  ColumnType type = plain_type(Kind::Text);
  type.max_length = static_cast<int>(std::max<std::size_t>(longest, 1));  // 0 would mean "unknown"
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
  Row literal;
  literal.reset(1);
  const auto constant = [&](ColumnType type, const Cell& cell) {
    literal.cells[0] = cell;
    return make_expression(constructs::Constant{std::move(literal)}, std::move(type), value.origin);
  };
  switch (value.kind) {
    case Json::Kind::Null:
      return constant(text_type(0), null_cell());
    case Json::Kind::Boolean:
      return constant(plain_type(Kind::Boolean), boolean_cell(value.boolean));
    case Json::Kind::String:
      return constant(text_type(value.text.size()), literal.add_text(value.text));
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
  return number ? constant(plain_type(Kind::Integer), integer_cell(*number)) : nullptr;
}

ExpressionPtr ordered_uuid_expression(const Origin& origin) {
  return make_expression(constructs::OrderedUuid{}, text_type(kUuidLength), origin);
}

ExpressionPtr uuid_expression(const Origin& origin) {
  return make_expression(constructs::Uuid{}, text_type(kUuidLength), origin);
}

ExpressionPtr decimal_constant(const Json& text) {
  const DecimalText decimal = *parse_decimal_text(text.text);
  Row literal;
  literal.reset(1);
  literal.cells[0] = decimal_cell(decimal.units);
  return make_expression(constructs::Constant{std::move(literal)}, plain_type(Kind::Decimal, decimal.scale),
                         text.origin);
}

ExpressionPtr read_sequence(const Json& value, std::optional<std::int64_t> rows, Context& context) {
  constexpr std::size_t kMostDigits = 19;  // for an ordinal without a known bound
  const Members members(value, {"sequence", "first"}, context.problems);
  const Json& pattern = *members.find("sequence");
  const auto parsed = pattern.is_text() ? parse_sequence(pattern.text) : std::nullopt;
  if (!parsed) {
    mismatch(pattern, "a pattern with one %d or %0Nd, such as \"P%07d\"", context.problems);
    return nullptr;
  }
  constructs::Sequence sequence{pattern.text};
  if (const Json* first = members.find("first")) {
    const auto number = read_integer(*first, 0, 1'000'000'000'000'000, context.problems);
    if (!number) return nullptr;
    sequence.first = *number;
  }
  const std::size_t digits = rows ? std::to_string(sequence.first + *rows - 1).size() : kMostDigits;
  const ColumnType type = text_type(parsed->literal + std::max(parsed->width, digits));
  return make_expression(std::move(sequence), type, value.origin);
}

ExpressionPtr read_path(const Json& name, const Scope& scope, Context& context) {
  if (!name.is_text()) {
    mismatch(name, "the name of a column", context.problems);
    return nullptr;
  }
  // Names in the same {"object": …} take precedence over those of the row.
  const auto place_in = [&](const RecordType& record, const std::string& prefix) {
    const auto sibling = record.find(prefix + name.text);
    return sibling ? sibling : record.find(name.text);
  };
  using Record = constructs::Path::Record;
  const auto own = place_in(*scope.record, scope.prefix);
  const auto outer = own || scope.outer == nullptr ? std::nullopt : place_in(*scope.outer, scope.outer_prefix);
  if (!own && !outer) {
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
  return own ? path_to(name, name.origin, *scope.record, *own, Record::Own, context)
             : path_to(name, name.origin, *scope.outer, *outer, Record::Outer, context);
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
