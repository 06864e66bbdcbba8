// Fields of rows and of list items, and their columns.
#include "scenarios/loader/values/fields.h"

#include <algorithm>
#include <unordered_map>

#include "scenarios/loader/json/units.h"

namespace freshet::loading {

Names column_names(const RecordType& record) {
  Names names;
  for (const Column& column : record.columns) names.push_back(column.name);
  return names;
}

bool is_broken_column(const std::string& name, const Scope& scope, const Context& context) {
  const std::string owner = scope.owner + '.';
  return context.is_broken(owner + name) || context.is_broken(owner + scope.prefix + name) ||
         context.is_broken(owner + scope.outer_prefix + name);
}

bool is_numeric(const ColumnType& type) {
  return type.kind == Kind::Integer || type.kind == Kind::Decimal || type.kind == Kind::Double;
}

std::string describe(const ColumnType& type) {
  switch (type.kind) {
    case Kind::Null:
      return "null";
    case Kind::Boolean:
      return "true or false";
    case Kind::Integer:
      return "a whole number";
    case Kind::Decimal:
      return "a decimal with " + std::to_string(type.scale) + " digits after the point";
    case Kind::Double:
      return "a binary number";
    case Kind::Text:
      return "a text";
    case Kind::Time:
      return "a time";
    case Kind::List:
      return "a list";
  }
  return {};
}

std::optional<ColumnIndex> require_column(const Json& name, const RecordType& record, const std::string& owner,
                                          Context& context) {
  if (!name.is_text()) {
    mismatch(name, "the name of a column", context.problems);
    return std::nullopt;
  }
  const auto column = record.find(name.text);
  if (!column) {
    const std::string first = name.text.substr(0, name.text.find('.'));
    const bool reported = context.is_broken(owner + '.' + name.text) || context.is_broken(owner + '.' + first);
    if (!reported) unknown_name(name, "column", column_names(record), context.problems, owner);
  }
  return column;
}

namespace {

/// The columns that a field adds: one, or one per embedded column.
std::vector<Column> columns_of(const Field& field, const Scenario& scenario) {
  const auto* ref = field.value->as<constructs::Ref>();
  if (ref == nullptr) return {{field.name, field.value->type}};
  std::vector<Column> out;
  const RecordType& record = scenario.entity(ref->entity).record;
  for (std::size_t i = 0; i < ref->embed.size(); ++i) {
    const ColumnType& type = record[ref->embed_columns[i]].type;
    const std::string around = field.name.substr(0, field.name.rfind('.') + 1);  // prefix of an {"object": …}
    out.push_back({ref->inlined ? around + ref->embed[i] : field.name + '.' + ref->embed[i], type});
  }
  return out;
}

/// Columns of a record by their names in tables.
using TableNames = std::unordered_map<std::string, std::string>;

/// Adds the field's columns unless a name is taken or too long.
bool add_columns(const Field& field, const Scope& scope, Context& context, RecordType& record, TableNames& taken) {
  const bool row = scope.level == Scope::Level::Row;
  for (const Column& column : columns_of(field, context.scenario)) {
    const std::string table_name = table_name_of(column.name);
    const bool stamp = row && context.scenario.stamp && (table_name == "version" || table_name == "updated_at");
    if (stamp) {
      context.problems.error(field.origin, "\"" + column.name + "\" is the name of a stamp column",
                             "another name, or \"stamp\": false");
      return false;
    }
    if (record.width() >= kMostNamed) {
      context.problems.error(field.origin, "too many columns", "at most " + std::to_string(kMostNamed));
      return false;
    }
    const auto [known, fresh] = taken.emplace(table_name, column.name);
    if (!fresh) {
      context.problems.error(field.origin, "a second column \"" + column.name + "\", after \"" + known->second + '"',
                             "names that differ when dots are underscores and case is ignored");
      return false;
    }
    if (column.name.size() > kMaxNameLength) {
      context.problems.error(field.origin, "the column \"" + column.name + "\" has a name that is too long",
                             "at most " + std::to_string(kMaxNameLength) + " characters");
      return false;
    }
    record.columns.push_back(column);
  }
  return true;
}

/// Records the names of the columns that a field would have added, so that they are not reported as unknown.
void mark_broken(const Json& value, const std::string& name, const std::string& owner, Context& context) {
  context.broken.insert(owner + '.' + name);
  const Json* embed = value.find("embed");
  if (embed == nullptr) return;
  for (const Json& column : embed->items) {
    context.broken.insert(owner + '.' + column.text);
    context.broken.insert(owner + '.' + name + '.' + column.text);
  }
}

}  // namespace

namespace {

/// Reads the fields of one object, after those that already exist.
class FieldReader {
 public:
  FieldReader(Scope scope, Context& context, std::vector<Field>& fields, RecordType& record, TableNames& taken)
      : scope_(std::move(scope)), context_(context), fields_(fields), record_(record), taken_(taken) {
    scope_.record = &record;
    scope_.fields = &fields;
    scope_.below.clear();
  }

