#include "app/native/native_process.h"

#include <fstream>
#include <string_view>
#include <utility>

#include "base/exit_code.h"
#include "servers/child_process.h"

namespace freshet {

namespace {

/// The last error that the pipeline logged, and its hint.
struct Complaint {
  std::string message;
  std::string hint;
};

Complaint last_complaint(const std::string& log_file) {
  std::ifstream log(log_file);
  Complaint last;
  bool before = false;  // true if the previous line was the message
  for (std::string line; std::getline(log, line);) {
    if (before && line.starts_with("  ")) last.hint = line.substr(2);
    before = line.starts_with("freshet: ");
    if (before) last = {line.substr(9), ""};
  }
  return last;
}

class NativeProcess final : public Pipeline {
 public:
  explicit NativeProcess(NativeProcessOptions options) : options_(std::move(options)) {}

  freshet::Status start() override {
    ChildProcess::Options child;
    child.command = {options_.program, "pipeline", options_.scenario, "--once", "--run-id", options_.run_id};
    if (!options_.state_file.empty()) {
      child.command.insert(child.command.end(), {"--state-file", options_.state_file});
    }
    if (options_.drop_existing) child.command.emplace_back("--drop-existing");
    if (!options_.drill.empty()) {
      child.command.insert(child.command.end(), {"--drill", options_.drill, "--drill-journal", options_.drill_journal});
    }
    child.environment = options_.variables;
    child.output_file = options_.log_file;
    child.ready_prefix = kPipelineReady;
    child.stop = options_.asked;
    freshet::Status started = process_.start(child);
    if (started.ok() || started.error().kind == ErrorKind::Interrupted) return started;
    const Complaint complaint = last_complaint(options_.log_file);
    // The pipeline exits so when it refuses to touch what is not its own: that is the user's to decide.
    const ErrorKind kind = process_.stop(0) == exit_code::kUsage ? ErrorKind::Usage : ErrorKind::Unreachable;
    return Error{kind, "pipeline: " + (complaint.message.empty() ? started.error().message : complaint.message),
                 complaint.hint.empty() ? "its log is " + options_.log_file : complaint.hint};
  }
  std::string died() override {
    const std::string how = process_.died();
    if (how.empty()) return "";
    const std::string complaint = last_complaint(options_.log_file).message;
    return complaint.empty() ? how : how + ": " + complaint;
  }
  void stop() override {
    constexpr int kUnhurriedMs = 5'000;
    constexpr int kHurriedMs = 400;
    process_.stop(options_.hurry.stop_requested() ? kHurriedMs : kUnhurriedMs, options_.hurry);
  }
  ProcessCost cost() override { return process_.cost(); }

 private:
  NativeProcessOptions options_;
  ChildProcess process_;
};

}  // namespace

std::string first_warning(const std::string& log_file) {
  constexpr std::string_view kWarning = "freshet pipeline: warning: ";
  std::ifstream log(log_file);
  for (std::string line; std::getline(log, line);) {
    if (line.starts_with(kWarning)) return line.substr(kWarning.size());
  }
  return "";
}

std::unique_ptr<Pipeline> make_native_process(NativeProcessOptions options) {
  return std::make_unique<NativeProcess>(std::move(options));
}

}  // namespace freshet
