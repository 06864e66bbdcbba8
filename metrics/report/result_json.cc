// Writes result.json, the contract of docs/SEMANTICS.md. Keys are only ever added; a change of meaning raises
// schema_version.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/messages/printable.h"
#include "base/messages/units.h"
#include "metrics/report/report.h"
#include "metrics/verdict/gates.h"
#include "metrics/verdict/verdict.h"

namespace freshet {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<const char*, double> kQuantiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}};

/// A histogram, and next to it what its encoding leaves out.
void put_histogram(Json& json, const std::string& name, const Histogram& histogram) {
  json[name] = histogram.encode();
  const Histogram::Rest rest = histogram.rest();
  json[name + "_rest"] = {{"min_s", to_seconds(rest.min)},
                          {"max_s", to_seconds(rest.max)},
                          {"overflow", rest.overflow},
                          {"negative", rest.negative.empty() ? Json(nullptr) : Json(rest.negative)}};
}

Json quantiles(const Histogram& histogram) {
  Json json = Json::object();
  json["count"] = histogram.count();
  for (const auto& [name, q] : kQuantiles) {
    json[std::string(name) + "_s"] = histogram.count() > 0 ? Json(to_seconds(histogram.quantile(q))) : Json(nullptr);
  }
  put_histogram(json, "histogram", histogram);
  return json;
}

/// A quantile that falls among censored samples is null; its …_more_than_s is a lower bound.
void add_censored_quantiles(Json& json, const Histogram& seen, const std::vector<Nanos>& censored) {
  for (const auto& [name, q] : kQuantiles) {
    const CensoredQuantile quantile = censored_quantile(seen, censored, q);
    json[std::string(name) + "_s"] = quantile.value ? Json(to_seconds(*quantile.value)) : Json(nullptr);
    json[std::string(name) + "_more_than_s"] =
        quantile.more_than ? Json(to_seconds(*quantile.more_than)) : Json(nullptr);
  }
}

Json series_json(const FreshnessSeries& series, bool end_to_end) {
  const Histogram& histogram = end_to_end ? series.end_to_end : series.delay;
  Json json = Json::object();
  json["expected"] = series.expected;
  json["count"] = histogram.count();
  json["superseded"] = series.superseded;
  json["unchanged"] = series.unchanged;
  json["not_due"] = series.not_due;
  json["censored"] = series.censored;
  json["bounded"] = series.bounded;
  json["unproven"] = series.unproven;
  json["negative"] = histogram.negative();
  add_censored_quantiles(json, histogram, end_to_end ? series.censored_ages_end_to_end : series.censored_ages);
  // A bounded sample counts with its upper end. If there are any, this is the lower bound of each quantile.
  if (series.bounded > 0 && !end_to_end) {
    for (const auto& [name, q] : kQuantiles) {
      const CensoredQuantile least = censored_quantile(series.earliest, series.censored_ages, q);
      json[std::string(name) + "_at_least_s"] = least.value ? Json(to_seconds(*least.value)) : Json(nullptr);
    }
  }
  json["resolution_s"] = series.resolution.count() > 0 ? to_seconds(series.resolution.quantile(0.99)) : 0.0;
  put_histogram(json, "histogram", histogram);
  json["censored_ages"] = encode_durations(end_to_end ? series.censored_ages_end_to_end : series.censored_ages);
  if (!end_to_end) {
    put_histogram(json, "at_least_histogram", series.earliest);
    put_histogram(json, "resolution_histogram", series.resolution);
  }
  return json;
}

/// The share of probes within the scenario's staleness bound, or within its smallest freshness bound; null if there is
/// neither.
Json share_within_slo(const RunRecord& record, const ViewRecord& view) {
  std::optional<double> bound_s;
  for (const GateResult& result : record.gates) {
    if (result.gate.quantity != Quantity::Staleness || (!result.gate.view.empty() && result.gate.view != view.name)) {
      continue;
    }
    if (!bound_s || result.gate.bound < *bound_s) bound_s = result.gate.bound;
  }
  if (!bound_s || view.staleness.ages.count() == 0) return nullptr;
  return static_cast<double>(view.staleness.ages.within(Nanos{static_cast<std::int64_t>(*bound_s * 1e9)})) /
         static_cast<double>(view.staleness.ages.count());
}

