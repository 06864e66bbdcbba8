// What only the whole scenario can show, and the gates.
#include <algorithm>

#include "scenarios/loader/values/context.h"

namespace freshet::loading {
namespace {

/// A gate on windows where there are none.
void check_final(const Gate& gate, const Json& text, Context& context) {
  const auto& names = context.view_names;
  if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return context.is_broken(name); })) return;
  for (const View& view : context.scenario.views) {
    if (view.tumble && (gate.view.empty() || gate.view == view.name)) return;
  }
  if (!gate.view.empty() && !context.scenario.find_view(gate.view)) return;
  context.problems.error(text.origin, "the gate is about windows, and there are none",
                         gate.view.empty() ? "a view with \"tumble\"" : "a view that has \"tumble\"");
}

/// Names in a gate's selector, and selectors that its quantity does not have.
void check_selector(const Gate& gate, const Json& text, Context& context) {
  const bool by_schedule = gate.quantity == Quantity::Wait || gate.quantity == Quantity::EndToEnd ||
                           gate.quantity == Quantity::AchievedRate || gate.quantity == Quantity::Final;
  if (by_schedule && context.scenario.in_flight > 0) {
    context.problems.error(
        text.origin, std::string("\"") + name_of(gate.quantity) + "\" in a closed loop, which has no instants to keep",
        "\"freshness\" or \"service\", or no \"closed_loop\"");
  }
  const bool per_view =
      gate.quantity != Quantity::Wait && gate.quantity != Quantity::Service && gate.quantity != Quantity::AchievedRate;
  const bool per_operation = gate.quantity == Quantity::Freshness || gate.quantity == Quantity::EndToEnd;
  if (!gate.view.empty() && !per_view) {
    context.problems.error(text.origin, std::string("\"") + name_of(gate.quantity) + "\" has no view", "no selector");
  } else if (!gate.view.empty() && !context.scenario.find_view(gate.view) && !context.is_broken(gate.view)) {
    context.problems.error(text.origin, "unknown view \"" + gate.view + "\" in the gate", one_of(context.view_names),
                           context.problems.nearest(gate.view, context.view_names));
  }
  if (gate.quantity == Quantity::Final) check_final(gate, text, context);
  if (gate.operation.empty()) return;
  if (!per_operation) {
    context.problems.error(
        text.origin, std::string("\"") + name_of(gate.quantity) + "\" is not told apart by operation", "no \"op\"");
    return;
  }
  const std::size_t dot = gate.operation.rfind('.');
  if (dot == std::string::npos) return;
  const std::string entity = gate.operation.substr(0, dot);
  const auto& names = context.entity_names;
  if (std::find(names.begin(), names.end(), entity) == names.end()) {
    context.problems.error(text.origin, "unknown entity \"" + entity + "\" in the gate", one_of(names),
                           context.problems.nearest(entity, names));
  }
}

/// Entities without a target that no other entity needs.
void check_written(Context& context) {
  const Scenario& scenario = context.scenario;
  std::vector<bool> needed(scenario.entities.size());
  const auto need = [&](const Field& field) {
    if (field.value->kind == Expression::Kind::Ref) needed[index_of(field.value->entity)] = true;
  };
  for (const Entity& entity : scenario.entities) {
    if (entity.per) needed[index_of(*entity.per)] = true;
    for (const Field& field : entity.fields) {
      need(field);
      for (const Field& item : field.value->fields) need(item);
    }
  }
  for (const WriteTarget& target : scenario.write) needed[index_of(target.entity)] = true;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    const Entity& entity = scenario.entities[i];
    if (needed[i]) continue;
    context.problems.warning(entity.origin,
                             "\"" + entity.name + "\" is written nowhere, and no other entity refers to it",
                             "\"" + entity.name + "\" in \"write\"");
  }
}

/// Windows too long to close in a run, when a gate waits for one that does.
void check_windows(Context& context) {
  const Scenario& scenario = context.scenario;
  for (const View& view : scenario.views) {
    const auto gate = std::find_if(scenario.slo.begin(), scenario.slo.end(), [&](const Gate& each) {
      return each.quantity == Quantity::Final && (each.view.empty() || each.view == view.name);
    });
    if (!view.tumble || gate == scenario.slo.end() || view.tumble->size <= scenario.measured()) continue;
    context.problems.warning(view.origin,
                             "a window of \"" + view.name + "\" is longer than the measured phase: the gate \"" +
                                 gate->expression + "\" may have nothing to judge",
                             "a load that lasts longer");
  }
}

/// Views that nobody looks at: neither observed nor read by another view.
void check_observed(Context& context) {
  const Scenario& scenario = context.scenario;
  for (std::size_t i = 0; i < scenario.views.size(); ++i) {
    const bool observed = std::any_of(scenario.observe.begin(), scenario.observe.end(),
                                      [&](const Observe& observe) { return index_of(observe.view) == i; });
    const bool read = std::any_of(scenario.views.begin(), scenario.views.end(), [&](const View& view) {
      return std::any_of(view.inputs.begin(), view.inputs.end(),
                         [&](const View::Input& input) { return input.view && index_of(*input.view) == i; });
    });
    if (observed || read) continue;
    context.problems.warning(scenario.views[i].origin, "nobody observes the view \"" + scenario.views[i].name + '"',
                             "\"" + scenario.views[i].name + "\" in \"observe\"");
  }
}

}  // namespace

void read_slo(const Json& root, Context& context) {
  const Json* slo = root.find("slo");
  if (slo == nullptr) return;
  if (!slo->is_array()) {
    mismatch(*slo, "a list of gates, [\"p99 freshness < 5m\"]", context.problems);
    return;
  }
  if (!few_enough(*slo, "gates", context.problems)) return;
  for (const Json& text : slo->items) {
    if (!text.is_text()) {
      mismatch(text, "a gate such as \"p99 freshness < 5m\"", context.problems);
      continue;
    }
    auto gate = parse_gate(text.text);
    if (!gate) {
      context.problems.error(text.origin, "the gate \"" + text.text + "\": " + gate.error().message);
      continue;
    }
    gate.value().file = text.origin.file.text();
    gate.value().pointer = text.origin.pointer.text();
    gate.value().line = text.origin.line;
    check_selector(gate.value(), text, context);
    context.scenario.slo.push_back(std::move(gate.value()));
  }
}

void require_written(EntityId base, const Origin& origin, Context& context) {
  const auto& write = context.scenario.write;
  const bool written =
      std::any_of(write.begin(), write.end(), [&](const WriteTarget& target) { return target.entity == base; });
  const std::string& name = context.scenario.entity(base).name;
  if (written || context.is_broken("write " + name) || context.is_broken("write")) return;
  context.problems.error(origin, "no pipeline can read \"" + name + "\": it is written nowhere",
                         "\"" + name + "\" in \"write\"");
}

void check_whole(Context& context) {
  // With an error anywhere, what seems to be unused may just not have been read.
  if (context.problems.has_errors()) return;
  check_written(context);
  check_observed(context);
  check_windows(context);
  check_memory(context);
  for (std::size_t i = 0; i < context.scenario.connections.size(); ++i) {
    if (context.connection_kinds.count(i) > 0) continue;
    const Connection& connection = context.scenario.connections[i];
    context.problems.warning(connection.origin, "nothing uses the connection \"" + connection.name + '"');
  }
}

}  // namespace freshet::loading
