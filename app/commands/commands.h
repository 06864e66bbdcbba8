// The commands behind the command line. Each prints its own messages and returns an exit code.
#pragma once

#include <string>

#include "app/setup/options.h"

namespace freshet {

int run_scenario(const RunOptions& options);
int serve_pipeline(const PipelineOptions& options);
int check_scenario(const std::string& scenario, const Overrides& overrides, bool data_only);
int plan_scenario(const std::string& scenario, const Overrides& overrides);
int sample_scenario(const SampleOptions& options);
int fit_declared(const FitOptions& options);
int clean_servers(const CleanOptions& options);
int generate_data(const GenerateOptions& options);

}  // namespace freshet
