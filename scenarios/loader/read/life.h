// The life of an instance: {state: {"after": dwell, "to": {state: weight}, "set": {field: value}}}
#pragma once

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// Reads states and transitions: declared ones first, then those only named in a "to", and what follows a delete.
/// Returns false, without states, after a problem.
bool read_life_states(const Json& life, Entity& entity, Context& context);
/// {"churn": {"updates": 2, "deletes": "13%", "every": dwell, "set": {…}}}: a life of one state. False after a problem.
bool read_churn(const Json& churn, Entity& entity, Context& context);
/// Reads the "set" of each state, once the entity's fields are known.
void read_life_sets(const Json& life, Entity& entity, Context& context);

}  // namespace freshet::loading
