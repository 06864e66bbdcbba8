// Error messages on standard error.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "scenarios/loader/loader.h"

namespace freshet {

/// Writes all problems of a scenario to stderr.
void print_problems(const Loaded& loaded);

/// Loads a scenario and writes all its problems to stderr. Returns nullopt if one of them is an error.
std::optional<Scenario> load_or_complain(const std::string& path, const Overrides& overrides);

/// The usage error for an unknown entity, with the most similar name.
Error no_such_entity(const Scenario& scenario, const std::string& name);

/// Writes "freshet: message" and the hint to stderr. Returns the exit code for the error's kind.
int complain(const Error& error);

}  // namespace freshet
