#include "app/native_process.h"

#include <fstream>
#include <utility>

#include "servers/child_process.h"

namespace freshet {

namespace {

/// The last line that the pipeline said about itself.
std::string last_complaint(const std::string& log_file) {
  std::ifstream log(log_file);
  std::string line, last;
  while (std::getline(log, line)) {
    if (line.starts_with("freshet: ")) last = line.substr(9);
  }
  return last;
}

class NativeProcess final : public Pipeline {
 public:
  explicit NativeProcess(NativeProcessOptions options) : options_(std::move(options)) {}

  freshet::Status start() override {
    ChildProcess::Options child;
    child.command = {options_.program, "pipeline", options_.scenario, "--run-id", options_.run_id};
    if (options_.drop_existing) child.command.emplace_back("--drop-existing");
    if (!options_.drill.empty()) {
      child.command.insert(child.command.end(), {"--drill", options_.drill, "--drill-journal", options_.drill_journal});
    }
    child.environment = options_.variables;
    child.output_file = options_.log_file;
    child.ready_prefix = kPipelineReady;
    freshet::Status started = process_.start(child);
    if (started.ok()) return started;
    const std::string complaint = last_complaint(options_.log_file);
    // The pipeline exits with 2 when it refuses to touch what is not its own: that is the user's to decide.
    const ErrorKind kind = process_.stop(0) == 2 ? ErrorKind::Usage : ErrorKind::Unreachable;
    return Error{kind, "pipeline: " + (complaint.empty() ? started.error().message : complaint),
                 "its log is " + options_.log_file};
  }
  std::string died() override {
    const std::string how = process_.died();
    if (how.empty()) return "";
    const std::string complaint = last_complaint(options_.log_file);
    return complaint.empty() ? how : how + ": " + complaint;
  }
  void stop() override { process_.stop(); }
  ProcessCost cost() override { return process_.cost(); }

 private:
  NativeProcessOptions options_;
  ChildProcess process_;
};

}  // namespace

std::unique_ptr<Pipeline> make_native_process(NativeProcessOptions options) {
  return std::make_unique<NativeProcess>(std::move(options));
}

}  // namespace freshet
