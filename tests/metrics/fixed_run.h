// One run, made by hand: it has something of everything that a report may show.
#pragma once

#include "metrics/record/run_record.h"
#include "metrics/verdict/verdict.h"
#include "scenarios/loader/read/gate_parser.h"

namespace freshet::test {

inline Histogram samples(std::initializer_list<double> seconds) {
  Histogram histogram;
  for (const double each : seconds) histogram.record(Nanos{static_cast<std::int64_t>(each * 1e9)});
  return histogram;
}

inline Gate gate(const std::string& expression, int line) {
  Gate parsed = parse_gate(expression).value();
  parsed.file = "shop.json";
  parsed.pointer = "/slo/" + std::to_string(line - 40);
  parsed.line = line;
  return parsed;
}

inline FreshnessSeries series_of(std::initializer_list<double> seconds) {
  FreshnessSeries series;
  series.delay = samples(seconds);
  series.end_to_end = samples(seconds);
  series.end_to_end.record(kNanosPerSecond / 1000);
  series.earliest = samples({0.001, 0.002});
  series.resolution = samples({0.0005});
  series.expected = static_cast<std::int64_t>(seconds.size()) + 3;
  series.superseded = 1;
  series.censored = 2;
  series.censored_ages = {Nanos{7'000'000'001}, Nanos{9'000'000'000}};
  series.censored_ages_end_to_end = {Nanos{7'100'000'000}, Nanos{9'200'000'000}};
  return series;
}

inline ViewRecord sales_view() {
  ViewRecord view;
  view.name = "sales";
  view.series["order.insert"] = series_of({0.012, 0.025, 0.031, 0.4});
  view.series["order.delete"] = series_of({0.02});
  view.series["order.delete"].bounded = 1;
  view.series["all"] = series_of({0.012, 0.02, 0.025, 0.031, 0.4});
  view.series["all"].bounded = 1;
  view.staleness = {samples({0, 0.05, 1.5}), 3};
  view.evidence = {Order::Source, true, "", 3, 1};
  AuditReport& audit = view.audit;
  audit.status = AuditReport::Status::Done;
  audit.scanned = 120;
  audit.expected = 122;
  audit.found = 119;
  audit.missing = 3;
  audit.wrong = 1;
  audit.looks = 2;
  audit.looks_apart_s = 5;
  audit.examples = {
      {"missing", "number=7, line=2", R"({"number":7,"total":9.50})", "no row"},
      {"wrong", "number=9, line=1", R"({"total":9.50})", R"({"total":9.05})", {{"total", "9.50", "9.05"}}}};
  return view;
}

inline ViewRecord hourly_view() {
  ViewRecord view;
  view.name = "hourly";
  view.series["all"] = series_of({0.5, 0.75});
  view.staleness = {samples({0.1}), 1};
  view.windows = WindowRecord{series_of({2.5, 3.5}), 4};
  view.evidence = {Order::Source, false, "sales", 3, 0};
  view.audit.status = AuditReport::Status::Inconclusive;
  view.audit.reason = "2 rows depend on changes whose outcome is unknown";
  view.audit.expected = view.audit.scanned = view.audit.found = 24;
  view.audit.indeterminate = 2;
  return view;
}

inline void put_load(RunRecord& record) {
  record.scheduled_measured = 1'000;
  record.achieved_measured = 998;
  record.offered_per_s = 100;
  record.achieved_per_s = 99.8;
  record.generator_limit_per_s = 250'000;
  record.headroom = 2'500;
  record.committed = 1'190;
  record.marker_changes = 6;
  record.changes = {{"order", {{{700, 1, 1, 0}, {200, 0, 0, 1}, {90, 0, 0, 0}}}},
                    {"payment", {{{200, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}}};
  Change change;
  change.entity = static_cast<EntityId>(0);
  change.ordinal = 41;
  change.version = 2;
  record.exceptions = {{change, Outcome::Rejected, 1213}};
  record.refusals = {{"table orders", 1213, "Deadlock found <when> trying to get lock", 1}};
  record.stream_faults["payments"]["duplicate"] = 3;
  record.wait = samples({0.0001, 0.0002, 0.003});
  record.service = samples({0.0004, 0.001, 0.0025});
}

inline void put_machines(RunRecord& record) {
  record.servers["mysql"] = {
      "10.11.6-MariaDB", {{"sync_binlog", "0"}}, {{"commits", 1'190}, {"binlog_bytes", 654'321}}};
  record.cost["harness"] = {1.25, 64'000'000};
  record.cost["pipeline"] = {2.5, 32'000'000};
  record.state = StateRecord{{1'000, 24, 400'000}, {990, 24, 395'000}, {1'010, 26, 410'000}, 55, 3, {}, {}};
  record.state->committed = {{"binlog of 127.0.0.1:3306", "0-1-1190"}, {"topics of 127.0.0.1:9092", "orders 12,0,7"}};
  record.state->queues = {{"sales", {64, 3, 0}}, {"sources", {64, 64, 5}}};
  record.host = {{"cores", "2"}, {"kernel", "Linux 6.1"}, {"memory_bytes", "8000000000"}, {"processor", "A processor"}};
}

inline std::vector<SecondRecord> two_seconds() {
  std::vector<SecondRecord> seconds;
  for (int i = 1; i <= 2; ++i) {
    Progress progress;
    progress.phase = "measured";
    progress.at_s = i;
    progress.total_s = 10;
    progress.offered_per_s = 100;
    progress.achieved_per_s = 99;
    progress.committed = i * 99;
    progress.failed = i - 1;
    progress.views = {{"sales", 80 * i, 3, 0.25, 0.4}, {"hourly", 4 * i, 1, 0.75, 0.8}};
    seconds.push_back({progress});
  }
  return seconds;
}

/// Not judged yet.
inline RunRecord run_before_judgement() {
  constexpr WallTime kStart{Micros{1'774'000'000'000'000}};
  RunRecord record;
  record.run_id = "20260320T094640-0a1b2c";
  record.version = "0.0.0";
  record.commit = "0123456789ab";
  record.scenario_name = "shop";
  record.scenario_file = "shop.json";
  record.scenario_digest = std::string(64, 'd');
  record.seed = 7;
  record.salt = 18'000'000'000'000'000'000U;
  record.epoch = record.started_at = kStart;
  record.epoch_lag_s = 0.002;
  record.overrides = {{"/load/0/rate", "100/s"}};
  record.duration_s = 10;
  record.complete = true;
  record.phases = {{"prepare", -2.5, -1}, {"warm-up", 0, 1}, {"measured", 1, 11}, {"drain", 11, 12.5}};
  record.warnings = {"the first <of> two warnings", "the second"};
  record.left_behind = {"table orders: it was not created by this run"};
  put_load(record);
  record.views = {sales_view(), hourly_view()};
  record.drill = DrillRecord{"sales", {{"missing", 3}}, {{"missing", 0}}, {{"missing", 3}}, true, ""};
  put_machines(record);
  record.seconds = two_seconds();
  return record;
}

/// The gates of the run, one of each outcome.
inline RunRecord fixed_run() {
  Scenario scenario;
  int line = 40;
  for (const char* expression : {"p99 freshness < 5m", "p50 freshness{view=sales, op=delete} < 10ms", "lost == 0",
                                 "wrong{view=hourly} == 0", "achieved_rate >= 99%", "max wait < 100ms"}) {
    scenario.slo.push_back(gate(expression, line++));
  }
  RunRecord record = run_before_judgement();
  judge(scenario, record);
  return record;
}

}  // namespace freshet::test
