// Checks that need the whole scenario.
#include <algorithm>

#include "scenarios/loader/check/checks.h"

namespace freshet::loading {
namespace {

/// Entities without a target that no other entity needs.
void check_written(Context& context) {
  const Scenario& scenario = context.scenario;
  std::vector<bool> needed(scenario.entities.size());
  const auto need = [&](const Field& field) {
    if (const auto* ref = field.value->as<constructs::Ref>()) needed[index_of(ref->entity)] = true;
  };
  for (const Entity& entity : scenario.entities) {
    if (entity.per) needed[index_of(*entity.per)] = true;
    for (const Field& field : entity.fields) {
      need(field);
      const auto* list = field.value->as<constructs::List>();
      if (list == nullptr) continue;
      for (const Field& item : list->fields) need(item);
    }
  }
  for (const WriteTarget& target : scenario.write) needed[index_of(target.entity)] = true;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    const Entity& entity = scenario.entities[i];
    if (needed[i]) continue;
    context.problems.warning(entity.origin, "\"" + entity.name + "\" has no target, and no other entity refers to it",
                             "\"" + entity.name + "\" in \"write\"");
  }
}

/// Reports windows that are too long to close in a run, if a gate waits for one that does.
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

/// Reports views that are neither observed nor read by another view.
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
    context.problems.warning(scenario.views[i].origin, "view \"" + scenario.views[i].name + "\" is not observed",
                             "\"" + scenario.views[i].name + "\" in \"observe\"");
  }
}

}  // namespace

void cross_check(Context& context) {
  // After an error, something that seems unused may only not have been read.
  if (context.problems.has_errors()) return;
  check_written(context);
  check_observed(context);
  check_windows(context);
  check_memory(context);
  for (std::size_t i = 0; i < context.scenario.connections.size(); ++i) {
    if (context.backends.count(i) > 0) continue;
    const Connection& connection = context.scenario.connections[i];
    context.problems.warning(connection.origin, "nothing uses the connection \"" + connection.name + '"');
  }
}

}  // namespace freshet::loading