Json audit_json(const AuditReport& audit) {
  Json json = Json::object();
  json["status"] = name_of(audit.status);
  json["reason"] = audit.reason;
  json["scanned"] = audit.scanned;
  json["expected"] = audit.expected;
  json["found"] = audit.found;
  json["missing"] = audit.missing;
  json["stale"] = audit.stale;
  json["duplicate"] = audit.duplicate;
  json["phantom"] = audit.phantom;
  json["resurrected"] = audit.resurrected;
  json["wrong"] = audit.wrong;
  json["indeterminate"] = audit.indeterminate;
  json["unproven"] = audit.unproven;
  json["in_flight"] = audit.in_flight;
  json["looks"] = audit.looks;
  json["looks_apart_s"] = audit.looks_apart_s;
  json["examples"] = Json::array();
  for (const AuditExample& example : audit.examples) {
    Json& written = json["examples"].emplace_back(
        Json{{"class", example.kind}, {"key", example.key}, {"expected", example.expected}, {"found", example.found}});
    written["differences"] = Json::array();
    for (const AuditDifference& each : example.differences) {
      written["differences"].push_back({{"column", each.column}, {"expected", each.expected}, {"found", each.found}});
    }
  }
  return json;
}

Json judgement_json(const Judgement& judgement) {
  Json json = Json::object();
  json["view"] = judgement.view;
  json["series"] = judgement.series;
  json["value"] = judgement.value ? Json(*judgement.value) : Json(nullptr);
  json["more_than"] = judgement.more_than ? Json(*judgement.more_than) : Json(nullptr);
  json["samples"] = judgement.samples;
  json["uncertainty_s"] = judgement.uncertainty_s;
  json["status"] = name_of(judgement.status);
  json["reason"] = judgement.reason;
  return json;
}

Json gate_json(const GateResult& result) {
  Json json = Json::object();
  json["expression"] = result.gate.expression;
  json["file"] = result.gate.file;
  json["pointer"] = result.gate.pointer;
  json["line"] = result.gate.line;
  const Json decisive = judgement_json(result.decisive);
  json["value"] = decisive["value"];
  json["more_than"] = decisive["more_than"];
  json["bound"] = result.gate.bound;
  json["unit"] = result.gate.unit;
  json["samples"] = decisive["samples"];
  json["uncertainty_s"] = decisive["uncertainty_s"];
  json["severity"] = "fail";  // gates that only warn are planned
  json["status"] = decisive["status"];
  json["reason"] = decisive["reason"];
  json["view"] = decisive["view"];
  json["series"] = decisive["series"];
  json["judged"] = Json::array();
  for (const Judgement& judgement : result.judged) json["judged"].push_back(judgement_json(judgement));
  return json;
}

Json load_json(const RunRecord& record) {
  Json json = Json::object();
  json["offered_per_s"] = record.offered_per_s;
  json["achieved_per_s"] = record.achieved_per_s;
  json["scheduled_measured"] = record.scheduled_measured;
  json["achieved_measured"] = record.achieved_measured;
  json["committed"] = record.committed;
  json["late"] = record.load_was_late;
  json["closed_loop"] = record.in_flight > 0 ? Json({{"in_flight", record.in_flight}}) : Json(nullptr);
  json["generator_limit_per_s"] = record.generator_limit_per_s > 0 ? Json(record.generator_limit_per_s) : Json(nullptr);
  json["slow"] = Json::array();
  for (const SlowPart& part : record.slow) json["slow"].push_back({{"part", part.part}, {"why", part.why}});
  json["headroom"] = record.headroom > 0 ? Json(record.headroom) : Json(nullptr);
  json["changes"] = Json::object();
  for (const ChangeRecord& change : record.changes) {
    Json& entity = json["changes"][change.entity] = Json::object();
    for (std::size_t op = 0; op < kOperations; ++op) {
      Json& counts = entity[name_of(static_cast<Operation>(op))] = Json::object();
      std::int64_t scheduled = 0;
      for (const std::int64_t count : change.counts[op]) scheduled += count;
      counts["scheduled"] = scheduled;
      for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
        counts[name_of(static_cast<Outcome>(outcome))] = change.counts[op][outcome];
      }
    }
  }
  json["markers"] = {{"changes", record.marker_changes},
                     {"share", record.committed > 0 ? Json(static_cast<double>(record.marker_changes) /
                                                           static_cast<double>(record.committed))
                                                    : Json(nullptr)}};
  json["stream_faults"] = record.stream_faults;
  json["refusals"] = Json::array();
  for (const Refusal& refusal : record.refusals) {
    json["refusals"].push_back(
        {{"where", refusal.where}, {"code", refusal.code}, {"message", refusal.text}, {"changes", refusal.changes}});
  }
  json["exceptions"] = Json::array();
  for (const Ledger::Exception& exception : record.exceptions) {
    json["exceptions"].push_back({{"entity", record.changes.at(index_of(exception.change.entity)).entity},
                                  {"operation", name_of(exception.change.operation)},
                                  {"ordinal", exception.change.ordinal},
                                  {"version", exception.change.version},
                                  {"outcome", name_of(exception.outcome)},
                                  {"code", exception.code}});
  }
  return json;
}

