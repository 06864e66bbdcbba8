#include "app/parts/real_parts.h"

#include <fmt/format.h>
#include <unistd.h>

#include "servers/child_process.h"

namespace freshet {

namespace {

constexpr int kBeforeAuditStepMs = 20;

}  // namespace

RealParts::RealParts(const Scenario& scenario, const RunOptions& options, Reporter& reporter)
    : options_(options),
      reporter_(reporter),
      host_(scenario, options, clock_, stops_.asked()),
      site_(scenario, options, clock_, stops_) {}

RunParts RealParts::parts() {
  RunParts parts{clock_,         threads_, reporter_, host_, site_, WriterPool::open, [] { return stop_signal() != 0; },
                 stops_.asked(), {}};
  if (!options_.before_audit.empty()) parts.before_audit = [this] { return run_before_audit(); };
  return parts;
}

std::string RealParts::run_before_audit() const {
  ChildProcess::Options options;
  options.command = {"/bin/sh", "-c", options_.before_audit};
  options.output = STDERR_FILENO;
  options.guarded = true;
  if (const std::string socket = site_.embedded_socket(); !socket.empty()) {
    options.environment["FRESHET_EMBEDDED_SOCKET"] = socket;
  }
  ChildProcess command;
  const Status started = command.start(options);
  if (!started.ok()) return "--before-audit: " + started.error().message;
  while (!command.wait(kBeforeAuditStepMs)) {
    if (stop_signal() != 0) return "";
  }
  return command.exit_code() == 0 ? "" : fmt::format("--before-audit ended with {}", command.exit_code());
}

}  // namespace freshet
