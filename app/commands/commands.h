// The commands behind the command line. Each returns an exit code and has written its own messages.
#pragma once

#include <string>

#include "app/setup/options.h"
#include "base/result.h"

namespace freshet {

int run_scenario(const RunOptions& options);
int serve_pipeline(const PipelineOptions& options);
int check_scenario(const std::string& scenario, const Overrides& overrides, bool data_only);
int plan_scenario(const std::string& scenario, const Overrides& overrides);
int sample_scenario(const SampleOptions& options);
int fit_declared(const FitOptions& options);
int clean_servers(const CleanOptions& options);
int generate_data(const GenerateOptions& options);

/// Loads a scenario and writes all of its problems to stderr. Empty when there is an error among them.
std::optional<Scenario> load_or_complain(const std::string& path, const Overrides& overrides);

/// The usage error of an entity that is not there, with the nearest name.
Error no_such_entity(const Scenario& scenario, const std::string& name);

/// "freshet: message" and the hint on stderr; returns the exit code of the error's kind.
int complain(const Error& error);

}  // namespace freshet
