// How often an audit looks: a difference counts when it has evidence and stands (SEMANTICS.md 30).
#pragma once

#include <optional>

#include "metrics/audit/audit.h"
#include "metrics/freshness/freshness.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// The looks at one view, after the drain. One thread.
class AuditLooks {
 public:
  /// `freshness` is finished and outlives it. After `deadline` no look follows the second one.
  AuditLooks(const Scenario& scenario, const Freshness& freshness, ViewId view, Instant deadline);

  /// For the audit of the next look.
  [[nodiscard]] AuditBasis basis() const;
  /// Takes what a look found that ended `now`. Returns when to look again; nothing: this report counts.
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
