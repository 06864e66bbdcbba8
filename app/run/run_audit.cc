// The audit of a run: the command before it, and the looks at each view's sink.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "app/run/run.h"
#include "metrics/audit/audit.h"
#include "metrics/audit/audit_looks.h"
#include "servers/child_process.h"

namespace freshet {

namespace {

constexpr int kBeforeAuditStepMs = 20;

}  // namespace

void Run::before_audit() {
  if (options_.before_audit.empty()) return;
  if (surroundings_.mariadb) {
    ::setenv("FRESHET_EMBEDDED_SOCKET", surroundings_.mariadb->socket().c_str(), 1);
  }
  ChildProcess command;
  const Status started =
      command.start({.command = {"/bin/sh", "-c", options_.before_audit}, .output = STDERR_FILENO, .guarded = true});
  if (!started.ok()) return record_.warnings.push_back("--before-audit: " + started.error().message);
  while (!command.wait(kBeforeAuditStepMs)) {
    note_interruption();
    if (record_.ended_by) return;
  }
  if (command.exit_code() != 0) {
    record_.warnings.push_back(fmt::format("--before-audit ended with {}", command.exit_code()));
  }
}

void Run::audit() {
  enter("audit");
  before_audit();
  if (record_.ended_by) return;
  for (Judging::Watched& watched : judging_->watched()) {
    ViewRecord& view = *std::find_if(record_.views.begin(), record_.views.end(), [&](const ViewRecord& candidate) {
      return candidate.name == scenario_.view(watched.view).name;
    });
    audit_view(watched, view);
    note_interruption();
    if (record_.ended_by) return;
  }
  audited_ = true;
}

void Run::audit_view(Judging::Watched& watched, ViewRecord& view) {
  AuditLooks looks(scenario_, judging_->freshness(), watched.view, drain_deadline_);
  while (true) {
    Audit audit(scenario_, *model_, judging_->ledger(), watched.view, looks.basis());
    const Status scanned =
        watched.observer->scan([&](const Row& row, std::span<const Version> versions) { audit.found(row, versions); });
    if (!scanned.ok()) {
      view.audit.status = AuditReport::Status::Inconclusive;
      view.audit.reason = "the scan failed: " + scanned.error().message;
      record_.ended_by = scanned.error().in("audit of " + view.name);
      return;
    }
    view.audit = audit.finish();
    const std::optional<Instant> again = looks.took(view.audit, clock_.now());
    if (!again) return;
    if (std::optional<Error> problem = wait_until(*again)) {
      view.audit.status = AuditReport::Status::Inconclusive;
      view.audit.reason = "the run ended between two looks";
      record_.ended_by = std::move(problem);
      return;
    }
  }
}

}  // namespace freshet
