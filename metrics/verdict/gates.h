// Gates: SLO expressions applied to what a run measured (SEMANTICS.md §3 and §6). Pure.
#pragma once

#include <span>
#include <string>

#include "metrics/record/run_record.h"

namespace freshet {

/// Applies a gate to every series that it concerns; the worst judgement decides.
[[nodiscard]] GateResult judge_gate(const Gate& gate, const RunRecord& record);

/// "gate "p99 freshness < 5m": 0.031 s in salescompleted (all)".
[[nodiscard]] std::string describe(const GateResult& result);

[[nodiscard]] bool is_latency(Quantity quantity);
[[nodiscard]] bool is_count(Quantity quantity);
/// The audit's count for a count quantity.
[[nodiscard]] std::int64_t count_of(const AuditReport& audit, Quantity quantity);

/// The q-quantile by nearest rank, where `censored` more samples (their ages, ascending) sort as +∞. If the rank falls
/// among them, `value` is absent and `more_than` is a lower bound (the rank among seen values and ages).
struct CensoredQuantile {
  std::optional<Nanos> value;
  std::optional<Nanos> more_than;
};
[[nodiscard]] CensoredQuantile censored_quantile(const Histogram& seen, std::span<const Nanos> censored, double q);

/// The minimum number of samples for a one-sided 95 % bound of the quantile: ceil(ln 0.05 / ln q); 1 for the maximum.
[[nodiscard]] std::int64_t samples_needed(double q);

}  // namespace freshet
