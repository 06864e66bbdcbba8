// Lives: states, dwells, transitions; and whether every life can be reached and can end.
#include "scenarios/loader/life.h"

#include <algorithm>

#include "scenarios/loader/fields.h"
#include "scenarios/loader/laws.h"
#include "scenarios/loader/units.h"

namespace freshet::loading {
namespace {

constexpr double kMinDwellAdvised = 50e3;  // µs: a commit must have happened before the next change of the row

class LifeReader {
 public:
  LifeReader(const Json& life, Context& context) : life_(life), context_(context) {}

  std::vector<LifeState> read() {
    if (!life_.is_object() || life_.names.empty()) {
      mismatch(life_, "an object of states, {\"open\": {\"after\": \"2s\", \"to\": {\"closed\": 1}}}",
               context_.problems);
      return {};
    }
    const std::size_t before = context_.problems.errors();
    for (const Json::Name& name : life_.names) {
      LifeState state;
      state.name = name.text;
      states_.push_back(state);
      if (name.text == "deleted") {
        context_.problems.error(name.origin, "\"deleted\" is the end of a life", "another name for this state");
      }
    }
    for (std::size_t i = 0; i < life_.items.size(); ++i) read_state(life_.items[i], i);
    if (context_.problems.errors() == before) check_graph();
    if (context_.problems.errors() != before) states_.clear();
    return std::move(states_);
  }

 private:
  void read_state(const Json& value, std::size_t index) {
    const Members members(value, {"after", "to", "set"}, context_.problems);
    const Json* after = members.find("after");
    const Json* to = members.find("to");
    if (after == nullptr && to == nullptr) {
      states_[index].final = true;
      return;
    }
    if (after != nullptr) {
      if (const auto dwell = read_law(*after, LawOf::Duration, context_.problems)) {
        states_[index].after = dwell->law;
        advise(*after, dwell->law);
      }
      if (to == nullptr) (void)members.require("to", "{\"state\": weight} or \"deleted\"");
    }
    if (to == nullptr) return;
    if (after == nullptr) (void)members.require("after", "a duration such as \"2s\"");
    read_targets(*to, index);
  }

  /// A state's successors: one by name, or several with weights.
  void read_targets(const Json& to, std::size_t index) {
    if (to.is_text()) {
      add_target(to.text, to.origin, 1, index);
      return;
    }
    if (!to.is_object() || to.names.empty()) {
      mismatch(to, "states and weights, {\"captured\": 88, \"deleted\": 12}, or one state", context_.problems);
      return;
    }
    for (std::size_t i = 0; i < to.items.size(); ++i) {
      const auto weight = read_weight(to.items[i], context_.problems);
      add_target(to.names[i].text, to.names[i].origin, weight.value_or(1), index);
    }
  }

  void add_target(const std::string& name, const Origin& origin, double weight, std::size_t index) {
    int target = kDeleted;
    if (name != "deleted") {
      const auto known =
          std::find_if(states_.begin(), states_.end(), [&](const LifeState& state) { return state.name == name; });
      target = static_cast<int>(known - states_.begin());
      if (known == states_.end()) {
        if (name.empty()) context_.problems.error(origin, "a state without a name", "a name");
        LifeState state;
        state.name = name;
        state.final = true;
        states_.push_back(state);
      }
    }
    states_[index].to.push_back(target);
    states_[index].weights.push_back(weight);
  }

  void advise(const Json& after, const Distribution& dwell) {
    const double least = least_of(dwell) / context_.scenario.time_scale;
    if (least >= kMinDwellAdvised) return;
    context_.problems.warning(after.origin,
                              "a dwell can be as short as " + std::to_string(static_cast<int>(least / 1e3)) +
                                  " ms after time_scale, which is near the time of a commit",
                              "at least 50 ms: a \"min\", or a smaller \"time_scale\"");
  }

  /// Every declared state can be reached from the first, and from every state the life can end.
  void check_graph() {
    std::vector<bool> reached(states_.size());
    std::vector<std::size_t> open{0};
    while (!open.empty()) {
      const std::size_t state = open.back();
      open.pop_back();
      if (reached[state]) continue;
      reached[state] = true;
      for (const int next : states_[state].to) {
        if (next != kDeleted) open.push_back(static_cast<std::size_t>(next));
      }
    }
    const std::vector<bool> ends = ending();
    for (std::size_t i = 0; i < life_.names.size(); ++i) {
      if (!reached[i]) {
        context_.problems.error(life_.names[i].origin, "the state \"" + states_[i].name + "\" is never reached",
                                "a \"to\" that leads to it from \"" + states_[0].name + '"');
      } else if (!ends[i]) {
        context_.problems.error(life_.names[i].origin, "from the state \"" + states_[i].name + "\" a life never ends",
                                "a way to a final state or to \"deleted\"");
      }
    }
  }

  [[nodiscard]] std::vector<bool> ending() const {
    std::vector<bool> ends(states_.size());
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < states_.size(); ++i) {
        const LifeState& state = states_[i];
        const bool now = state.final || std::any_of(state.to.begin(), state.to.end(), [&](int next) {
                           return next == kDeleted || ends[static_cast<std::size_t>(next)];
                         });
        changed = changed || now != ends[i];
        ends[i] = now;
      }
    }
    return ends;
  }

  const Json& life_;
  Context& context_;
  std::vector<LifeState> states_;
};

}  // namespace

std::vector<LifeState> read_life_states(const Json& life, Context& context) { return LifeReader(life, context).read(); }

void read_life_sets(const Json& life, Entity& entity, Context& context) {
  for (std::size_t i = 0; i < life.items.size() && i < entity.life.size(); ++i) {
    const Json* set = life.items[i].find("set");
    if (set == nullptr) continue;
    if (i == 0) {
      context.problems.error(set->origin, "\"set\" in the first state",
                             "the values in \"fields\": the insert enters it");
      continue;
    }
    entity.life[i].set = read_set(*set, entity, context);
  }
}

}  // namespace freshet::loading
