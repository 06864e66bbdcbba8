// Lives: states, dwells, transitions; every state must be reachable and every life must be able to end.
#include "scenarios/loader/read/life.h"

#include <algorithm>

#include "scenarios/loader/json/units.h"
#include "scenarios/loader/values/fields.h"
#include "scenarios/loader/values/laws.h"

namespace freshet::loading {
namespace {

constexpr std::size_t kMostStates = 200;
constexpr double kMinDwellAdvised = 50e3;  // in µs: a commit must have happened before the next change of the row

void advise(const Json& after, const Distribution& dwell, Context& context) {
  const double least = least_of(dwell) / context.scenario.time_scale;
  if (least >= kMinDwellAdvised) return;
  context.problems.warning(after.origin,
                           "a dwell can be as short as " + std::to_string(static_cast<int>(least / 1e3)) +
                               " ms after time_scale, which is near the time of a commit",
                           "at least 50 ms: a \"min\", or a smaller \"time_scale\"");
}

class LifeReader {
 public:
  LifeReader(const Json& life, Context& context) : life_(life), context_(context) {}

  std::vector<LifeState> read() {
    if (!life_.is_object() || life_.names.empty()) {
      mismatch(life_, "an object of states, {\"open\": {\"after\": \"2s\", \"to\": {\"closed\": 1}}}",
               context_.problems);
      return {};
    }
    if (!few_enough(life_, "states", context_.problems, kMostStates)) return {};
    const std::size_t before = context_.problems.errors();
    for (const Json::Name& name : life_.names) {
      if (name.text == "deleted") continue;
      LifeState state;
      state.name = name.text;
      states_.push_back(state);
      origins_.push_back(name.origin);
    }
    if (life_.names[0].text == "deleted") {
      context_.problems.error(life_.names[0].origin, "a life that begins with \"deleted\"", "the state of the insert");
    }
    std::size_t index = 0;
    for (std::size_t i = 0; i < life_.items.size(); ++i) {
      if (life_.names[i].text == "deleted") {
        read_revival(life_.items[i]);
      } else {
        read_state(life_.items[i], index++);
      }
    }
    if (context_.problems.errors() == before) check_graph();
    if (context_.problems.errors() != before) states_.clear();
    return std::move(states_);
  }

  std::optional<LifeState> take_revival() { return std::move(revival_); }

 private:
  /// "deleted": {"after": …, "to": …, "share": …}: the row comes back.
  void read_revival(const Json& value) {
    const Members members(value, {"after", "to", "share"}, context_.problems);
    const Json* after = members.require("after", "how long the row is away");
    const Json* to = members.require("to", "the state in which it comes back");
    LifeState state;
    state.name = "deleted";
    if (after != nullptr) {
      if (const auto dwell = read_law(*after, LawOf::Duration, context_.problems)) {
        state.after = dwell->law;
        advise(*after, dwell->law, context_);
      }
    }
    read_share_of(members, state);
    if (to != nullptr) {
      read_targets(*to, state);
      if (std::find(state.to.begin(), state.to.end(), std::nullopt) != state.to.end()) {
        context_.problems.error(to->origin, "from \"deleted\" to \"deleted\"", "a state in which the row lives");
      }
    }
    revival_ = std::move(state);
  }

  void read_share_of(const Members& members, LifeState& state) {
    if (const Json* share = members.find("share")) state.share = read_share(*share, context_.problems).value_or(1);
  }

  void read_state(const Json& value, std::size_t index) {
    const Members members(value, {"after", "to", "share", "set", "key"}, context_.problems);
    read_share_of(members, states_[index]);
    if (const Json* key = members.find("key")) read_new_key(*key, index);
    const Json* after = members.find("after");
    const Json* to = members.find("to");
    if (after == nullptr && to == nullptr) {
      states_[index].final = true;
      return;
    }
    if (after != nullptr) {
      if (const auto dwell = read_law(*after, LawOf::Duration, context_.problems)) {
        states_[index].after = dwell->law;
        advise(*after, dwell->law, context_);
      }
      if (to == nullptr) (void)members.require("to", "{\"state\": weight} or \"deleted\"");
    }
    if (to == nullptr) return;
    if (after == nullptr) (void)members.require("after", "a duration such as \"2s\"");
    LifeState state = states_[index];
    read_targets(*to, state);
    states_[index] = std::move(state);
  }

  void read_new_key(const Json& key, std::size_t index) {
    if (!key.is_text() || key.text != "new")
      return mismatch(key, "\"new\": the row gets another key", context_.problems);
    states_[index].new_key = true;
    if (index > 0) return;
    context_.problems.error(key.origin, "\"key\" in the first state", "the entity's \"key\": the insert has it");
  }

  /// A state's successors: one by name, or several with weights.
  void read_targets(const Json& to, LifeState& from) {
    if (to.is_text()) {
      add_target(to.text, to.origin, 1, from);
      return;
    }
    if (!to.is_object() || to.names.empty()) {
      mismatch(to, "states and weights, {\"captured\": 88, \"deleted\": 12}, or one state", context_.problems);
      return;
    }
    if (!few_enough(to, "states", context_.problems, kMostStates)) return;
    for (std::size_t i = 0; i < to.items.size(); ++i) {
      const auto weight = read_weight(to.items[i], context_.problems);
      add_target(to.names[i].text, to.names[i].origin, weight.value_or(1), from);
    }
    check_shares(to.items, to.origin, context_.problems);
  }

