// What is said on standard error of what cannot be done.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "scenarios/loader/loader.h"

namespace freshet {

/// Writes all problems of a scenario to stderr.
void print_problems(const Loaded& loaded);

/// Loads a scenario and writes all of its problems to stderr. Empty when there is an error among them.
std::optional<Scenario> load_or_complain(const std::string& path, const Overrides& overrides);

/// The usage error of an entity that is not there, with the nearest name.
Error no_such_entity(const Scenario& scenario, const std::string& name);

/// "freshet: message" and the hint on stderr; returns the exit code of the error's kind.
int complain(const Error& error);

}  // namespace freshet
