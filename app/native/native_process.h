// The native pipeline as a child process: `freshet pipeline` on the run's own resolved scenario.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "base/seams.h"

namespace freshet {

struct NativeProcessOptions {
  std::string program;   ///< our own binary
  std::string scenario;  ///< the run's scenario.resolved.json
  std::string run_id;
  std::map<std::string, std::string> variables;  ///< FRESHET_CONNECTION_…
  bool drop_existing = false;
  std::string drill;
  std::string drill_journal;
  std::string state_file;
  std::string log_file;
  std::stop_token asked;  ///< cancels the start
  std::stop_token hurry;  ///< shortens the time that it gets to end
};

/// What the pipeline prints on stdout once it reads its sources.
inline constexpr const char* kPipelineReady = "freshet pipeline: ready";

/// The first warning in its log; "" if there is none.
[[nodiscard]] std::string first_warning(const std::string& log_file);

[[nodiscard]] std::unique_ptr<Pipeline> make_native_process(NativeProcessOptions options);

}  // namespace freshet