/// `final`: visible − max(close, last commit), for rows of windows that closed in the measured phase.
Json windows_json(const WindowRecord& windows) {
  Json json = Json::object();
  json["closed"] = windows.closed.expected;
  json["open"] = windows.open;
  json["final"] = series_json(windows.closed, false);
  return json;
}

Json views_json(const RunRecord& record, Json& root) {
  root["freshness"] = Json::object();
  root["end_to_end"] = Json::object();
  root["staleness"] = Json::object();
  root["windows"] = Json::object();
  root["evidence"] = Json::object();
  root["audit"] = Json::object();
  for (const ViewRecord& view : record.views) {
    Json& freshness = root["freshness"][view.name] = Json::object();
    Json& end_to_end = root["end_to_end"][view.name] = Json::object();
    for (const auto& [name, series] : view.series) {
      freshness[name] = series_json(series, false);
      end_to_end[name] = series_json(series, true);
    }
    Json staleness = quantiles(view.staleness.ages);
    staleness["probes"] = view.staleness.probes;
    staleness["share_within_slo"] = share_within_slo(record, view);
    root["staleness"][view.name] = std::move(staleness);
    const EvidenceRecord& evidence = view.evidence;
    root["evidence"][view.name] = {{"order", name_of(evidence.order)},
                                   {"markers", evidence.markers},
                                   {"view", evidence.view.empty() ? view.name : evidence.view},
                                   {"partitions", evidence.partitions},
                                   {"open", evidence.open}};
    if (view.windows) root["windows"][view.name] = windows_json(*view.windows);
    root["audit"][view.name] = audit_json(view.audit);
  }
  return root;
}

Json cost_json(const RunRecord& record) {
  Json json = Json::object();
  for (const auto& [name, cost] : record.cost) {
    json[name] = {
        {"cpu_s", cost.cpu_s},
        {"cpu_us_per_change",
         record.committed > 0 ? Json(cost.cpu_s * 1e6 / static_cast<double>(record.committed)) : Json(nullptr)},
        {"rss_max_bytes", cost.rss_max_bytes}};
  }
  return json;
}

Json size_json(const StateRecord::Size& size) {
  return {{"rows", size.rows}, {"groups", size.groups}, {"bytes", size.bytes}};
}

Json state_json(const StateRecord& state) {
  Json json = {{"predicted", size_json(state.predicted)},
               {"end", size_json(state.end)},
               {"peak", size_json(state.peak)},
               {"dropped", {{"rows", state.dropped_rows}, {"groups", state.dropped_groups}}}};
  json["committed"] = state.committed;
  Json& queues = json["queues"] = Json::object();
  for (const auto& [name, queue] : state.queues) {
    queues[name] = {{"capacity", queue.capacity}, {"high_water", queue.high_water}, {"waits", queue.waits}};
  }
  return json;
}

Json scenario_json(const RunRecord& record) {
  return {{"name", record.scenario_name},
          {"file", record.scenario_file},
          {"seed", record.seed},
          {"salt", record.salt},
          {"epoch", iso_time(record.epoch)},
          {"epoch_lag_s", record.epoch_lag_s},
          {"digest", record.scenario_digest},
          {"overrides", record.overrides}};
}

