#include "metrics/verdict/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "metrics/verdict/bottleneck.h"
#include "metrics/verdict/gates.h"

namespace freshet {

namespace {

using Mark = Judgement::Status;

/// The bound on waits is never lower than this, however small the gates' bounds: see docs/adr/0004-wait-bound-floor.md.
constexpr double kLeastWaitBound = 0.05;

double in_seconds(Nanos nanos) {
  return static_cast<double>(nanos.count()) / static_cast<double>(kNanosPerSecond.count());
}

void judge_validity(const Scenario& scenario, RunRecord& record) {
  const auto invalid = [&](std::string reason) {
    record.valid = false;
    record.validity_reasons.push_back(std::move(reason));
  };
  if (record.scheduled_measured == 0) {
    invalid("nothing was intended in the measured phase");
    return;
  }
  const double achieved =
      static_cast<double>(record.achieved_measured) / static_cast<double>(record.scheduled_measured);
  if (achieved < 0.99) {
    record.load_was_late = true;
    invalid(fmt::format("the schedule was not kept: {:.2f} % of the changes were committed in time, 99 % needed",
                        achieved * 100));
  }
  const double wait_s = record.wait.count() > 0 ? in_seconds(record.wait.quantile(0.99)) : 0;
  if (wait_s > wait_bound_s(scenario)) {
    record.load_was_late = true;
    invalid(fmt::format("changes were sent late: wait p99 is {:.3f} s, at most {:.3f} s is allowed", wait_s,
                        wait_bound_s(scenario)));
  }
  std::int64_t overflow = record.wait.overflow() + record.service.overflow();
  for (const ViewRecord& view : record.views) {
    for (const auto& [name, series] : view.series) overflow += series.delay.overflow() + series.end_to_end.overflow();
  }
  if (overflow > 0) invalid(fmt::format("{} samples exceed 24 h, the limit of the histogram", overflow));
}

/// Collects errors of classes that no passing gate allows.
void collect_errors(const RunRecord& record, std::vector<std::string>& reasons) {
  constexpr Quantity kClasses[] = {Quantity::Missing, Quantity::Stale,       Quantity::Duplicate,
                                   Quantity::Phantom, Quantity::Resurrected, Quantity::Wrong};
  for (const ViewRecord& view : record.views) {
    if (view.audit.status == AuditReport::Status::Skipped) continue;
    for (const Quantity quantity : kClasses) {
      const std::int64_t errors = count_of(view.audit, quantity);
      if (errors == 0) continue;
      const bool allowed = std::any_of(record.gates.begin(), record.gates.end(), [&](const GateResult& result) {
        return result.gate.quantity == quantity && (result.gate.view.empty() || result.gate.view == view.name) &&
               satisfies(result.gate, static_cast<double>(errors));
      });
      if (allowed) continue;
      reasons.push_back(
          fmt::format("{}: {} {} of {} expected rows", view.name, errors, name_of(quantity), view.audit.expected));
    }
  }
}

std::string lack_of_evidence(const EvidenceRecord& evidence) {
  if (!evidence.markers) return "no marker row is visible in this view or in the view that provides its evidence";
  if (evidence.open == 0) return "the markers of their source were not seen";
  return fmt::format(
      "in {} of {} partitions no marker sent after the load was seen (a table's connection counts as a partition)",
      evidence.open, evidence.partitions);
}

/// In a run that judges nothing, this is the only thing that could go wrong unnoticed.
void collect_unknown(const RunRecord& record, std::vector<std::string>& reasons) {
  std::int64_t unknown = 0;
  for (const ChangeRecord& change : record.changes) {
    for (const Ledger::Counts& counts : change.counts) unknown += counts[static_cast<std::size_t>(Outcome::Unknown)];
  }
  if (unknown > 0) reasons.push_back(fmt::format("{} changes have no known outcome", unknown));
}

void collect_inconclusive(const RunRecord& record, std::vector<std::string>& reasons) {
  for (const GateResult& result : record.gates) {
    if (result.decisive.status == Mark::Inconclusive) reasons.push_back(describe(result));
  }
  if (record.null_target) return;
  for (const ViewRecord& view : record.views) {
    if (view.audit.status != AuditReport::Status::Done) {
      reasons.push_back(fmt::format("audit of {}: {}", view.name, view.audit.reason));
      continue;
    }
    if (view.audit.indeterminate > 0) {
      reasons.push_back(
          fmt::format("{}: {} rows depend on changes whose outcome is unknown", view.name, view.audit.indeterminate));
    }
    if (const std::int64_t unproven = view.audit.unproven - view.audit.late_markers; unproven > 0) {
      reasons.push_back(fmt::format("{}: {} rows differ, but {}: they may still arrive", view.name, unproven,
                                    lack_of_evidence(view.evidence)));
    } else if (!record.drained && view.evidence.markers && view.evidence.open > 0) {
      reasons.push_back(fmt::format("{}: {}", view.name, lack_of_evidence(view.evidence)));
    }
    if (view.audit.in_flight > 0) {
      reasons.push_back(
          fmt::format("{}: {} rows were still changing at the end of the drain", view.name, view.audit.in_flight));
    }
  }
}

}  // namespace

double wait_bound_s(const Scenario& scenario) {
  double smallest_s = 10;
  for (const Gate& gate : scenario.slo) {
    if (is_latency(gate.quantity)) smallest_s = std::min(smallest_s, gate.within_s.value_or(gate.bound));
  }
  return std::max(kLeastWaitBound, std::min(1.0, smallest_s / 10));
}

void judge(const Scenario& scenario, RunRecord& record) {
  record.gates.clear();
  record.reasons.clear();
  record.validity_reasons.clear();
  record.valid = true;
  record.load_was_late = false;
  for (const Gate& gate : scenario.slo) record.gates.push_back(judge_gate(gate, record));
  judge_validity(scenario, record);
  record.slow = record.ended_by ? std::vector<SlowPart>() : find_slow_parts(scenario, record);

  std::vector<std::string> incorrect, failed, inconclusive;
  if (record.data_only) collect_unknown(record, inconclusive);
  collect_errors(record, incorrect);
  collect_inconclusive(record, inconclusive);
  for (const GateResult& result : record.gates) {
    if (result.decisive.status == Mark::Fail && !is_count(result.gate.quantity)) {
      failed.push_back(describe(result));
    }
  }

  if (record.ended_by) {
    record.verdict = record.ended_by->kind == ErrorKind::Interrupted   ? Verdict::Interrupted
                     : record.ended_by->kind == ErrorKind::Unreachable ? Verdict::Unreachable
                                                                       : Verdict::Error;
    record.reasons.push_back(record.ended_by->message);
  } else if (!incorrect.empty()) {
    record.verdict = Verdict::Incorrect;
  } else if (record.data_only) {
    // The load is reported, but nothing is judged.
    record.verdict = inconclusive.empty() ? Verdict::NotJudged : Verdict::Inconclusive;
  } else if (!record.valid) {
    record.verdict = Verdict::Invalid;
  } else if (!failed.empty()) {
    record.verdict = Verdict::Fail;
  } else if (!inconclusive.empty()) {
    record.verdict = Verdict::Inconclusive;
  } else {
    record.verdict = Verdict::Pass;
  }
  for (auto* list : {&incorrect, &record.validity_reasons, &failed, &inconclusive}) {
    if (record.ended_by && list != &incorrect) continue;
    record.reasons.insert(record.reasons.end(), list->begin(), list->end());
  }
  for (const SlowPart& part : record.slow) record.reasons.push_back("slow: the " + part.part + ": " + part.why);
}

}  // namespace freshet
