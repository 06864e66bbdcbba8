// The list of gates, and whether each has something to judge.
#include <algorithm>

#include "scenarios/loader/read/gate_parser.h"
#include "scenarios/loader/read/readers.h"

namespace freshet::loading {
namespace {

/// Reports a gate on windows if there are none.
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

/// Reports unknown names in a gate's selector, and selectors that its quantity does not have.
void check_selector(const Gate& gate, const Json& text, Context& context) {
  const bool by_schedule = gate.quantity == Quantity::Wait || gate.quantity == Quantity::EndToEnd ||
                           gate.quantity == Quantity::AchievedRate || gate.quantity == Quantity::Final;
  if (by_schedule && context.scenario.in_flight > 0) {
    context.problems.error(
        text.origin, std::string("\"") + name_of(gate.quantity) + "\" in a closed loop, which has no schedule to keep",
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
    context.problems.error(text.origin, std::string("\"") + name_of(gate.quantity) + "\" is not counted by operation",
                           "no \"op\"");
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

}  // namespace

void read_slo(const Json& root, Context& context) {
  const Json* slo = find_section(root, "slo", Json::Kind::Array, "a list of gates, [\"p99 freshness < 5m\"]", "gates",
                                 context.problems);
  if (slo == nullptr) return;
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

}  // namespace freshet::loading