/// The audits of all views added up; each view also has its own.
Json audits_json(const RunRecord& record) {
  const bool none = std::all_of(record.views.begin(), record.views.end(), [](const ViewRecord& view) {
    return view.audit.status == AuditReport::Status::Skipped;
  });
  if (!none) return {{"status", "done"}, {"reason", ""}};
  const std::string reason = record.data_only       ? "nothing is judged (--data-only)"
                             : record.views.empty() ? "no view is observed"
                                                    : record.views.front().audit.reason;
  return {{"status", "skipped"}, {"reason", reason}};
}

Json run_json(const RunRecord& record) {
  Json json = Json::object();
  json["started_at"] = iso_time(record.started_at);
  json["duration_s"] = record.duration_s;
  json["shard"] = "1/1";  // a run always executes its whole load
  json["complete"] = record.complete;
  json["drained"] = record.drained;
  json["ended_by"] = record.ended_by ? Json{{"kind", name_of(record.ended_by->kind)},
                                            {"message", record.ended_by->message},
                                            {"hint", record.ended_by->hint}}
                                     : Json(nullptr);
  json["phases"] = Json::array();
  for (const PhaseRecord& phase : record.phases) {
    json["phases"].push_back({{"name", phase.name}, {"from_s", phase.from_s}, {"to_s", phase.to_s}});
  }
  json["pipeline"] = record.pipeline;
  json["null_target"] = record.null_target;
  json["data_only"] = record.data_only;
  json["audit"] = audits_json(record);
  json["warnings"] = record.warnings;
  json["left_behind"] = record.left_behind;
  return json;
}

Json progress_json(const Progress& progress) {
  Json json = {{"at_s", progress.at_s},
               {"phase", progress.phase},
               {"offered_per_s", progress.offered_per_s},
               {"achieved_per_s", progress.achieved_per_s},
               {"committed", progress.committed},
               {"failed", progress.failed}};
  json["views"] = Json::object();
  for (const ViewProgress& view : progress.views) {
    json["views"][view.name] = {{"visible", view.visible},
                                {"pending", view.pending},
                                {"oldest_pending_s", view.oldest_pending_s},
                                {"freshness_p99_s", view.freshness_p99_s}};
  }
  return json;
}

}  // namespace

std::string result_json(const RunRecord& record) {
  Json root = Json::object();
  root["schema_version"] = 1;
  root["run_id"] = record.run_id;
  root["freshet"] = {{"version", record.version}, {"commit", record.commit}};
  root["scenario"] = scenario_json(record);
  root["run"] = run_json(record);
  root["verdict"] = name_of(record.verdict);
  root["exit_code"] = exit_code_of(record.verdict);
  root["reasons"] = record.reasons;
  root["validity"] = {{"valid", record.valid}, {"reasons", record.validity_reasons}};
  root["load"] = load_json(record);
  root["latency"] = {{"wait", quantiles(record.wait)}, {"service", quantiles(record.service)}};
  views_json(record, root);
  root["gates"] = Json::array();
  for (const GateResult& result : record.gates) root["gates"].push_back(gate_json(result));
  root["faults"] = Json::array();  // Freshet does not inject faults yet
  if (record.drill) {
    root["drill"] = {{"view", record.drill->view},     {"planted", record.drill->planted},
                     {"healed", record.drill->healed}, {"reported", record.drill->reported},
                     {"exact", record.drill->exact},   {"reason", record.drill->reason}};
  } else {
    root["drill"] = nullptr;
  }
  root["servers"] = Json::object();
  for (const auto& [name, server] : record.servers) {
    root["servers"][name] = {{"version", server.version}, {"durability", server.durability}, {"load", server.load}};
  }
  root["cost"] = cost_json(record);
  root["state"] = record.state ? state_json(*record.state) : Json(nullptr);
  root["host"] = record.host;
  return printable_json(root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string seconds_ndjson(const RunRecord& record) {
  std::string text;
  for (const SecondRecord& second : record.seconds) {
    text += printable_json(progress_json(second.progress).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return text;
}

}  // namespace freshet
