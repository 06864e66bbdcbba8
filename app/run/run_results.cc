// The end of a run, however it ended: collects figures, judges, writes, and removes everything.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "app/native/pipeline_journals.h"
#include "app/native/state_forecast.h"
#include "app/run/run.h"
#include "generator/write/lanes/breakdown.h"
#include "metrics/verdict/bottleneck.h"
#include "metrics/verdict/verdict.h"

namespace freshet {

void Run::note_interruption() {
  if (!parts_.stopped()) return;
  record_.ended_by = Error{ErrorKind::Interrupted, "interrupted", ""};
  record_.complete = false;
}

void Run::abandon(Error error) {
  record_.ended_by = std::move(error);
  note_interruption();
  if (!judging_) return collect_views();
  stop_markers();
  if (writers_) writers_->flush(clock_.now());
  judging_->finish_outcomes();
  judging_->stop_watching();
  judging_->freshness().finish(clock_.now());
  collect_views();
}

void Run::collect_views() {
  if (options_.null_target) {
    for (const View& view : scenario_.views) {
      ViewRecord& record = record_.views.emplace_back();
      record.name = view.name;
      record.audit.reason = "nothing was written (--null-target)";
    }
    return;
  }
  for (const Observe& observe : scenario_.observe) {
    ViewRecord view;
    view.name = scenario_.view(observe.view).name;
    if (judging_) {
      view.series = judging_->freshness().series(observe.view);
      view.staleness = judging_->freshness().staleness(observe.view);
      view.windows = judging_->freshness().windows(observe.view);
      view.evidence = judging_->freshness().evidence(observe.view);
    }
    view.audit.reason = record_.ended_by ? "the run ended early: " + record_.ended_by->message : "";
    record_.views.push_back(std::move(view));
  }
}

void Run::collect() {
  record_.duration_s = static_cast<double>(scenario_.measured().count()) / 1e6;
  record_.in_flight = scenario_.in_flight;
  if (record_.in_flight > 0 && measured_from_ > Instant{}) {
    record_.duration_s = static_cast<double>((measured_to_ - measured_from_).count()) / 1e9;
  }
  if (!judging_) return;
  const Ledger& ledger = judging_->ledger();
  for (std::size_t i = 0; i < scenario_.entities.size(); ++i) {
    ChangeRecord change{scenario_.entities[i].name, {}};
    for (std::size_t op = 0; op < kOperations; ++op) {
      change.counts[op] = ledger.counts(static_cast<EntityId>(i), static_cast<Operation>(op));
    }
    record_.changes.push_back(std::move(change));
  }
  check_conservation();
  record_.exceptions = ledger.examples();
  if (writers_) {
    record_.stream_faults = writers_->stream_faults();
    record_.refusals = writers_->refusals();
    for (const Refusal& refusal : record_.refusals) record_.warnings.push_back(text_of(refusal));
  }
  record_.wait = ledger.wait();
  record_.service = ledger.service();
  record_.committed = ledger.total(Outcome::Committed);
  record_.marker_changes = ledger.canary_changes();
  record_.achieved_measured = judging_->totals().achieved_measured;
  record_.offered_per_s = static_cast<double>(record_.scheduled_measured) / record_.duration_s;
  record_.achieved_per_s = static_cast<double>(load_meter_.taken()) / time_of_load_s();
  if (record_.offered_per_s > 0) record_.headroom = record_.generator_limit_per_s / record_.offered_per_s;
  if (record_.headroom > 0 && record_.headroom < kLeastHeadroom) {
    record_.warnings.push_back(
        fmt::format("the load is at {:.0f} % of what the generator can make on this machine ({:.0f} changes/s): a slow "
                    "generator may "
                    "look like a slow system",
                    100 / record_.headroom, record_.generator_limit_per_s));
  }
}

/// How long the targets took for the measured load: its length, unless its last commits came late.
double Run::time_of_load_s() const {
  if (record_.in_flight > 0 || zero_ == Instant{}) return record_.duration_s;
  const Nanos took = load_meter_.last() - (zero_ + scenario_.warm_up);
  const double took_s = static_cast<double>(took.count()) / 1e9;
  return took_s > record_.duration_s + static_cast<double>(RunRecord::kGrace.count()) / 1e9 ? took_s
                                                                                            : record_.duration_s;
}

/// Scheduled = committed + rejected + unknown + withheld, for each entity and operation; for a run that ended early, of
/// the changes taken from the schedule. Anything else is our own bug, and outranks errors of the pipeline.
void Run::check_conservation() {
  const Ledger& ledger = judging_->ledger();
  const auto complain = [this](const std::string& what, std::int64_t scheduled, std::int64_t settled) {
    if (record_.ended_by && record_.ended_by->kind == ErrorKind::Interrupted) return;
    record_.ended_by =
        Error{ErrorKind::Internal,
              fmt::format("internal error: {} {} scheduled but {} outcomes recorded", scheduled, what, settled), ""};
  };
  if (taken_ != ledger.settled_total()) complain("changes", taken_, ledger.settled_total());
  if (!record_.complete) return;
  for (std::size_t entity = 0; entity < scheduled_.size(); ++entity) {
    for (std::size_t op = 0; op < kOperations; ++op) {
      const Ledger::Counts& counts = ledger.counts(static_cast<EntityId>(entity), static_cast<Operation>(op));
      const std::int64_t settled = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
      if (settled == scheduled_[entity][op]) continue;
      complain(scenario_.entities[entity].name + "." + name_of(static_cast<Operation>(op)), scheduled_[entity][op],
               settled);
    }
  }
}

void Run::collect_costs() {
  record_.cost = parts_.site.cost();
  if (pipeline_) record_.cost["pipeline"] = pipeline_->cost();
  ProcessCost& harness = record_.cost["harness"] = parts_.host.cost();
  harness.cpu_s -= headroom_cpu_s_;
}

ViewId Run::drilled_view() const {
  return drill_.view.empty() ? scenario_.observe.front().view : *scenario_.find_view(drill_.view);
}

void Run::compare_with_drill() {
  const ViewId drilled = drilled_view();
  auto compared = compare_drill(directory_ + "/drill.json", drill_, record_,
                                judging_->freshness().seen_at_or_above(drilled, drill_.delay),
                                judging_->freshness().max_below(drilled, drill_.delay));
  if (compared.ok()) {
    record_.drill = std::move(*compared);
  } else {
    record_.warnings.push_back(compared.error().message);
  }
}

void Run::compare_with_forecast() {
  record_.state = read_state(state_file());
  if (!record_.state) return;
  record_.state->predicted = forecast_state(scenario_, *model_, identity_, parts_.asked);
}

void Run::conclude() {
  note_interruption();
  collect();
  collect_costs();
  if (pipeline_ && audited_) {
    pipeline_->stop();  // at its end it writes what it planted and what it held
    compare_with_forecast();
    if (drill_.active()) compare_with_drill();
  }
  if (!record_.phases.empty())
    record_.phases.back().to_s = static_cast<double>((clock_.now() - zero_or_began()).count()) / 1e9;
  writers_.reset();
  parts_.site.look();
  if (const std::string lost = parts_.site.lost(); !lost.empty() && !record_.ended_by) {
    record_.ended_by = Error{ErrorKind::Unreachable, lost, ""};
  }
  note_interruption();
  judge(scenario_, record_);
  if (directory_.empty()) return;  // the folder could not be created
  const Status written = parts_.host.write_reports(record_, directory_);
  results_written_ = written.ok();
  if (written.ok()) return;
  record_.ended_by = written.error();
  judge(scenario_, record_);
}

void Run::take_down() {
  if (pipeline_) pipeline_->stop();
  // Whether the pipeline served the run or refused to: what it made goes with it.
  RunSite::Left left = parts_.site.take_down(record_.run_id, directory_, pipeline_ != nullptr);
  for (const std::string& warning : left.warnings) parts_.reporter.warning(warning);
  record_.left_behind = std::move(left.behind);
  if (record_.left_behind.empty() || !results_written_) return;
  const Status written = parts_.host.write_reports(record_, directory_);
  if (!written.ok()) parts_.reporter.warning(written.error().message);
}

}  // namespace freshet
