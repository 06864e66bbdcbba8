// Targets of backends that the loader knows by their form alone.
#pragma once

#include <optional>
#include <string>

#include "scenarios/loader/values/context.h"

namespace freshet::loading {

/// The connection of a target: the one that it names, else the one called like its backend. Gives it that backend.
[[nodiscard]] std::optional<std::size_t> read_connection(const Json& target, const std::string& backend,
                                                         Context& context);

/// The target that `value`, an entity's member of "write", has of this form. It stands alone there. Nothing after a
/// problem.
[[nodiscard]] std::optional<OtherTarget> read_by_form(const Json& value, const TargetForm& form, const Entity& entity,
                                                      Context& context);

}  // namespace freshet::loading
