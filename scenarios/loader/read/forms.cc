#include "scenarios/loader/read/forms.h"

#include <algorithm>

#include "scenarios/loader/json/units.h"

namespace freshet::loading {
namespace {

/// The connection of the targets that name a place themselves; it is not declared in the scenario.
std::size_t connection_at(const std::string& place, const Json& target, const TargetForm& form, Context& context) {
  auto& connections = context.scenario.connections;
  const auto known = std::find_if(connections.begin(), connections.end(), [&](const Connection& connection) {
    return !connection.declared && connection.backend == form.backend && connection.url == place;
  });
  if (known != connections.end()) return static_cast<std::size_t>(known - connections.begin());
  context.backends.emplace(connections.size(), form.backend);
  connections.push_back({place, form.backend, place, target.origin, true, false});
  return connections.size() - 1;
}

/// An entity that is written this way is written no other way.
bool stands_alone(const Json& value, const TargetForm& form, Context& context) {
  for (const Json::Name& name : value.names) {
    if (name.text == form.backend) continue;
    context.problems.error(name.origin, "\"" + name.text + "\" beside \"" + form.backend + '"',
                           "one of them: only a MySQL table can have a topic beside it");
    return false;
  }
  return true;
}

bool is_taken(const OtherTarget& out, const Json& target, const TargetForm& form, Context& context) {
  for (const auto& [other, owner] : context.tables) {
    if (other.first != out.connection || table_name_of(other.second) != table_name_of(out.name)) continue;
    const Json* named = target.find(form.named_by);
    context.problems.error(named != nullptr ? named->origin : target.origin,
                           "the " + form.kind + " \"" + out.name + "\" is already used by \"" + owner + '"',
                           "a " + form.kind + " of its own");
    return true;
  }
  return false;
}

}  // namespace

std::optional<OtherTarget> read_by_form(const Json& value, const TargetForm& form, const Entity& entity,
                                        Context& context) {
  const Json& target = *value.find(form.backend);
  if (!stands_alone(value, form, context)) return std::nullopt;
  Names known;
  for (const TargetOption& option : form.options) known.push_back(option.name);
  if (form.place.empty()) known.emplace_back("connection");
  const std::size_t before = context.problems.errors();
  const ObjectReader members(target, known, context.problems);
  if (!members.ok()) return std::nullopt;
  OtherTarget out{form.backend, form.kind, entity.name};
  for (const TargetOption& option : form.options) {
    const Json* given = option.required ? members.require(option.name, option.example) : members.find(option.name);
    if (given == nullptr) continue;
    if (!given->is_text() || !option.fits(given->text)) {
      mismatch(*given, option.expected, context.problems);
    } else {
      out.options[option.name] = given->text;
    }
  }
  if (context.problems.errors() != before) return std::nullopt;
  if (out.options.count(form.named_by) > 0) out.name = out.options[form.named_by];
  const auto connection = form.place.empty() ? read_connection(target, form.backend, context)
                                             : connection_at(out.options[form.place], target, form, context);
  if (!connection) return std::nullopt;
  out.connection = *connection;
  if (is_taken(out, target, form, context)) return std::nullopt;
  return out;
}

}  // namespace freshet::loading
