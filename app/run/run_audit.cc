// The audit of a run: the looks at each view's sink.
#include <algorithm>
#include <string>
#include <utility>

#include "app/run/run.h"
#include "metrics/audit/audit.h"
#include "metrics/audit/audit_looks.h"

namespace freshet {

void Run::audit() {
  enter(RunPhase::Audit);
  if (parts_.before_audit) {
    if (std::string warning = parts_.before_audit(); !warning.empty()) record_.warnings.push_back(std::move(warning));
  }
  note_interruption();
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
