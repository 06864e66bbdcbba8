#include "metrics/verdict/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace freshet {

namespace {

constexpr double kNanosPerSecondDouble = 1e9;

double seconds(Nanos nanos) { return static_cast<double>(nanos.count()) / kNanosPerSecondDouble; }

/// How far the true value may be from the measured one: above it by the duration of the commit (it may have committed
/// when it was released), below it by the gap between looks.
struct Margin {
  double above_s = 0;
  double below_s = 0;
};

using Mark = Judgement::Status;

/// The status of a measured value; inconclusive if the margin could change it.
Mark status_of(const Gate& gate, double value, const Margin& margin) {
  const bool at_value = satisfies(gate, value);
  const bool at_top = satisfies(gate, value + margin.above_s);
  const bool at_bottom = satisfies(gate, value - margin.below_s);
  if (at_value) return at_top && at_bottom ? Mark::Pass : Mark::Inconclusive;
  return !at_top && !at_bottom ? Mark::Fail : Mark::Inconclusive;
}

/// Judges a quantile or a share of a distribution that includes `censored` samples, which never ended. `earliest`: a
/// lower bound of each sample, if it is known.
Judgement judge_latency(const Gate& gate, const Histogram& seen, std::span<const Nanos> censored, const Margin& margin,
                        const Histogram* earliest = nullptr) {
  Judgement result;
  result.samples = seen.count() + static_cast<std::int64_t>(censored.size());
  result.uncertainty_s = margin.above_s + margin.below_s;
  const std::int64_t needed = gate.within_s ? 1 : samples_needed(gate.quantile);
  if (result.samples < needed) {
    result.status = Mark::Inconclusive;
    result.reason = fmt::format("{} samples, {} needed", result.samples, needed);
    return result;
  }
  if (gate.within_s) {
    const auto bound = Nanos{static_cast<std::int64_t>(*gate.within_s * kNanosPerSecondDouble)};
    const double total = static_cast<double>(result.samples);
    result.value = static_cast<double>(seen.within(bound)) / total;
    // A censored sample that is younger than the bound might still have met it.
    const auto young = std::count_if(censored.begin(), censored.end(), [&](Nanos age) { return age < bound; });
    const std::int64_t perhaps = earliest == nullptr ? 0 : earliest->within(bound) - seen.within(bound);
    const double best = *result.value + static_cast<double>(young + perhaps) / total;
    if (satisfies(gate, *result.value)) {
      result.status = Mark::Pass;
    } else if (satisfies(gate, best)) {
      result.status = Mark::Inconclusive;
      result.reason = fmt::format("{} unseen changes have not reached the bound", young);
      if (perhaps > 0) result.reason += fmt::format(", and for {} it is unknown when they became visible", perhaps);
    } else {
      result.status = Mark::Fail;
    }
    return result;
  }
  const CensoredQuantile quantile = censored_quantile(seen, censored, gate.quantile);
  if (quantile.value) {
    result.value = seconds(*quantile.value);
    result.status = status_of(gate, *result.value, margin);
    if (result.status == Mark::Inconclusive) {
      result.reason = fmt::format("the uncertainty of {:.6f} s could change the result", result.uncertainty_s);
    }
    return result;
  }
  result.more_than = seconds(*quantile.more_than);
  result.status = satisfies(gate, *result.more_than) ? Mark::Inconclusive : Mark::Fail;
  result.reason =
      fmt::format("{} changes were never seen; the value is more than {:.3f} s", censored.size(), *result.more_than);
  return result;
}

bool names_series(const Gate& gate, const std::string& series) {
  if (gate.operation == series) return true;
  const std::size_t dot = series.find('.');
  return dot != std::string::npos && series.substr(dot + 1) == gate.operation;
}

/// How far the true quantile may be below the measured one.
double below_quantile(const FreshnessSeries& series, double q, bool end_to_end) {
  if (end_to_end && series.bounded == 0) {
    return series.resolution.count() > 0 ? seconds(series.resolution.quantile(0.99)) : 0;
  }
  const CensoredQuantile latest = censored_quantile(series.delay, series.censored_ages, q);
  const CensoredQuantile earliest = censored_quantile(series.earliest, series.censored_ages, q);
  return latest.value && earliest.value ? seconds(*latest.value - *earliest.value) : 0;
}

/// Judges the final rows of windows.
Judgement judge_windows(const Gate& gate, const ViewRecord& view, double service_s) {
  const FreshnessSeries& closed = view.windows->closed;
  Margin margin;
  margin.below_s = gate.within_s ? 0 : below_quantile(closed, gate.quantile, false);
  margin.above_s = service_s;
  Judgement judgement = judge_latency(gate, closed.delay, closed.censored_ages, margin, &closed.earliest);
  judgement.view = view.name;
  judgement.series = "final";
  if (closed.expected == 0) judgement.reason = "no window closed in the measured phase";
  return judgement;
}

void judge_views(const Gate& gate, const RunRecord& record, GateResult& result) {
  const double service_s = record.service.count() > 0 ? seconds(record.service.quantile(0.99)) : 0;
  for (const ViewRecord& view : record.views) {
    if (!gate.view.empty() && gate.view != view.name) continue;
    if (gate.quantity == Quantity::Staleness) {
      Judgement judgement = judge_latency(gate, view.staleness.ages, {}, {});
      judgement.view = view.name;
      result.judged.push_back(std::move(judgement));
      continue;
    }
    if (gate.quantity == Quantity::Final) {
      if (view.windows) result.judged.push_back(judge_windows(gate, view, service_s));
      continue;
    }
    for (const auto& [name, series] : view.series) {
      if (!gate.operation.empty() && !names_series(gate, name)) continue;
      const bool end_to_end = gate.quantity == Quantity::EndToEnd;
      Margin margin;
      margin.below_s = gate.within_s ? 0 : below_quantile(series, gate.quantile, end_to_end);
      margin.above_s = end_to_end ? 0 : service_s;
      Judgement judgement = judge_latency(gate, end_to_end ? series.end_to_end : series.delay,
                                          end_to_end ? series.censored_ages_end_to_end : series.censored_ages, margin,
                                          end_to_end ? nullptr : &series.earliest);
      judgement.view = view.name;
      judgement.series = name;
      // Only `all`, or the series that the gate names, must have enough samples.
      const std::int64_t needed = gate.within_s ? 1 : samples_needed(gate.quantile);
      if (gate.operation.empty() && name != "all" && judgement.samples < needed) judgement.status = Mark::Skipped;
      result.judged.push_back(std::move(judgement));
    }
  }
}

void judge_counts(const Gate& gate, const RunRecord& record, GateResult& result) {
  for (const ViewRecord& view : record.views) {
    if (!gate.view.empty() && gate.view != view.name) continue;
    Judgement judgement;
    judgement.view = view.name;
    judgement.samples = view.audit.expected;
    if (view.audit.status == AuditReport::Status::Skipped) {
      judgement.status = Mark::Skipped;
      judgement.reason = view.audit.reason;
    } else {
      judgement.value = static_cast<double>(count_of(view.audit, gate.quantity));
      judgement.status = satisfies(gate, *judgement.value) ? Mark::Pass : Mark::Fail;
      if (judgement.status == Mark::Pass && view.audit.status == AuditReport::Status::Inconclusive) {
        judgement.status = Mark::Inconclusive;
        judgement.reason = view.audit.reason;
      }
    }
    result.judged.push_back(std::move(judgement));
  }
}

int gravity(Mark status) {
  switch (status) {
    case Mark::Fail:
      return 3;
    case Mark::Inconclusive:
      return 2;
    case Mark::Pass:
      return 1;
    case Mark::Skipped:
      return 0;
  }
  return 0;
}

/// True if `a` is further from satisfying the gate than `b`.
bool worse(const Gate& gate, const Judgement& a, const Judgement& b) {
  if (gravity(a.status) != gravity(b.status)) return gravity(a.status) > gravity(b.status);
  const double x = a.value.value_or(a.more_than.value_or(0));
  const double y = b.value.value_or(b.more_than.value_or(0));
  const bool small_is_good = gate.comparator == Comparator::Less || gate.comparator == Comparator::LessEqual ||
                             (gate.comparator == Comparator::Equal && gate.bound == 0);
  return small_is_good ? x > y : x < y;
}

std::string where(const Judgement& judgement) {
  if (judgement.view.empty()) return "";
  return judgement.series.empty() ? " in " + judgement.view
                                  : fmt::format(" in {} ({})", judgement.view, judgement.series);
}

}  // namespace

