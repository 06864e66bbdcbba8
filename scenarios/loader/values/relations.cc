// References to other entities and lists of items.
#include <algorithm>
#include <utility>

#include "scenarios/loader/values/distributions.h"
#include "scenarios/loader/values/fields.h"

namespace freshet::loading {
namespace {

/// The entity that a "ref" names. Children are refused, because they cannot be counted and so not be picked.
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
  if (context.scenario.entity(*id).per) {
    if (!context.is_broken(name.text)) {
      context.problems.error(name.origin, "a reference to \"" + name.text + "\", which is owned by another entity",
                             "an entity without \"per\"");
    }
    return std::nullopt;
  }
  return id;
}

/// The column of the weights: a number in every instance.
std::optional<Pick> read_weighted(const Json& name, const Entity& target, Context& context) {
  constexpr std::int64_t kMostRows = 1'000'000;
  const auto column = require_column(name, target.record, target.name, context);
  if (!column) return std::nullopt;
  if (!is_numeric(target.record[*column].type)) {
    context.problems.error(name.origin, '"' + name.text + "\" is not a number",
                           "a column with the weight of each instance");
    return std::nullopt;
  }
  if (target.rows.value_or(0) > kMostRows) {
    context.problems.error(name.origin, "weights of more than 1,000,000 instances", "\"zipf\"");
    return std::nullopt;
  }
  return Pick{picks::Weighted{*column}};
}

std::optional<Pick> read_recent(const Json& distance, Context& context) {
  const auto mean = read_number(
      distance, [](double number) { return number >= 1 && number <= 1e12; }, "how many instances back, from 1",
      context.problems);
  if (!mean) return std::nullopt;
  return Pick{picks::Recent{*mean}};
}

/// The "pick" of a reference: picks for instances that exist from the start differ from those for instances that arrive
/// one by one.
std::optional<Pick> read_reference_pick(const Json& value, const Entity& target, Context& context) {
  const bool arrives = !target.rows.has_value();
  for (const char* distribution : {"weighted", "recent"}) {
    const Json* parameter = value.find(distribution);
    if (parameter == nullptr) continue;
    const ObjectReader members(value, {distribution}, context.problems);
    const bool recent = std::string_view(distribution) == "recent";
    if (recent != arrives) {
      context.problems.error(
          value.origin,
          std::string("\"") + distribution + "\" of \"" + target.name + "\", whose instances " +
              (arrives ? "arrive one by one" : "are not in an order of arrival"),
          arrives ? R"("uniform" or {"recent": 1000})" : R"("uniform", {"zipf": 0.75} or {"weighted": "column"})");
      return std::nullopt;
    }
    return recent ? read_recent(*parameter, context) : read_weighted(*parameter, target, context);
  }
  auto pick = read_pick(value, context.problems);
  if (pick && pick->is<picks::Zipf>() && arrives) {
    context.problems.error(value.origin, "\"zipf\" of \"" + target.name + "\", whose instances arrive one by one",
                           R"("uniform" or {"recent": 1000})");
    return std::nullopt;
  }
  return pick;
}

bool read_embed(const Json* embed, constructs::Ref& ref, Context& context) {
  const Entity& target = context.scenario.entity(ref.entity);
  if (embed == nullptr) {
    ref.embed = {target.key_field};
    ref.embed_columns = {ColumnIndex{0}};
    return true;
  }
  if (!embed->is_array() || embed->items.empty()) {
    mismatch(*embed, "a list of columns of \"" + target.name + '"', context.problems);
    return false;
  }
  bool good = few_enough(*embed, "columns", context.problems);
  if (!good) return false;
  for (const Json& name : embed->items) {
    const auto column = require_column(name, target.record, target.name, context);
    if (column && target.record[*column].type.kind == Kind::List) {
      context.problems.error(name.origin, "\"" + name.text + "\" is a list", "a column with one value");
      good = false;
    }
    good = good && column;
    if (!good) continue;
    ref.embed.push_back(name.text);
    ref.embed_columns.push_back(*column);
  }
  return good;
}

/// "via": a sibling Ref whose entity has exactly one field that refers to the same entity as this one.
bool read_via(const Json& via, const Scope& scope, constructs::Ref& ref, Context& context) {
  Names candidates;
  const Field* sibling = nullptr;
  for (const Field& field : *scope.fields) {
    if (!field.value->is<constructs::Ref>()) continue;
    candidates.push_back(field.name);
    const bool named = via.is_text() && (field.name == scope.prefix + via.text || field.name == via.text);
    if (named && (sibling == nullptr || field.name != via.text)) sibling = &field;
  }
  if (sibling == nullptr) {
    const bool reported = via.is_text() && is_broken_column(via.text, scope, context);
    if (!reported) unknown_name(via, "reference", candidates, context.problems);
    return false;
  }
  const Entity& holder = context.scenario.entity(sibling->value->as<constructs::Ref>()->entity);
  const std::string& wanted = context.scenario.entity(ref.entity).name;
  const auto refers = std::count_if(holder.fields.begin(), holder.fields.end(), [&](const Field& field) {
    const auto* other = field.value->as<constructs::Ref>();
    return other != nullptr && other->entity == ref.entity;
  });
  if (refers != 1) {
    if (!context.is_broken(holder.name)) {
      context.problems.error(
          via.origin, "\"" + holder.name + "\" has " + std::to_string(refers) + " references to \"" + wanted + '"',
          "exactly one");
    }
    return false;
  }
  ref.via = sibling->name;
  return true;
}

}  // namespace

