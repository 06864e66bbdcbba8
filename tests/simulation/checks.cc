#include "simulation/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "generator/schedule/schedule.h"
#include "metrics/audit/audit.h"

namespace freshet::simulation {

namespace {

using Id = Expectations::Id;

std::string named(const Scenario& scenario, const Id& id) {
  return fmt::format("{} {} version {}", scenario.entity(std::get<0>(id)).name, std::get<1>(id), std::get<2>(id));
}

void append(Violations& all, const Violations& more) { all.insert(all.end(), more.begin(), more.end()); }

/// What does not commit stops what depends on it.
void check_dependence(const Scenario& scenario, const std::map<Id, Settled>& outcomes, Violations& violations) {
  std::set<std::pair<EntityId, Ordinal>> broken;
  for (const auto& [id, settled] : outcomes) {  // parents before children, versions in order
    const std::pair<EntityId, Ordinal> instance{std::get<0>(id), std::get<1>(id)};
    const auto parent = scenario.entity(instance.first).per;
    const bool orphan = parent && outcomes.at({*parent, settled.change.root, 1}).outcome != Outcome::Committed;
    const bool stopped = broken.contains(instance) || orphan;
    if (stopped != (settled.outcome == Outcome::Withheld)) {
      violations.push_back(fmt::format("{} is {}, and its prerequisites {}", named(scenario, id),
                                       name_of(settled.outcome), stopped ? "did not commit" : "committed"));
    }
    if (settled.outcome != Outcome::Committed) broken.insert(instance);
  }
}

/// A histogram against the least and the most that each of its samples can be. Sorted, the k-th sample lies between the
/// k-th least and the k-th most; a sample that was not seen counts as infinite.
/// `unproven` due versions gave no sample, and may have been there at any time.
void check_ranks(const std::string& what, const Histogram& seen, std::vector<Nanos> least, std::vector<Nanos> most,
                 Violations& violations, std::int64_t unproven = 0) {
  std::ranges::sort(least);
  std::ranges::sort(most);
  const auto count = static_cast<std::size_t>(seen.count());
  if (count > least.size()) {
    violations.push_back(fmt::format("{}: {} samples of {} due versions", what, count, least.size()));
    return;
  }
  for (std::size_t k = 0; k < least.size(); ++k) {
    const Nanos value = k < count ? seen.at_rank(static_cast<std::int64_t>(k) + 1) : Nanos::max();
    // The histogram reports a bucket's upper end: up to 1 µs or 0.1 % more than the sample.
    const std::size_t rank = std::min(k + static_cast<std::size_t>(unproven), most.size() - 1);
    const Nanos allowed =
        most[rank] == Nanos::max() ? most[rank] : most[rank] + most[rank] / 1'000 + 2 * kNanosPerMicro;
    if (value >= least[k] && value <= allowed) continue;
    violations.push_back(fmt::format("{}: sample {} of {} is {} ns, known to lie in [{}, {}]", what, k + 1,
                                     least.size(), value.count(), least[k].count(), most[k].count()));
    return;  // the others follow from it
  }
}

struct Ranges {
  std::vector<Nanos> least, most, end_to_end_least, end_to_end_most;
};

/// By series, what the samples of a view can be.
std::map<std::string, Ranges> ranges_of(Simulation& simulation, ViewId view) {
  std::map<std::string, Ranges> ranges;
  for (const auto& [key, dues] : simulation.expectations().dues(view)) {
    for (std::size_t i = 0; i < dues.size(); ++i) {
      if (dues[i].phase != Phase::Measured) continue;
      const SeenBetween seen = seen_of(simulation, view, key, dues, i);
      const auto since = [](Instant instant, Instant from) {
        return instant == kNever ? Nanos::max() : instant - from;
      };
      const Instant intended = simulation.zero() + dues[i].intended;
      Ranges& range = ranges[dues[i].series];
      range.least.push_back(since(seen.earliest, dues[i].acknowledged));
      range.most.push_back(since(seen.latest, dues[i].acknowledged));
      range.end_to_end_least.push_back(since(seen.earliest, intended));
      range.end_to_end_most.push_back(since(seen.latest, intended));
    }
  }
  return ranges;
}

/// Age of the oldest unseen version at each probe, if each was seen at its earliest, or at its latest.
std::vector<Nanos> ages_at(Simulation& simulation, ViewId view, Instant SeenBetween::*seen_at) {
  struct Turn {
    Instant at;
    bool seen;
    Instant acknowledged;
  };
  std::vector<Turn> turns;
  for (const auto& [key, dues] : simulation.expectations().dues(view)) {
    for (std::size_t i = 0; i < dues.size(); ++i) {
      SeenBetween seen = seen_of(simulation, view, key, dues, i);
      if (!simulation.plan().keeps_source_order) {
        // What cannot be proven is given up when the pipeline seems to have passed it.
        const auto gone =
            std::ranges::find(dues.begin() + static_cast<std::ptrdiff_t>(i), dues.end(), true, &DueVersion::gone);
        if (gone != dues.end()) seen.earliest = std::min(seen.earliest, gone->known);
      }
      turns.push_back({dues[i].known, false, dues[i].acknowledged});
      turns.push_back({seen.*seen_at, true, dues[i].acknowledged});
    }
  }
  std::ranges::sort(turns,
                    [](const Turn& a, const Turn& b) { return std::tie(a.at, a.seen) < std::tie(b.at, b.seen); });
  std::multiset<Instant> unseen;
  std::vector<Nanos> ages;
  auto turn = turns.begin();
  for (const Instant probe : simulation.probes()) {
    for (; turn != turns.end() && turn->at <= probe; ++turn) {
      if (turn->seen) {
        unseen.erase(unseen.find(turn->acknowledged));
      } else {
        unseen.insert(turn->acknowledged);
      }
    }
    ages.push_back(unseen.empty() ? Nanos{} : std::max(Nanos{}, probe - *unseen.begin()));
  }
  return ages;
}

std::string class_of(const FakePipeline& pipeline, ViewId view, const std::string& key, bool expected) {
  if (pipeline.is_phantom(view, key)) return "phantom";
  switch (pipeline.fault_of(view, key)) {
    case Fault::Stale:
      return expected ? "stale" : "unexplained";
    case Fault::Alter:
      return expected ? "wrong" : "unexplained";
    case Fault::Resurrect:
      return expected ? "unexplained" : "resurrected";
    default:
      return "unexplained";
  }
}

}  // namespace

SeenBetween seen_of(const Simulation& simulation, ViewId view, const std::string& key,
                    const std::vector<DueVersion>& dues, std::size_t which) {
  static const std::vector<Shown> kNeverShown;
  const FakeSink& sink = simulation.pipeline().sink(view);
  const auto shown = sink.shown.find(key);
  return seen_between(dues, which, shown == sink.shown.end() ? kNeverShown : shown->second, simulation.look_window(),
                      simulation.ended(),
                      [&](const ChangeId& id) { return simulation.pipeline().gone_at(view, key, id); });
}

Violations check_outcomes(Simulation& simulation) {
  Violations violations;
  const Scenario& scenario = simulation.scenario();
  const std::map<Id, Settled>& outcomes = simulation.expectations().outcomes();
  if (simulation.expectations().repeated() > 0) {
    violations.push_back(fmt::format("{} changes have two outcomes", simulation.expectations().repeated()));
  }
  // One lane's schedule holds what any number of lanes share out.
  std::vector<Change> scheduled = simulation.first_changes();
  const auto schedule = make_schedule(scenario, simulation.rows(), simulation.identity(), 0, 1);
  for (Change change; schedule->next(change);) scheduled.push_back(change);
  std::map<std::pair<EntityId, Operation>, std::int64_t> counts;
  for (const Change& change : scheduled) {
    ++counts[{change.entity, change.operation}];
    const Id id{change.entity, change.ordinal, change.version};
    if (!outcomes.contains(id)) violations.push_back(named(scenario, id) + " has no outcome");
  }
  if (scheduled.size() != outcomes.size()) {
    violations.push_back(fmt::format("{} changes were scheduled and {} settled", scheduled.size(), outcomes.size()));
    return violations;
  }
  for (const auto& [what, count] : counts) {
    const Ledger::Counts& ledger = simulation.ledger().counts(what.first, what.second);
    std::int64_t sum = 0;
    for (const std::int64_t one : ledger) sum += one;
    if (sum == count) continue;
    violations.push_back(fmt::format("{}.{}: {} scheduled, and the ledger counts {}", scenario.entity(what.first).name,
                                     name_of(what.second), count, sum));
  }
  for (const auto& [id, settled] : outcomes) {
    if (simulation.ledger().outcome(std::get<0>(id), std::get<1>(id), std::get<2>(id)) == settled.outcome) continue;
    violations.push_back(named(scenario, id) + " has another outcome in the ledger");
  }
  check_dependence(scenario, outcomes, violations);
  return violations;
}

Violations check_freshness(Simulation& simulation) {
  Violations violations;
  const bool canary_committed = std::ranges::all_of(simulation.expectations().outcomes(), [](const auto& outcome) {
    const Settled& settled = outcome.second;
    return settled.change.phase != Phase::Canary || settled.outcome == Outcome::Committed;
  });
  if (!simulation.canary_seen() && canary_committed) violations.emplace_back("the canary was not seen");
  for (const Observe& observe : simulation.scenario().observe) {
    const std::string& view = simulation.scenario().view(observe.view).name;
    const std::map<std::string, FreshnessSeries>& judged = simulation.view_record(observe.view).series;
    const std::map<std::string, Ranges> ranges = ranges_of(simulation, observe.view);
    for (const auto& [name, counts] : simulation.expectations().series(observe.view)) {
      const std::string what = view + ", " + name;
      const auto series = judged.find(name);
      if (series == judged.end()) {
        violations.push_back(what + " is not in the report");
        continue;
      }
      const FreshnessSeries& one = series->second;
      if (one.expected != counts.expected || one.unchanged != counts.unchanged || one.not_due != counts.not_due) {
        violations.push_back(fmt::format("{}: {} due, {} unchanged, {} not due; known to be {}, {}, {}", what,
                                         one.expected, one.unchanged, one.not_due, counts.expected, counts.unchanged,
                                         counts.not_due));
        continue;
      }
      if (one.delay.count() + one.censored + one.unproven != one.expected) {
        violations.push_back(fmt::format("{}: {} due, {} seen, {} not, {} unproven", what, one.expected,
                                         one.delay.count(), one.censored, one.unproven));
      }
      if (one.expected == 0) continue;
      const Ranges& range = ranges.at(name);
      check_ranks(what + ", freshness", one.delay, range.least, range.most, violations, one.unproven);
      check_ranks(what + ", end to end", one.end_to_end, range.end_to_end_least, range.end_to_end_most, violations,
                  one.unproven);
    }
  }
  return violations;
}

Violations check_staleness(Simulation& simulation) {
  Violations violations;
  for (const Observe& observe : simulation.scenario().observe) {
    const ViewRecord& view = simulation.view_record(observe.view);
    if (view.staleness.probes != static_cast<std::int64_t>(simulation.probes().size())) {
      violations.push_back(
          fmt::format("{}: {} probes of {} were taken", view.name, view.staleness.probes, simulation.probes().size()));
      continue;
    }
    check_ranks(view.name + ", staleness", view.staleness.ages,
                ages_at(simulation, observe.view, &SeenBetween::earliest),
                ages_at(simulation, observe.view, &SeenBetween::latest), violations);
  }
  return violations;
}

std::map<std::string, std::int64_t> compared(Simulation& simulation, ViewId view) {
  const FakePipeline& pipeline = simulation.pipeline();
  const FakeSink& sink = pipeline.sink(view);
  Expectations& expectations = simulation.expectations();
  std::map<std::string, std::int64_t> classes;
  std::set<std::string> expected;
  for (const auto& [key, row] : expectations.truth(view)) {
    if (expectations.indeterminate(view, expectations.root_of(view, key))) continue;
    expected.insert(key);
    ++classes["expected"];
    const auto shown = sink.rows.find(key);
    if (shown == sink.rows.end()) {
      ++classes["missing"];
    } else {
      ++classes["found"];
      if (shown->second.image != row.image) ++classes[class_of(pipeline, view, key, true)];
      if (sink.twice.contains(key)) ++classes["duplicate"];
    }
  }
  for (const auto& [key, row] : sink.rows) {
    classes["scanned"] += sink.twice.contains(key) ? 2 : 1;
    const std::optional<Ordinal> root = sink.root_of.at(key);
    if (expected.contains(key) || (root && expectations.indeterminate(view, *root))) continue;
    ++classes[class_of(pipeline, view, key, false)];
  }
  return classes;
}

Violations check_audit(Simulation& simulation) {
  Violations violations;
  for (const Observe& observe : simulation.scenario().observe) {
    const AuditReport& audit = simulation.view_record(observe.view).audit;
    const std::string& view = simulation.scenario().view(observe.view).name;
    std::map<std::string, std::int64_t> known = simulation.known(observe.view);
    if (audit.unproven + audit.in_flight > 0) continue;  // what is not proven is in no class: see check_verdict()
    const std::map<std::string, std::int64_t> judged = {{"scanned", audit.scanned},
                                                        {"expected", audit.expected},
                                                        {"found", audit.found},
                                                        {"missing", audit.missing},
                                                        {"stale", audit.stale},
                                                        {"wrong", audit.wrong},
                                                        {"duplicate", audit.duplicate},
                                                        {"phantom", audit.phantom},
                                                        {"resurrected", audit.resurrected},
                                                        {"unexplained", 0}};
    for (const auto& [kind, count] : judged) {
      if (known[kind] == count) continue;
      violations.push_back(fmt::format("{}: the audit says {} {}, known are {}", view, count, kind, known[kind]));
    }
  }
  return violations;
}

Violations check_verdict(Simulation& simulation) {
  const RunRecord& record = simulation.record();
  Violations violations;
  std::int64_t errors = 0;
  std::int64_t judged = 0;
  std::int64_t uncounted = 0;
  for (const Observe& observe : simulation.scenario().observe) {
    for (const auto& [kind, count] : simulation.known(observe.view)) {
      if (kind != "expected" && kind != "found" && kind != "scanned") errors += count;
    }
    const AuditReport& audit = simulation.view_record(observe.view).audit;
    judged += audit.errors();
    uncounted += audit.unproven + audit.in_flight;
  }
  if (judged + uncounted != errors) {
    violations.push_back(fmt::format("{} rows are wrong; {} count, and {} do not", errors, judged, uncounted));
  }
  if ((judged > 0) != (record.verdict == Verdict::Incorrect)) {
    violations.push_back(fmt::format("{} rows are wrong, and the verdict is {}", judged, name_of(record.verdict)));
  }
  // A pipeline that keeps its word is late at worst.
  if (!simulation.plan().pipeline_errs() && judged > 0) {
    violations.push_back(fmt::format("{} rows of a pipeline that is right are called wrong", judged));
  }
  // What is lost before the last marker that was seen cannot hide.
  const bool evidence_is_in = std::ranges::all_of(
      record.views, [](const ViewRecord& view) { return view.evidence.markers && view.evidence.open == 0; });
  if (evidence_is_in && errors > 0 && judged == 0) {
    violations.push_back(fmt::format("the evidence is in, {} rows are wrong, and none is named", errors));
  }
  const bool all_committed = simulation.ledger().total(Outcome::Committed) == simulation.ledger().settled_total();
  if (!simulation.plan().pipeline_errs() && all_committed && record.verdict != Verdict::Pass) {
    violations.push_back(fmt::format("all was well, and the verdict is {}: {}", name_of(record.verdict),
                                     record.reasons.empty() ? "" : record.reasons.front()));
  }
  return violations;
}

Violations check(Simulation& simulation) {
  Violations violations = check_outcomes(simulation);
  append(violations, check_freshness(simulation));
  append(violations, check_staleness(simulation));
  append(violations, check_audit(simulation));
  append(violations, check_verdict(simulation));
  return violations;
}

}  // namespace freshet::simulation
