// The loader: one JSON file (comments allowed) → a typed Scenario, or all of its problems at once.
#pragma once

#include <string>
#include <vector>

#include "scenarios/loader/json/overrides.h"
#include "scenarios/loader/json/problem.h"
#include "scenarios/model/scenario.h"
#include "scenarios/model/target_form.h"

namespace freshet {

struct Loaded {
  std::optional<Scenario> scenario;  ///< absent if there is an error
  std::vector<Problem> problems;     ///< errors and warnings, in order of position: the first hundred of each
  std::size_t untold = 0;            ///< number of errors that are not among them
};

/// Reads and interprets a file. Never throws; an unreadable file is a problem like any other. `forms` are those of the
/// backends that there are beside MySQL and Kafka.
[[nodiscard]] Loaded load_scenario(const std::string& path, const Overrides& overrides = {},
                                   const TargetForms& forms = {});
/// The same for a text; `file` is only a name for messages.
[[nodiscard]] Loaded parse_scenario(std::string_view text, const std::string& file, const Overrides& overrides = {},
                                    const TargetForms& forms = {});

}  // namespace freshet
