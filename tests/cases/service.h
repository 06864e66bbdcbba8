// `freshet pipeline` as a service, in a folder of its own.
#pragma once

#include <map>
#include <string>

#include "app/freshet_process.h"
#include "app/native/native_process.h"

namespace freshet::cases {

inline std::string input(const std::string& name) { return FRESHET_SOURCE_DIR "/tests/cases/inputs/" + name; }

/// Reads once it is made; ends with its owner.
class Service {
 public:
  Service(const Folder& folder, const std::string& scenario, const std::map<std::string, std::string>& environment)
      : log_(folder.path() + "/output") {
    ChildProcess::Options options;
    options.command = {FRESHET_BINARY_DIR "/freshet", "pipeline", input(scenario), "--drop-existing"};
    options.output_file = log_;
    options.environment = environment;
    options.ready_prefix = kPipelineReady;
    const Status started = process_.start(options);
    EXPECT_TRUE(started.ok()) << started.error().message << "\n" << read_file(log_);
  }
  /// Waits for its end; both streams are in `out`.
  Said ended() {
    EXPECT_TRUE(process_.wait(30'000)) << "it does not end";
    return {process_.exit_code(), read_file(log_), ""};
  }

 private:
  std::string log_;
  ChildProcess process_;
};

}  // namespace freshet::cases
