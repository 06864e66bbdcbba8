// References to other entities and lists of items.
#include <algorithm>

#include "scenarios/loader/fields.h"
#include "scenarios/loader/laws.h"

namespace freshet::loading {
namespace {

/// The entity that a "ref" names: one with "rows", which is there from the start.
std::optional<EntityId> read_target(const Json& name, Context& context) {
  if (!name.is_text()) {
    mismatch(name, "the name of an entity", context.problems);
    return std::nullopt;
  }
  const auto id = context.scenario.find_entity(name.text);
  if (!id) {
    if (!context.is_broken(name.text)) unknown_name(name, "entity", context.entity_names, context.problems);
    return std::nullopt;
  }
  if (!context.scenario.entity(*id).rows || !context.scenario.entity(*id).preloaded) {
    if (!context.is_broken(name.text)) {
      context.problems.error(name.origin,
                             "a reference to \"" + name.text + "\", which has no \"rows\", is not supported yet");
    }
    return std::nullopt;
  }
  return id;
}

bool read_embed(const Json* embed, Expression& ref, Context& context) {
  const Entity& target = context.scenario.entity(ref.entity);
  if (embed == nullptr) {
    ref.embed = {target.key_field};
    ref.embed_columns = {0};
    return true;
  }
  if (!embed->is_array() || embed->items.empty()) {
    mismatch(*embed, "a list of columns of \"" + target.name + '"', context.problems);
    return false;
  }
  bool good = true;
  for (const Json& name : embed->items) {
    const int column = require_column(name, target.record, target.name, context);
    if (column >= 0 && target.record.columns[static_cast<std::size_t>(column)].type.kind == Kind::List) {
      context.problems.error(name.origin, "\"" + name.text + "\" is a list", "a column with one value");
      good = false;
    }
    good = good && column >= 0;
    ref.embed.push_back(name.text);
    ref.embed_columns.push_back(column);
  }
  return good;
}

/// "via": a sibling Ref whose entity has exactly one field that refers to the same entity as this one.
bool read_via(const Json& via, const Scope& scope, Expression& ref, Context& context) {
  Names candidates;
  const Field* sibling = nullptr;
  for (const Field& field : *scope.fields) {
    if (field.value->kind != Expression::Kind::Ref) continue;
    candidates.push_back(field.name);
    if (via.is_text() && field.name == via.text) sibling = &field;
  }
  if (sibling == nullptr) {
    const bool told = via.is_text() && context.is_broken(scope.owner + '.' + via.text);
    if (!told) unknown_name(via, "reference", candidates, context.problems);
    return false;
  }
  const Entity& holder = context.scenario.entity(sibling->value->entity);
  const std::string& wanted = context.scenario.entity(ref.entity).name;
  const auto refers = std::count_if(holder.fields.begin(), holder.fields.end(), [&](const Field& field) {
    return field.value->kind == Expression::Kind::Ref && field.value->entity == ref.entity;
  });
  if (refers != 1) {
    if (!context.is_broken(holder.name)) {
      context.problems.error(
          via.origin, "\"" + holder.name + "\" has " + std::to_string(refers) + " references to \"" + wanted + '"',
          "exactly one");
    }
    return false;
  }
  ref.via = via.text;
  return true;
}

}  // namespace

ExpressionPtr read_ref(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"ref", "pick", "via", "embed", "inline"}, context.problems);
  auto out = std::make_shared<Expression>();
  out->kind = Expression::Kind::Ref;
  out->origin = value.origin;
  const auto target = read_target(*members.find("ref"), context);
  bool good = target.has_value();
  const Json* pick = members.find("pick");
  if (pick != nullptr) {
    const auto law = read_pick(*pick, context.problems);
    good = good && law.has_value();
    out->pick = law.value_or(Pick{});
  }
  if (const Json* inlined = members.find("inline")) {
    out->inlined = read_boolean(*inlined, context.problems).value_or(false);
  }
  if (!target) return nullptr;
  out->entity = *target;
  if (!read_embed(members.find("embed"), *out, context)) good = false;
  if (const Json* via = members.find("via")) {
    if (pick != nullptr) {
      context.problems.error(pick->origin, "\"pick\" beside \"via\"",
                             "one of them: \"via\" takes what the other row holds");
      good = false;
    }
    if (!read_via(*via, scope, *out, context)) good = false;
  }
  return good ? out : nullptr;
}

ExpressionPtr read_list(const Json& value, const Scope& scope, Context& context) {
  const Members members(value, {"list", "of"}, context.problems);
  auto out = std::make_shared<Expression>();
  out->kind = Expression::Kind::List;
  out->origin = value.origin;
  out->type.kind = Kind::List;
  const auto count = read_law(*members.find("list"), LawOf::Count, context.problems);
  if (count) out->law = count->law;
  const Json* of = members.require("of", "{fields of an item}");
  if (of == nullptr) return nullptr;
  Scope item = scope;
  item.place = Scope::Place::Item;
  item.outer = scope.record;
  auto record = std::make_shared<RecordType>();
  const std::size_t before = context.problems.errors();
  read_fields(*of, item, context, out->fields, *record);
  out->type.item = std::move(record);
  return count && context.problems.errors() == before ? out : nullptr;
}

}  // namespace freshet::loading