  void add_target(const std::string& name, const Origin& origin, double weight, LifeState& from) {
    NextState target;
    if (name != "deleted") {
      const auto known =
          std::find_if(states_.begin(), states_.end(), [&](const LifeState& state) { return state.name == name; });
      target = static_cast<std::size_t>(known - states_.begin());
      if (known == states_.end()) {
        if (states_.size() >= kMostStates) {
          context_.problems.error(origin, "too many states", "at most " + std::to_string(kMostStates));
          return;
        }
        if (name.empty()) context_.problems.error(origin, "a state without a name", "a name");
        LifeState state;
        state.name = name;
        state.final = true;
        states_.push_back(state);
      }
    }
    from.to.push_back(target);
    from.weights.push_back(weight);
  }

  /// Checks that every declared state can be reached from the first, and that the life can end from every state.
  void check_graph() {
    std::vector<bool> reached(states_.size());
    std::vector<std::size_t> open{0};
    while (!open.empty()) {
      const std::size_t state = open.back();
      open.pop_back();
      if (reached[state]) continue;
      reached[state] = true;
      for (const NextState next : states_[state].to) {
        if (next) {
          open.push_back(*next);
        } else if (revival_) {
          for (const NextState back : revival_->to) open.push_back(back.value());
        }
      }
    }
    const std::vector<bool> ends = ending();
    for (std::size_t i = 0; i < origins_.size(); ++i) {
      if (!reached[i]) {
        context_.problems.error(origins_[i], "the state \"" + states_[i].name + "\" is never reached",
                                "a \"to\" that leads to it from \"" + states_[0].name + '"');
      } else if (!ends[i]) {
        context_.problems.error(origins_[i], "from the state \"" + states_[i].name + "\" a life never ends",
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
        const bool buried =
            !revival_ || revival_->share < 1 ||
            std::any_of(revival_->to.begin(), revival_->to.end(), [&](NextState back) { return ends[back.value()]; });
        const bool now =
            state.final || state.share < 1 ||
            std::any_of(state.to.begin(), state.to.end(), [&](NextState next) { return next ? ends[*next] : buried; });
        changed = changed || now != ends[i];
        ends[i] = now;
      }
    }
    return ends;
  }

  const Json& life_;
  Context& context_;
  std::vector<LifeState> states_;
  std::vector<Origin> origins_;  ///< of the declared states
  std::optional<LifeState> revival_;
};

}  // namespace

bool read_life_states(const Json& life, Entity& entity, Context& context) {
  LifeReader reader(life, context);
  entity.life = reader.read();
  entity.revival = reader.take_revival();
  if (entity.changes_key() && entity.key != nullptr && entity.key->is<constructs::Path>()) {
    context.problems.error(life.origin,
                           "a state with a new \"key\" of \"" + entity.name + "\", whose key is its parent's",
                           "a key of its own, \"uuid\" or {\"sequence\": \"L%07d\"}");
    return false;
  }
  return !entity.life.empty();
}

/// Updates until chance ends them. Of the instances in the state, a share x is updated once more and a share y deleted:
/// on average x / (1 - x) updates, and y / (1 - x) of the instances deleted in the end.
bool read_churn(const Json& churn, Entity& entity, Context& context) {
  const Members members(churn, {"updates", "deletes", "every", "set"}, context.problems);
  const Json* updates = members.require("updates", "2, how many updates a row gets on average");
  const Json* every = members.require("every", "{\"exponential\": \"5s\", \"min\": \"2s\"}");
  double mean = 0;
  if (updates != nullptr) {
    mean = read_number(
               *updates, [](double number) { return number > 0 && number <= 1000; },
               "a mean, more than 0 and at most 1000", context.problems)
               .value_or(0);
  }
  double deleted = 0;
  bool good = mean > 0;
  if (const Json* deletes = members.find("deletes")) {
    const auto share = read_share(*deletes, context.problems);
    deleted = share.value_or(0);
    good = good && share;
  }
  LifeState state;
  state.name = "live";
  if (every != nullptr) {
    const auto dwell = read_law(*every, LawOf::Duration, context.problems);
    if (dwell) {
      state.after = dwell->law;
      advise(*every, dwell->law, context);
    }
    good = good && dwell;
  }
  if (!good || every == nullptr) return false;
  const double again = mean / (1 + mean);
  const double end = deleted / (1 + mean);
  state.share = again + end;
  state.to = {std::size_t{0}};
  state.weights = {again};
  if (deleted > 0) {
    state.to.push_back(std::nullopt);
    state.weights.push_back(end);
  }
  entity.life = {state};
  return true;
}

void read_life_sets(const Json& life, Entity& entity, Context& context) {
  std::size_t i = 0;
  for (std::size_t item = 0; item < life.items.size() && i < entity.life.size(); ++item) {
    if (life.names[item].text == "deleted") continue;
    const std::size_t state = i++;
    const Json* set = life.items[item].find("set");
    if (set == nullptr) continue;
    if (state == 0) {
      context.problems.error(set->origin, "\"set\" in the first state",
                             "the values in \"fields\": the insert enters it");
      continue;
    }
    entity.life[state].set = read_set(*set, entity, context);
  }
}

}  // namespace freshet::loading