  void read(const Json& object) {
    if (!object.is_object() || object.names.empty()) {
      mismatch(object, "an object of fields, {\"name\": value}", context_.problems);
      return;
    }
    if (!few_enough(object, "fields", context_.problems)) return;
    for (const Json::Name& name : object.names) scope_.below.push_back(scope_.prefix + name.text);
    for (std::size_t i = 0; i < object.items.size(); ++i) read_member(object.names[i], object.items[i]);
  }

 private:
  void read_member(const Json::Name& name, const Json& value) {
    const bool named = is_name(name.text);
    if (!named)
      context_.problems.error(name.origin, "\"" + name.text + "\" cannot name a field", "letters, digits and _");
    if (value.find("object") != nullptr) {
      read_object(name, value);
    } else if (value.find("person") != nullptr) {
      read_people(name, value);
    } else {
      Field field{scope_.prefix + name.text, read_expression(value, scope_, context_), name.origin};
      if (!named || field.value == nullptr || !add(std::move(field))) {
        mark_broken(value, scope_.prefix + name.text, scope_.owner, context_);
      }
    }
  }

  void read_object(const Json::Name& name, const Json& value) {
    const ObjectReader members(value, {"object"}, context_.problems);
    Scope inner = scope_;
    inner.prefix += name.text + '.';
    FieldReader(std::move(inner), context_, fields_, record_, taken_).read(*members.find("object"));
  }

  void read_people(const Json::Name& name, const Json& value) {
    const std::string group = scope_.prefix + name.text;
    const Json* inlined = value.find("inline");
    const std::string prefix = inlined != nullptr && inlined->boolean ? scope_.prefix : group + '.';
    const auto parts = read_person(value, group, context_);
    if (parts.empty()) mark_broken(value, group, scope_.owner, context_);
    for (const auto& [part, expression] : parts) (void)add(Field{prefix + part, expression, name.origin});
  }

  bool add(Field field) {
    if (!add_columns(field, scope_, context_, record_, taken_)) return false;
    fields_.push_back(std::move(field));
    return true;
  }

  Scope scope_;
  Context& context_;
  std::vector<Field>& fields_;
  RecordType& record_;
  TableNames& taken_;
};

}  // namespace

void read_fields(const Json& object, Scope scope, Context& context, std::vector<Field>& fields, RecordType& record) {
  TableNames taken;
  for (const Column& column : record.columns) taken.emplace(table_name_of(column.name), column.name);
  FieldReader(std::move(scope), context, fields, record, taken).read(object);
}

namespace {

/// The column of a field that a "set" may change; none after a problem.
std::optional<ColumnIndex> settable_column(const Json::Name& name, const Entity& entity, Context& context) {
  Names candidates;
  const Field* found = nullptr;
  for (const Field& field : entity.fields) {
    const Expression& value = *field.value;
    const bool settable =
        !value.is<constructs::Ref>() && !value.is<constructs::List>() && !value.is<constructs::State>();
    if (settable) candidates.push_back(field.name);
    if (field.name == name.text) found = &field;
  }
  if (context.is_broken(entity.name + '.' + name.text)) return std::nullopt;
  if (found == nullptr) {
    const std::string what = name.text == entity.key_field ? "the key \"" : "unknown field \"";
    context.problems.error(name.origin, what + name.text + "\" in \"set\"",
                           candidates.empty() ? "a field that can change, and there are none" : one_of(candidates),
                           context.problems.nearest(name.text, candidates));
    return std::nullopt;
  }
  if (std::find(candidates.begin(), candidates.end(), name.text) == candidates.end()) {
    context.problems.error(
        name.origin, "\"" + name.text + "\" in \"set\" is not supported yet: it is a reference, a list or the state");
    return std::nullopt;
  }
  return entity.record.find(name.text);
}

/// A new value must have the type of the column; a longer text widens it.
bool fit_type(const Json& value, const Expression& expression, Column& column, Context& context) {
  if (is_null(expression)) return true;
  ColumnType& type = column.type;
  if (type.kind != expression.type.kind || type.scale != expression.type.scale) {
    context.problems.error(value.origin, "a new value that is " + describe(expression.type),
                           describe(type) + " as the field \"" + column.name + '"');
    return false;
  }
  const int other = expression.type.max_length;
  type.max_length = type.max_length == 0 || other == 0 ? 0 : std::max(type.max_length, other);
  return true;
}

}  // namespace

std::vector<Field> read_set(const Json& object, Entity& entity, Context& context) {
  std::vector<Field> out;
  if (!object.is_object() || object.names.empty()) {
    mismatch(object, "an object of fields and their new values", context.problems);
    return out;
  }
  Scope scope;
  scope.level = Scope::Level::Set;
  scope.owner = entity.name;
  scope.record = &entity.record;
  scope.fields = &entity.fields;
  scope.life = &entity.life;
  if (entity.per) scope.parent = &context.scenario.entity(*entity.per);
  for (std::size_t i = 0; i < object.items.size(); ++i) {
    const auto column = settable_column(object.names[i], entity, context);
    const ExpressionPtr value = read_expression(object.items[i], scope, context);
    if (!column || value == nullptr) continue;
    if (!fit_type(object.items[i], *value, entity.record.columns[index_of(*column)], context)) continue;
    out.push_back({object.names[i].text, value, object.names[i].origin});
  }
  return out;
}

}  // namespace freshet::loading