bool is_latency(Quantity quantity) {
  return quantity == Quantity::Freshness || quantity == Quantity::Final || quantity == Quantity::EndToEnd ||
         quantity == Quantity::Staleness || quantity == Quantity::Wait || quantity == Quantity::Service;
}

bool is_count(Quantity quantity) { return quantity >= Quantity::Missing; }

std::int64_t samples_needed(double q) {
  if (q >= 1) return 1;
  // P(all n samples below the quantile) = q^n ≤ 0.05: then the largest sample is an upper bound.
  return static_cast<std::int64_t>(std::ceil(std::log(0.05) / std::log(q)));
}

CensoredQuantile censored_quantile(const Histogram& seen, std::span<const Nanos> censored, double q) {
  CensoredQuantile result;
  const std::int64_t total = seen.count() + static_cast<std::int64_t>(censored.size());
  if (total == 0) return result;
  const auto wanted = static_cast<std::int64_t>(std::ceil(q * static_cast<double>(total) - 1e-9));
  const std::int64_t rank = std::clamp<std::int64_t>(wanted, 1, total);
  if (rank <= seen.count()) {
    result.value = seen.at_rank(rank);
    return result;
  }
  std::int64_t ages = 0;  // censored ages that are certainly below the wanted value
  for (const Nanos age : censored) {
    const std::int64_t among_seen = rank - ages;
    if (among_seen <= seen.count() && seen.at_rank(among_seen) <= age) break;
    ++ages;
    result.more_than = age;
    if (seen.within(age) + ages >= rank) return result;
  }
  const std::int64_t among_seen = rank - ages;
  if (among_seen >= 1 && among_seen <= seen.count()) result.more_than = seen.at_rank(among_seen);
  return result;
}

