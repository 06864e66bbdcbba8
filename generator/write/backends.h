// The registry of backends: what changes can be written to.
#pragma once

#include <stop_token>
#include <string_view>
#include <vector>

#include "generator/write/backend/backend.h"

namespace freshet {

/// All, in the order in which their targets are listed and dropped.
[[nodiscard]] const std::vector<const Backend*>& backends();
/// Null when no backend has that name.
[[nodiscard]] const Backend* find_backend(std::string_view name);
/// The backend of a connection or a target: a loaded scenario names only those that exist.
[[nodiscard]] const Backend& backend_named(std::string_view name);

/// The forms of all backends that the loader does not know by itself.
[[nodiscard]] const TargetForms& target_forms();

/// The addresses of all connections that are used.
[[nodiscard]] Result<Addresses> resolve_addresses(const Scenario& scenario, const Environment& environment);
/// The same addresses with another token that ends waits.
[[nodiscard]] Addresses until(Addresses addresses, const std::stop_token& stop);
/// Where a connection leads to, for people.
[[nodiscard]] std::string display(const Scenario& scenario, const Addresses& addresses, std::size_t connection);

}  // namespace freshet
