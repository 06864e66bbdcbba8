// The summary for people: first the verdict, then the reasons, then the numbers.
#include <fmt/format.h>

#include <cmath>

#include "base/messages/printable.h"
#include "base/messages/units.h"
#include "base/row.h"
#include "metrics/report/report.h"
#include "metrics/verdict/gates.h"
#include "metrics/verdict/verdict.h"

namespace freshet {

namespace {

/// True if the quantile falls among bounded samples, so that the true value may be lower.
bool is_upper_end(const FreshnessSeries& series, double q, Nanos value) {
  if (series.bounded == 0) return false;
  const CensoredQuantile least = censored_quantile(series.earliest, series.censored_ages, q);
  const Nanos resolution = series.resolution.count() > 0 ? series.resolution.max() : Nanos{};
  return !least.value || value - *least.value > resolution;
}

std::string quantile_text(const FreshnessSeries& series, double q) {
  const CensoredQuantile quantile = censored_quantile(series.delay, series.censored_ages, q);
  if (quantile.value)
    return (is_upper_end(series, q, *quantile.value) ? "<= " : "") + human_duration(to_seconds(*quantile.value));
  if (quantile.more_than) return "> " + human_duration(to_seconds(*quantile.more_than));
  return "-";
}

void append_freshness(const RunRecord& record, std::string& out) {
  out += "\nFRESHNESS  commit to visible, changes of the measured phase\n";
  out += fmt::format("  {:<36} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7}\n", "", "versions", "p50", "p99", "p99.9", "max",
                     "unseen");
  for (const ViewRecord& view : record.views) {
    for (const auto& [name, series] : view.series) {
      if (series.expected == 0) continue;
      const std::string label = name == "all" ? view.name : "  " + name;
      out += fmt::format("  {:<36} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7}\n", label, human_count(series.expected),
                         quantile_text(series, 0.5), quantile_text(series, 0.99), quantile_text(series, 0.999),
                         quantile_text(series, 1), human_count(series.censored));
    }
    const FreshnessSeries* all = view.series.contains("all") ? &view.series.at("all") : nullptr;
    if (all != nullptr) {
      out += fmt::format("  {:<36} superseded {}, unchanged {}, not due {}, negative {}\n", "",
                         human_count(all->superseded), human_count(all->unchanged), human_count(all->not_due),
                         human_count(all->delay.negative()));
      if (all->bounded > 0) {
        out += fmt::format("  {:<36} {} are upper bounds (<=): the previous state of the row was never seen\n", "",
                           human_count(all->bounded));
      }
      if (all->unproven > 0) {
        out += fmt::format("  {:<36} {} in no percentile: the row is right, but it is unknown since when\n", "",
                           human_count(all->unproven));
      }
    }
    if (view.windows) {
      const FreshnessSeries& closed = view.windows->closed;
      out += fmt::format("  {:<36} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7}\n", "  final, rows of closed windows",
                         human_count(closed.expected), quantile_text(closed, 0.5), quantile_text(closed, 0.99),
                         quantile_text(closed, 0.999), quantile_text(closed, 1), human_count(closed.censored));
      out += fmt::format("  {:<36} rows of windows still open at the end: {}, not included in final\n", "",
                         human_count(view.windows->open));
    }
    if (view.staleness.ages.count() > 0) {
      out += fmt::format("  {:<36} p99 {}, max {} over {} probes\n", "  staleness",
                         human_duration(to_seconds(view.staleness.ages.quantile(0.99))),
                         human_duration(to_seconds(view.staleness.ages.max())), human_count(view.staleness.probes));
    }
  }
}

std::string basis_text(const EvidenceRecord& evidence) {
  if (!evidence.markers) return "";
  const std::string where = evidence.view.empty() ? "" : " in " + evidence.view;
  return evidence.order == Order::Source
             ? fmt::format(", after markers of the same source{}", where)
             : fmt::format(", after markers of every partition were seen{} (order \"key\")", where);
}

void append_audit(const RunRecord& record, std::string& out) {
  out += fmt::format("\n{:<27}{:>10}{:>10}{:>9}{:>7}{:>11}{:>9}{:>13}{:>7}\n", "AUDIT  full scan of the sink",
                     "expected", "scanned", "missing", "stale", "duplicate", "phantom", "resurrected", "wrong");
  if (record.views.empty()) out += "  skipped: no view is observed\n";
  for (const ViewRecord& view : record.views) {
    const AuditReport& audit = view.audit;
    if (audit.status == AuditReport::Status::Skipped) {
      out += fmt::format("  {:<24} skipped: {}\n", view.name, printable(audit.reason));
      continue;
    }
    out += fmt::format("  {:<26}{:>10}{:>10}{:>9}{:>7}{:>11}{:>9}{:>13}{:>7}\n", view.name, human_count(audit.expected),
                       human_count(audit.scanned), human_count(audit.missing), human_count(audit.stale),
                       human_count(audit.duplicate), human_count(audit.phantom), human_count(audit.resurrected),
                       human_count(audit.wrong));
    if (audit.looks > 1) {
      out += fmt::format("    the sink was read {} times, the last two {} apart; only differences in both count{}\n",
                         audit.looks, human_duration(audit.looks_apart_s), basis_text(view.evidence));
    }
    if (audit.unproven + audit.in_flight > 0) {
      out += fmt::format(
          "    not counted: {} without evidence that the pipeline has passed the change, {} still changing\n",
          human_count(audit.unproven), human_count(audit.in_flight));
    }
    for (const AuditExample& example : audit.examples) {
      out += example_text(example);
    }
  }
}

/// One line: the state at the end, as predicted, and at most.
std::string state_text(const StateRecord& state) {
  std::string out = fmt::format("  {:<24} {}, predicted {}; at most {}", "the pipeline's state", size_text(state.end),
                                size_text(state.predicted), human_bytes(state.peak.bytes));
  if (state.dropped_rows + state.dropped_groups > 0) {
    out += fmt::format("; retention dropped {} rows and {} groups", human_count(state.dropped_rows),
                       human_count(state.dropped_groups));
  }
  return out + "\n";
}

void append_load(const RunRecord& record, std::string& out) {
  if (record.in_flight > 0) {
    out += fmt::format("\nCLOSED LOOP  {} in flight: the load waits for the targets, so a slow target gets less load\n",
                       record.in_flight);
  }
  out += fmt::format("\nLOAD  offered {:.0f}/s, achieved {:.0f}/s over {:.3g} s; wait p99 {}, service p99 {}\n",
                     record.offered_per_s, record.achieved_per_s, record.duration_s,
                     record.wait.count() > 0 ? human_duration(to_seconds(record.wait.quantile(0.99))) : "-",
                     record.service.count() > 0 ? human_duration(to_seconds(record.service.quantile(0.99))) : "-");
  if (record.headroom > 0) {
    out += fmt::format(
        "  {:<24} can make {} times this load ({} changes/s)\n", "the generator alone",
        record.headroom < 10 ? fmt::format("{:.1f}", record.headroom) : human_count(std::llround(record.headroom)),
        human_count(std::llround(record.generator_limit_per_s)));
  }
  if (record.marker_changes > 0 && record.committed > 0) {
    out +=
        fmt::format("  {:<24} {} changes, {} of all committed changes\n", "markers", human_count(record.marker_changes),
                    human_share(static_cast<double>(record.marker_changes) / static_cast<double>(record.committed)));
  }
  for (const ChangeRecord& change : record.changes) {
    for (std::size_t op = 0; op < kOperations; ++op) {
      const Ledger::Counts& counts = change.counts[op];
      if (counts[0] + counts[1] + counts[2] + counts[3] == 0) continue;
      out += fmt::format("  {:<24} committed {:>9}", change.entity + "." + name_of(static_cast<Operation>(op)),
                         human_count(counts[0]));
      for (std::size_t outcome = 1; outcome < kOutcomes; ++outcome) {
        if (counts[outcome] > 0) {
          out += fmt::format(", {} {}", name_of(static_cast<Outcome>(outcome)), human_count(counts[outcome]));
        }
      }
      out += "\n";
    }
  }
  for (const auto& [topic, faults] : record.stream_faults) {
    out += fmt::format("  {:<24}", "faults in " + topic);
    for (const auto& [fault, times] : faults) out += fmt::format(" {} {}", fault, human_count(times));
    out += "\n";
  }
  for (const auto& [name, cost] : record.cost) {
    out += fmt::format("  {:<24} {:.1f} s CPU, {:.1f} µs per change, {} peak memory\n", name, cost.cpu_s,
                       record.committed > 0 ? cost.cpu_s * 1e6 / static_cast<double>(record.committed) : 0.0,
                       human_bytes(cost.rss_max_bytes));
  }
  if (record.state) out += state_text(*record.state);
}

/// What decides whether two runs are comparable: each server's version, durability settings and activity.
void append_servers(const RunRecord& record, std::string& out) {
  if (record.servers.empty()) return;
  out += "\nSERVERS  during warm-up and measured phase\n";
  for (const auto& [name, server] : record.servers) {
    std::string settings = server.version;
    for (const char* setting : {"innodb_flush_log_at_trx_commit", "sync_binlog", "binlog_format", "binlog_row_image",
                                "acks", "enable.idempotence", "compression.codec", "linger.ms"}) {
      const auto found = server.durability.find(setting);
      if (found == server.durability.end()) continue;
      settings += fmt::format("{}{} {}", settings.empty() ? "" : ", ", setting, found->second);
    }
    out += fmt::format("  {:<24} {}\n", name, printable(settings));
    std::string did;
    for (const auto& [counter, value] : server.load) {
      const bool bytes = counter.ends_with("bytes");
      did += fmt::format("{}{} {}", did.empty() ? "" : ", ", counter, bytes ? human_bytes(value) : human_count(value));
    }
    out += fmt::format("  {:<24} {}\n", "", did.empty() ? "its activity is unknown" : did);
  }
}

void append_drill(const RunRecord& record, std::string& out) {
  if (!record.drill) return;
  out += fmt::format(
      "\nDRILL  {}: {}\n", record.drill->view,
      record.drill->exact ? "the verdict reports exactly what was planted" : printable(record.drill->reason));
  for (const auto& [name, planted] : record.drill->planted) {
    const auto reported = record.drill->reported.find(name);
    out += fmt::format("  {:<12} planted {}, reported {}\n", name, human_count(planted),
                       human_count(reported == record.drill->reported.end() ? 0 : reported->second));
  }
}

/// XML 1.0 cannot represent most control characters, and a reader turns the others into blanks in an attribute.
std::string xml(const std::string& text) { return escape_markup(printable(text)); }

/// Markdown passes HTML through, and a bar ends a cell of a table.
std::string markdown(const std::string& text) {
  std::string out;
  for (const char letter : escape_markup(printable(text))) {
    if (std::string_view("\\`*_[]|").find(letter) != std::string_view::npos) out += '\\';
    out += letter;
  }
  return out;
}

/// Between backticks only a backtick is markup, and a bar in a table.
std::string code_span(const std::string& text) {
  std::string out;
  for (const char letter : printable(text)) {
    if (letter == '|') out += '\\';
    out += letter == '`' ? '\'' : letter;
  }
  return "`" + out + "`";
}

std::string audit_line(const AuditReport& audit) {
  return fmt::format("missing {}, stale {}, duplicate {}, phantom {}, resurrected {}, wrong {} of {} expected rows",
                     audit.missing, audit.stale, audit.duplicate, audit.phantom, audit.resurrected, audit.wrong,
                     audit.expected);
}

}  // namespace

std::string value_text(const GateResult& result) {
  const Judgement& judgement = result.decisive;
  const auto write = [&](double value) {
    if (result.gate.unit == "ratio") return human_share(value);
    if (result.gate.unit == "count") return human_count(static_cast<std::int64_t>(value));
    return human_duration(value);
  };
  if (judgement.value) return write(*judgement.value);
  if (judgement.more_than) return "> " + write(*judgement.more_than);
  return "unknown";
}

std::string summary_text(const RunRecord& record) {
  std::string out = "\n" + verdict_line(record) + "\n";
  for (const std::string& reason : record.reasons) out += "  - " + printable(reason) + "\n";
  if (!record.gates.empty()) out += "\nGATES\n";
  for (const GateResult& result : record.gates) {
    out += fmt::format("  {:<13} {:<36} {}", name_of(result.decisive.status), printable(result.gate.expression),
                       value_text(result));
    if (!result.decisive.view.empty()) out += "  " + result.decisive.view;
    if (!result.decisive.series.empty() && result.decisive.series != "all") out += " " + result.decisive.series;
    if (!result.decisive.reason.empty()) out += "  (" + printable(result.decisive.reason) + ")";
    out += "\n";
  }
  if (!record.null_target && !record.data_only) {
    if (!record.views.empty()) append_freshness(record, out);
    append_audit(record, out);
  }
  append_load(record, out);
  append_servers(record, out);
  append_drill(record, out);
  for (const std::string& warning : record.warnings) out += "warning: " + printable(warning) + "\n";
  return out;
}

std::string summary_markdown(const RunRecord& record) {
  std::string out = fmt::format("## Freshet: {} — {}\n\n", markdown(record.scenario_name), verdict_line(record));
  for (const std::string& reason : record.reasons) out += "- " + markdown(reason) + "\n";
  out += "\n| gate | value | status |\n|---|---|---|\n";
  for (const GateResult& result : record.gates) {
    out += fmt::format("| {} | {} | {} |\n", code_span(result.gate.expression), value_text(result),
                       name_of(result.decisive.status));
  }
  out += "\n| freshness | versions | p50 | p99 | p99.9 | max | unseen |\n|---|---|---|---|---|---|---|\n";
  for (const ViewRecord& view : record.views) {
    for (const auto& [name, series] : view.series) {
      if (series.expected == 0) continue;
      out += fmt::format("| {} {} | {} | {} | {} | {} | {} | {} |\n", view.name, name, human_count(series.expected),
                         quantile_text(series, 0.5), quantile_text(series, 0.99), quantile_text(series, 0.999),
                         quantile_text(series, 1), human_count(series.censored));
    }
    if (!view.windows) continue;
    const FreshnessSeries& closed = view.windows->closed;
    out += fmt::format("| {} final | {} | {} | {} | {} | {} | {} |\n", view.name, human_count(closed.expected),
                       quantile_text(closed, 0.5), quantile_text(closed, 0.99), quantile_text(closed, 0.999),
                       quantile_text(closed, 1), human_count(closed.censored));
  }
  out += "\n";
  if (record.views.empty()) out += "- audit: skipped, no view is observed\n";
  for (const ViewRecord& view : record.views) {
    out += fmt::format("- audit of {}: {}\n", view.name,
                       view.audit.status == AuditReport::Status::Skipped ? "skipped, " + markdown(view.audit.reason)
                                                                         : audit_line(view.audit));
  }
  return out;
}

std::string junit_xml(const RunRecord& record) {
  std::string cases;
  int failures = 0, errors = 0, skipped = 0, tests = 0;
  const auto add = [&](const std::string& name, const char* element, const std::string& message) {
    ++tests;
    cases += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml(record.scenario_name),
                         xml(name), record.duration_s);
    cases += element == nullptr ? "/>\n" : fmt::format("><{} message=\"{}\"/></testcase>\n", element, xml(message));
  };
  for (const GateResult& result : record.gates) {
    switch (result.decisive.status) {
      case Judgement::Status::Pass:
        add(result.gate.expression, nullptr, "");
        break;
      case Judgement::Status::Fail:
        ++failures, add(result.gate.expression, "failure", describe(result));
        break;
      default:
        ++skipped, add(result.gate.expression, "skipped", describe(result));
    }
  }
  for (const ViewRecord& view : record.views) {
    const std::string name = "audit of " + view.name;
    if (view.audit.status == AuditReport::Status::Skipped) {
      ++skipped, add(name, "skipped", view.audit.reason);
    } else if (view.audit.errors() > 0) {
      ++failures, add(name, "failure", audit_line(view.audit));
    } else {
      add(name, nullptr, "");
    }
  }
  if (record.views.empty()) ++skipped, add("audit", "skipped", "no view is observed");
  if (record.verdict == Verdict::NotJudged) {
    ++skipped, add("run", "skipped", "nothing is judged (--data-only)");
  } else if (!record.valid || record.ended_by) {
    ++errors;
    std::string why;
    for (const std::string& reason : record.reasons) why += (why.empty() ? "" : "; ") + reason;
    add("run", "error", why);
  } else {
    add("run", nullptr, "");
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"freshet {}\" tests=\"{}\" failures=\"{}\" "
             "errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\" timestamp=\"{}\">\n",
             xml(record.scenario_name), tests, failures, errors, skipped, record.duration_s,
             iso_time(record.started_at).substr(0, 19)) +
         fmt::format(
             "  <properties><property name=\"run_id\" value=\"{}\"/><property name=\"seed\" value=\"{}\"/>"
             "</properties>\n",
             xml(record.run_id), record.seed) +
         cases + "</testsuite>\n";
}

}  // namespace freshet
