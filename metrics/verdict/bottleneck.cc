#include "metrics/verdict/bottleneck.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "metrics/verdict/gates.h"

namespace freshet {

namespace {

std::string seconds_of(const Histogram& histogram, double q) {
  if (histogram.count() == 0) return "unknown";
  return fmt::format("{:.3f} s", static_cast<double>(histogram.quantile(q).count()) / 1e9);
}

/// The names of the connections that are written to.
std::string targets_of(const Scenario& scenario) {
  std::set<std::string> names;
  for (const WriteTarget& write : scenario.write) {
    for (const auto& [backend, connection] : write.ways()) names.insert(scenario.connections[connection].name);
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// True for a gate that depends on the pipeline alone.
bool is_of_pipeline(Quantity quantity) {
  return quantity == Quantity::Freshness || quantity == Quantity::Final || quantity == Quantity::Staleness ||
         quantity == Quantity::EndToEnd;
}

}  // namespace

std::vector<SlowPart> find_slow_parts(const Scenario& scenario, const RunRecord& record) {
  std::vector<SlowPart> slow;
  const bool late = record.in_flight == 0 && record.load_was_late;
  if (late && record.headroom > 0 && record.headroom < kLeastHeadroom) {
    slow.push_back(
        {"generator", fmt::format("the generator alone reaches {:.0f} changes/s on this machine; {:.0f}/s were offered",
                                  record.generator_limit_per_s, record.offered_per_s)});
  } else if (late && !record.null_target) {
    slow.push_back(
        {"targets",
         fmt::format("{} committed {:.0f} of {:.0f} changes/s; the generator alone reaches {:.0f}/s; service p50 "
                     "{}, p99 {}",
                     targets_of(scenario), record.achieved_per_s, record.offered_per_s, record.generator_limit_per_s,
                     seconds_of(record.service, 0.5), seconds_of(record.service, 0.99))});
  } else if (late) {
    slow.push_back({"generator", "no other part was involved: nothing was written"});
  }
  std::set<std::string> views;
  for (const GateResult& result : record.gates) {
    if (!is_of_pipeline(result.gate.quantity) || result.decisive.status != Judgement::Status::Fail) continue;
    // If the load came late, the end-to-end delay does not show which part downstream was slow.
    if (late && result.gate.quantity == Quantity::EndToEnd) continue;
    views.insert(result.decisive.view);
  }
  for (const ViewRecord& view : record.views) {
    const auto all = view.series.find("all");
    if (!views.contains(view.name) || all == view.series.end()) continue;
    const FreshnessSeries& series = all->second;
    const CensoredQuantile median = censored_quantile(series.delay, series.censored_ages, 0.5);
    slow.push_back({"pipeline",
                    fmt::format("{}: freshness p50 {}, {} of {} row versions unseen; commits took p99 {}", view.name,
                                median.value ? fmt::format("{:.3f} s", static_cast<double>(median.value->count()) / 1e9)
                                : median.more_than ? fmt::format("more than {:.3f} s",
                                                                 static_cast<double>(median.more_than->count()) / 1e9)
                                                   : "unknown",
                                series.censored, series.expected, seconds_of(record.service, 0.99))});
  }
  return slow;
}

}  // namespace freshet
