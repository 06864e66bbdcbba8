#include "metrics/audit/audit_looks.h"

#include <algorithm>
#include <utility>

namespace freshet {

namespace {

/// The gap between two looks at a view whose order shows which rows have arrived: enough for rows being written now.
constexpr Nanos kLeastGap = 100 * kNanosPerMilli;
/// Without such an order, a difference must persist for longer.
constexpr Nanos kLeastGapWithoutOrder = 5 * kNanosPerSecond;
constexpr int kLagsWithoutOrder = 3;

}  // namespace

AuditLooks::AuditLooks(const Scenario& scenario, const Freshness& freshness, ViewId view, Instant deadline)
    : freshness_(freshness), view_(view), deadline_(deadline) {
  const bool tells_rows = freshness.evidence(view).order == Order::Source && !scenario.view(view).tumble;
  const Nanos lag = freshness.lag(view);
  gap_ = tells_rows ? std::max(kLeastGap, lag) : std::max(kLeastGapWithoutOrder, kLagsWithoutOrder * lag);
}

AuditBasis AuditLooks::basis() const {
  return {[this](const std::optional<std::string>& key) { return freshness_.proven(view_, key); },
          looks_ > 0 ? &before_ : nullptr};
}

std::optional<Instant> AuditLooks::took(AuditReport& report, Instant now) {
  report.looks = ++looks_;
  if (looks_ > 1)
    report.looks_apart_s = static_cast<double>((now - last_).count()) / static_cast<double>(kNanosPerSecond.count());
  last_ = now;
  if (report.errors() + report.in_flight == 0) return std::nullopt;
  const bool stands = looks_ > 1 && report.in_flight == 0;
  if (stands || (looks_ > 1 && now >= deadline_)) return std::nullopt;
  before_ = std::move(report.differences);
  return now + gap_;
}

}  // namespace freshet