ExpressionPtr read_ref(const Json& value, const Scope& scope, Context& context) {
  const ObjectReader members(value, {"ref", "pick", "living", "via", "embed", "inline"}, context.problems);
  constructs::Ref out;
  const auto target = read_target(*members.find("ref"), context);
  bool good = target.has_value();
  const Json* pick = members.find("pick");
  if (pick != nullptr && target) {
    const auto distribution = read_reference_pick(*pick, context.scenario.entity(*target), context);
    good = good && distribution.has_value();
    out.pick = distribution.value_or(Pick{});
  }
  const Json* living = members.find("living");
  if (living != nullptr) out.living = read_boolean(*living, context.problems).value_or(false);
  if (const Json* inlined = members.find("inline")) {
    out.inlined = read_boolean(*inlined, context.problems).value_or(false);
  }
  if (!target) return nullptr;
  out.entity = *target;
  if (!read_embed(members.find("embed"), out, context)) good = false;
  if (!context.scenario.entity(*target).preloaded) out.living = true;
  if (const Json* via = members.find("via")) {
    for (const auto& [name, member] : {std::pair{"pick", pick}, std::pair{"living", living}}) {
      if (member == nullptr) continue;
      context.problems.error(member->origin, '"' + std::string(name) + "\" beside \"via\"",
                             "one of them: \"via\" takes what the other row holds");
      good = false;
    }
    if (!read_via(*via, scope, out, context)) good = false;
  }
  return good ? make_expression(std::move(out), {}, value.origin) : nullptr;
}

ExpressionPtr read_list(const Json& value, const Scope& scope, Context& context) {
  const ObjectReader members(value, {"list", "of"}, context.problems);
  const auto count = read_distribution(*members.find("list"), DistributionUse::Count, context.problems);
  const Json* of = members.require("of", "{fields of an item}");
  if (of == nullptr) return nullptr;
  Scope item = scope;
  item.level = Scope::Level::Item;
  item.outer = scope.record;
  item.outer_prefix = std::exchange(item.prefix, {});  // the columns of an item are separate
  auto record = std::make_shared<RecordType>();
  const std::size_t before = context.problems.errors();
  std::vector<Field> fields;
  read_fields(*of, item, context, fields, *record);
  if (!count || context.problems.errors() != before) return nullptr;
  ColumnType type = plain_type(Kind::List);
  type.item = std::move(record);
  return make_expression(constructs::List{count->distribution, std::move(fields)}, std::move(type), value.origin);
}

}  // namespace freshet::loading