std::int64_t count_of(const AuditReport& audit, Quantity quantity) {
  constexpr std::pair<Quantity, std::int64_t AuditReport::*> kClasses[] = {
      {Quantity::Missing, &AuditReport::missing},         {Quantity::Stale, &AuditReport::stale},
      {Quantity::Duplicate, &AuditReport::duplicate},     {Quantity::Phantom, &AuditReport::phantom},
      {Quantity::Resurrected, &AuditReport::resurrected}, {Quantity::Wrong, &AuditReport::wrong}};
  for (const auto& [counted, count] : kClasses) {
    if (counted == quantity) return audit.*count;
  }
  return 0;
}

GateResult judge_gate(const Gate& gate, const RunRecord& record) {
  GateResult result;
  result.gate = gate;
  const bool of_load =
      gate.quantity == Quantity::AchievedRate || gate.quantity == Quantity::Wait || gate.quantity == Quantity::Service;
  if (record.null_target && !of_load) {
    result.decisive.status = Mark::Skipped;
    result.decisive.reason = "nothing was written, so there is nothing to judge";
    result.judged = {result.decisive};
    return result;
  }
  if (gate.quantity == Quantity::AchievedRate) {
    Judgement judgement;
    judgement.samples = record.scheduled_measured;
    if (record.scheduled_measured == 0) {
      judgement.status = Mark::Inconclusive;
      judgement.reason = "nothing was intended in the measured phase";
    } else {
      judgement.value = static_cast<double>(record.achieved_measured) / static_cast<double>(record.scheduled_measured);
      judgement.status = satisfies(gate, *judgement.value) ? Mark::Pass : Mark::Fail;
    }
    result.judged.push_back(std::move(judgement));
  } else if (gate.quantity == Quantity::Wait || gate.quantity == Quantity::Service) {
    result.judged.push_back(
        judge_latency(gate, gate.quantity == Quantity::Wait ? record.wait : record.service, {}, {}));
  } else if (is_count(gate.quantity)) {
    judge_counts(gate, record, result);
  } else {
    judge_views(gate, record, result);
  }
  if (result.judged.empty()) {
    Judgement nothing;
    nothing.status = Mark::Inconclusive;
    nothing.reason = gate.view.empty() && gate.operation.empty()
                         ? "no view is observed"
                         : "nothing was measured for the series that the gate names";
    result.judged.push_back(std::move(nothing));
  }
  result.decisive = result.judged.front();
  for (const Judgement& judgement : result.judged) {
    if (worse(gate, judgement, result.decisive)) result.decisive = judgement;
  }
  return result;
}

std::string describe(const GateResult& result) {
  const Judgement& judgement = result.decisive;
  std::string value = "unknown";
  if (judgement.value) {
    value = result.gate.unit == "ratio"   ? fmt::format("{:.3f} %", *judgement.value * 100)
            : result.gate.unit == "count" ? fmt::format("{:.0f}", *judgement.value)
                                          : fmt::format("{:.6g} s", *judgement.value);
  } else if (judgement.more_than) {
    value = fmt::format("more than {:.6g} s", *judgement.more_than);
  }
  std::string text = fmt::format("gate \"{}\": {}{}", result.gate.expression, value, where(judgement));
  if (!judgement.reason.empty()) text += " (" + judgement.reason + ")";
  return text;
}

}  // namespace freshet
