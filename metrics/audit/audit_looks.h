// How often an audit looks: a difference counts if it has evidence and persists (SEMANTICS.md 30).
#pragma once

#include <optional>

#include "metrics/audit/audit.h"
#include "metrics/freshness/freshness.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The looks at one view, after the drain. One thread.
class AuditLooks {
 public:
  /// `freshness` must be finished and must outlive this. No look after the second one begins later than `deadline`.
  AuditLooks(const Scenario& scenario, const Freshness& freshness, ViewId view, Instant deadline);

  /// The basis for the audit of the next look.
  [[nodiscard]] AuditBasis basis() const;
  /// Takes the report of a look that ended at `now`. Returns when to look again, or nullopt if this report is final.
  [[nodiscard]] std::optional<Instant> took(AuditReport& report, Instant now);

 private:
  const Freshness& freshness_;
  const ViewId view_;
  const Instant deadline_;
  Nanos gap_;
  int looks_ = 0;
  Instant last_{};
  Differences before_;
};

}  // namespace freshet
