// The life of an instance: {state: {"after": dwell, "to": {state: weight}, "set": {field: value}}}
#pragma once

#include "scenarios/loader/context.h"

namespace freshet::loading {

/// States and transitions, declared ones first, then those that are only named in a "to". Empty after a problem.
[[nodiscard]] std::vector<LifeState> read_life_states(const Json& life, Context& context);
/// The "set" of each state, once the entity's fields are known.
void read_life_sets(const Json& life, Entity& entity, Context& context);

}  // namespace freshet::loading
