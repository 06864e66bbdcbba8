// Reads result.json back: turns the output of result_json() into a RunRecord again. Members read with need() exist
// since the first version with this schema; members added later are read with may().
#include "metrics/report/result_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/row.h"
#include "metrics/report/json_reader.h"
#include "scenarios/loader/read/gate_parser.h"

namespace freshet {

namespace {

constexpr Verdict kVerdicts[] = {Verdict::Pass,         Verdict::Fail,       Verdict::Incorrect,   Verdict::Invalid,
                                 Verdict::Inconclusive, Verdict::Regression, Verdict::Interrupted, Verdict::Unreachable,
                                 Verdict::Error,        Verdict::NotJudged};
constexpr Judgement::Status kStatuses[] = {Judgement::Status::Pass, Judgement::Status::Fail,
                                           Judgement::Status::Inconclusive, Judgement::Status::Skipped};
constexpr AuditReport::Status kAuditStatuses[] = {AuditReport::Status::Done, AuditReport::Status::Inconclusive,
                                                  AuditReport::Status::Skipped};
constexpr ErrorKind kErrorKinds[] = {ErrorKind::Internal, ErrorKind::Usage, ErrorKind::Unreachable,
                                     ErrorKind::Interrupted};
constexpr Order kOrders[] = {Order::Source, Order::Key};
constexpr Operation kAllOperations[] = {Operation::Insert, Operation::Update, Operation::Delete};
constexpr Outcome kAllOutcomes[] = {Outcome::Committed, Outcome::Rejected, Outcome::Unknown, Outcome::Withheld};

void read_time(const JsonReader& json, const char* name, WallTime& out) {
  std::string text;
  json.need(name, text);
  if (text.empty()) return;
  std::int64_t micros = 0;
  if (!parse_time(text, micros)) return json.wrong(name, "expected a time, 2026-11-21T12:00:00.123456Z");
  out = WallTime{Micros{micros}};
}

Nanos nanos_of(double seconds) { return Nanos{std::llround(seconds * 1e9)}; }

/// Results written before `…_rest` existed contain only what the encoding holds.
void read_histogram(const JsonReader& json, const std::string& name, Histogram& out) {
  std::string encoded;
  json.may(name, encoded);
  if (encoded.empty()) return;
  Result<Histogram> histogram = Histogram::decode(encoded);
  if (const JsonReader rest = json.object(name + "_rest")) {
    double min_s = 0, max_s = 0;
    Histogram::Rest whole;
    rest.need("min_s", min_s);
    rest.need("max_s", max_s);
    rest.need("overflow", whole.overflow);
    rest.may("negative", whole.negative);
    whole.min = nanos_of(min_s);
    whole.max = nanos_of(max_s);
    histogram = Histogram::decode(encoded, whole);
  }
  if (!histogram.ok()) return json.wrong(name, histogram.error().message);
  out = std::move(*histogram);
}

void read_durations(const JsonReader& json, const char* name, std::int64_t count, std::vector<Nanos>& out) {
  std::string encoded;
  json.may(name, encoded);
  auto durations = decode_durations(encoded, static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  if (!durations.ok()) return json.wrong(name, durations.error().message);
  out = std::move(*durations);
}

void read_series(const JsonReader& json, FreshnessSeries& out) {
  json.need("expected", out.expected);
  json.need("superseded", out.superseded);
  json.need("unchanged", out.unchanged);
  json.need("not_due", out.not_due);
  json.need("censored", out.censored);
  json.may("bounded", out.bounded);
  json.may("unproven", out.unproven);
  json.need("negative", out.negative);
  read_histogram(json, "histogram", out.delay);
  read_histogram(json, "at_least_histogram", out.earliest);
  read_histogram(json, "resolution_histogram", out.resolution);
  if (out.resolution.count() == 0) {
    double p99_s = 0;
    json.may("resolution_s", p99_s);
    if (p99_s > 0) out.resolution.record(nanos_of(p99_s));
  }
  read_durations(json, "censored_ages", out.censored, out.censored_ages);
}

void read_audit(const JsonReader& json, AuditReport& out) {
  json.name("status", out.status, kAuditStatuses);
  json.need("reason", out.reason);
  const std::pair<const char*, std::int64_t*> counts[] = {
      {"scanned", &out.scanned}, {"expected", &out.expected},
      {"found", &out.found},     {"missing", &out.missing},
      {"stale", &out.stale},     {"duplicate", &out.duplicate},
      {"phantom", &out.phantom}, {"resurrected", &out.resurrected},
      {"wrong", &out.wrong},     {"indeterminate", &out.indeterminate}};
  for (const auto& [name, count] : counts) json.need(name, *count);
  json.may("unproven", out.unproven);
  json.may("in_flight", out.in_flight);
  json.may("looks", out.looks);
  json.may("looks_apart_s", out.looks_apart_s);
  json.each("examples", [&](const JsonReader& written) {
    AuditExample& example = out.examples.emplace_back();
    written.need("class", example.kind);
    written.need("key", example.key);
    written.need("expected", example.expected);
    written.need("found", example.found);
    written.each("differences", [&](const JsonReader& each) {
      AuditDifference& difference = example.differences.emplace_back();
      each.need("column", difference.column);
      each.need("expected", difference.expected);
      each.need("found", difference.found);
    });
  });
}

void read_judgement(const JsonReader& json, Judgement& out) {
  json.need("view", out.view);
  json.need("series", out.series);
  json.may("value", out.value);
  json.may("more_than", out.more_than);
  json.need("samples", out.samples);
  json.need("uncertainty_s", out.uncertainty_s);
  json.name("status", out.status, kStatuses);
  json.need("reason", out.reason);
}

void read_gate(const JsonReader& json, GateResult& out) {
  std::string expression;
  json.need("expression", expression);
  auto gate = parse_gate(expression);
  if (!gate.ok()) return json.wrong("expression", gate.error().message);
  out.gate = std::move(*gate);
  json.need("file", out.gate.file);
  json.need("pointer", out.gate.pointer);
  json.need("line", out.gate.line);
  std::string severity;
  json.need("severity", severity);
  if (!severity.empty() && severity != "fail") json.wrong("severity", "expected \"fail\"");
  read_judgement(json, out.decisive);
  json.each("judged", [&](const JsonReader& each) { read_judgement(each, out.judged.emplace_back()); });
}

void read_exception(const JsonReader& json, RunRecord& out) {
  std::string entity;
  Ledger::Exception exception{};
  json.need("entity", entity);
  json.name("operation", exception.change.operation, kAllOperations);
  json.need("ordinal", exception.change.ordinal);
  json.need("version", exception.change.version);
  json.name("outcome", exception.outcome, kAllOutcomes);
  json.need("code", exception.code);
  for (std::size_t i = 0; i < out.changes.size(); ++i) {
    if (out.changes[i].entity != entity) continue;
    exception.change.entity = static_cast<EntityId>(i);
    return out.exceptions.push_back(exception);
  }
  json.wrong("entity", "expected an entity under /load/changes");
}

void read_changes(const JsonReader& json, RunRecord& out) {
  json.members("changes", [&](const std::string& name, const JsonReader& entity) {
    ChangeRecord& change = out.changes.emplace_back();
    change.entity = name;
    for (const Operation operation : kAllOperations) {
      const JsonReader counts = entity.required_object(name_of(operation));
      for (const Outcome outcome : kAllOutcomes) {
        counts.need(name_of(outcome),
                    change.counts[static_cast<std::size_t>(operation)][static_cast<std::size_t>(outcome)]);
      }
    }
  });
}

void read_load(const JsonReader& json, RunRecord& out) {
  json.need("offered_per_s", out.offered_per_s);
  json.need("achieved_per_s", out.achieved_per_s);
  json.may("scheduled_measured", out.scheduled_measured);
  json.may("achieved_measured", out.achieved_measured);
  json.may("late", out.load_was_late);
  if (const JsonReader closed = json.object("closed_loop")) closed.need("in_flight", out.in_flight);
  json.may("generator_limit_per_s", out.generator_limit_per_s);
  json.may("headroom", out.headroom);
  json.each_if_any("slow", [&](const JsonReader& each) {
    SlowPart& part = out.slow.emplace_back();
    each.need("part", part.part);
    each.need("why", part.why);
  });
  read_changes(json, out);
  for (const ChangeRecord& change : out.changes) {
    for (const auto& counts : change.counts) out.committed += counts[static_cast<std::size_t>(Outcome::Committed)];
  }
  json.may("committed", out.committed);
  if (const JsonReader markers = json.object("markers")) markers.need("changes", out.marker_changes);
  json.need("stream_faults", out.stream_faults);
  json.each_if_any("refusals", [&](const JsonReader& each) {
    Refusal& refusal = out.refusals.emplace_back();
    each.need("where", refusal.where);
    each.need("code", refusal.code);
    each.need("message", refusal.text);
    each.need("changes", refusal.changes);
  });
  json.each("exceptions", [&](const JsonReader& each) { read_exception(each, out); });
}

void read_view_series(const JsonReader& root, ViewRecord& view) {
  root.required_object("freshness").members(view.name, [&](const std::string& name, const JsonReader& series) {
    read_series(series, view.series[name]);
  });
  root.required_object("end_to_end").members(view.name, [&](const std::string& name, const JsonReader& json) {
    FreshnessSeries& series = view.series[name];
    read_histogram(json, "histogram", series.end_to_end);
    read_durations(json, "censored_ages", series.censored, series.censored_ages_end_to_end);
  });
}

void read_evidence(const JsonReader& evidence, ViewRecord& view) {
  evidence.name("order", view.evidence.order, kOrders);
  evidence.need("markers", view.evidence.markers);
  evidence.need("view", view.evidence.view);
  if (view.evidence.view == view.name) view.evidence.view.clear();
  evidence.need("partitions", view.evidence.partitions);
  evidence.need("open", view.evidence.open);
}

void read_view(const JsonReader& root, const std::string& name, ViewRecord& view) {
  view.name = name;
  read_view_series(root, view);
  const JsonReader staleness = root.required_object("staleness").required_object(name);
  staleness.may("probes", view.staleness.probes);
  read_histogram(staleness, "histogram", view.staleness.ages);
  if (const JsonReader evidence = root.object("evidence")) read_evidence(evidence.required_object(name), view);
  if (const JsonReader windows = root.required_object("windows").object(name)) {
    view.windows.emplace();
    windows.need("open", view.windows->open);
    read_series(windows.required_object("final"), view.windows->closed);
  }
}

void read_drill(const JsonReader& json, RunRecord& out) {
  out.drill.emplace();
  json.need("view", out.drill->view);
  json.need("planted", out.drill->planted);
  json.need("healed", out.drill->healed);
  json.need("reported", out.drill->reported);
  json.need("exact", out.drill->exact);
  json.need("reason", out.drill->reason);
}

void read_size(const JsonReader& json, StateRecord::Size& out) {
  json.need("rows", out.rows);
  json.need("groups", out.groups);
  json.need("bytes", out.bytes);
}

void read_state(const JsonReader& json, RunRecord& out) {
  out.state.emplace();
  read_size(json.required_object("predicted"), out.state->predicted);
  read_size(json.required_object("end"), out.state->end);
  read_size(json.required_object("peak"), out.state->peak);
  const JsonReader dropped = json.required_object("dropped");
  dropped.need("rows", out.state->dropped_rows);
  dropped.need("groups", out.state->dropped_groups);
  json.may("committed", out.state->committed);
  if (!json.object("queues")) return;  // results of older versions have none
  json.members("queues", [&](const std::string& name, const JsonReader& queue) {
    StateRecord::Queue& read = out.state->queues[name];
    queue.need("capacity", read.capacity);
    queue.need("high_water", read.high_water);
    queue.need("waits", read.waits);
  });
}

void read_scenario(const JsonReader& json, RunRecord& out) {
  json.need("name", out.scenario_name);
  json.need("file", out.scenario_file);
  json.need("seed", out.seed);
  json.need("salt", out.salt);
  read_time(json, "epoch", out.epoch);
  json.may("epoch_lag_s", out.epoch_lag_s);
  json.need("digest", out.scenario_digest);
  json.need("overrides", out.overrides);
}

void read_run(const JsonReader& json, RunRecord& out) {
  read_time(json, "started_at", out.started_at);
  json.need("duration_s", out.duration_s);
  json.need("complete", out.complete);
  json.may("drained", out.drained);
  if (const JsonReader ended = json.object("ended_by")) {
    out.ended_by.emplace();
    ended.name("kind", out.ended_by->kind, kErrorKinds);
    ended.need("message", out.ended_by->message);
    ended.need("hint", out.ended_by->hint);
  }
  json.each("phases", [&](const JsonReader& each) {
    PhaseRecord& phase = out.phases.emplace_back();
    each.need("name", phase.name);
    each.need("from_s", phase.from_s);
    each.need("to_s", phase.to_s);
  });
  json.need("pipeline", out.pipeline);
  json.need("null_target", out.null_target);
  json.may("data_only", out.data_only);
  json.need("warnings", out.warnings);
  json.may("left_behind", out.left_behind);
}

void read_machines(const JsonReader& root, RunRecord& out) {
  root.members("servers", [&](const std::string& name, const JsonReader& json) {
    ServerRecord& server = out.servers[name];
    json.need("version", server.version);
    json.need("durability", server.durability);
    json.need("load", server.load);
  });
  root.members("cost", [&](const std::string& name, const JsonReader& json) {
    ProcessCost& cost = out.cost[name];
    json.need("cpu_s", cost.cpu_s);
    json.need("rss_max_bytes", cost.rss_max_bytes);
  });
  root.need("host", out.host);
}

void read_root(const JsonReader& root, RunRecord& out) {
  root.need("run_id", out.run_id);
  const JsonReader program = root.required_object("freshet");
  program.need("version", out.version);
  program.need("commit", out.commit);
  read_scenario(root.required_object("scenario"), out);
  read_run(root.required_object("run"), out);
  root.name("verdict", out.verdict, kVerdicts);
  root.need("reasons", out.reasons);
  const JsonReader validity = root.required_object("validity");
  validity.need("valid", out.valid);
  validity.need("reasons", out.validity_reasons);
  read_load(root.required_object("load"), out);
  const JsonReader latency = root.required_object("latency");
  read_histogram(latency.required_object("wait"), "histogram", out.wait);
  read_histogram(latency.required_object("service"), "histogram", out.service);
  root.members("audit", [&](const std::string& name, const JsonReader& audit) {
    ViewRecord& view = out.views.emplace_back();
    read_view(root, name, view);
    read_audit(audit, view.audit);
  });
  root.each("gates", [&](const JsonReader& each) { read_gate(each, out.gates.emplace_back()); });
  if (const JsonReader drill = root.object("drill")) read_drill(drill, out);
  if (const JsonReader state = root.object("state")) read_state(state, out);
  read_machines(root, out);
}

}  // namespace

Result<RunRecord> read_result(std::string_view text) {
  const OrderedJson json = OrderedJson::parse(text, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::Usage, "not a result of freshet run: expected a JSON object", ""};
  JsonProblems problems;
  const JsonReader root(json, "", problems);
  int version = 0;
  root.need("schema_version", version);
  if (problems.empty() && version != 1) {
    return Error{ErrorKind::Usage,
                 fmt::format("schema_version {} is not supported; this version reads schema_version 1", version), ""};
  }
  RunRecord record;
  if (problems.empty()) read_root(root, record);
  if (!problems.empty()) return Error{ErrorKind::Usage, problems.text(), ""};
  return record;
}

}  // namespace freshet
