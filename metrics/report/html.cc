// report.html: one self-contained page. Plots are inline SVG; no script, nothing fetched.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/messages/units.h"
#include "metrics/report/report.h"
#include "metrics/verdict/gates.h"
#include "metrics/verdict/verdict.h"

namespace freshet {

namespace {

constexpr const char* kColours[] = {"#0b6e99", "#c2571a", "#3d7a37", "#7b4397", "#8a6d00", "#a3214b"};

struct Line {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< in data units
};

struct Axis {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::vector<std::pair<double, std::string>> ticks;
  [[nodiscard]] double at(double value) const {
    if (!logarithmic) return (value - low) / (high - low);
    return (std::log10(std::max(value, low)) - std::log10(low)) / (std::log10(high) - std::log10(low));
  }
};

/// A line plot, 760 × 300, with a legend below.
std::string plot(const std::string& title, const Axis& x, const Axis& y, const std::vector<Line>& lines) {
  constexpr double kLeft = 80, kTop = 14, kWidth = 650, kHeight = 230;
  const auto px = [&](double value) { return kLeft + std::clamp(x.at(value), 0.0, 1.0) * kWidth; };
  const auto py = [&](double value) { return kTop + (1 - std::clamp(y.at(value), 0.0, 1.0)) * kHeight; };
  std::string out = fmt::format("<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 760 300\" role=\"img\">",
                                escape_markup(title));
  for (const auto& [value, label] : y.ticks) {
    out += fmt::format(
        "<line class=\"g\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>",
        kLeft, kLeft + kWidth, py(value), kLeft - 6, py(value) + 4, escape_markup(label));
  }
  for (const auto& [value, label] : x.ticks) {
    out += fmt::format(
        "<line class=\"g\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>",
        px(value), kTop, kTop + kHeight, kTop + kHeight + 16, escape_markup(label));
  }
  double legend = kLeft;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const char* colour = kColours[i % std::size(kColours)];
    std::string points;
    for (const auto& [a, b] : lines[i].points) points += fmt::format("{:.1f},{:.1f} ", px(a), py(b));
    out += fmt::format("<polyline points=\"{}\" stroke=\"{}\"/>", points, colour);
    out += fmt::format(
        "<rect x=\"{}\" y=\"280\" width=\"12\" height=\"4\" fill=\"{}\"/><text x=\"{}\" y=\"287\">{}</text>", legend,
        colour, legend + 17, escape_markup(lines[i].name));
    legend += 40 + 7.2 * static_cast<double>(lines[i].name.size());
  }
  return out + "</svg></figure>\n";
}

Axis seconds_axis(const std::vector<Line>& lines) {
  double low = 1e9, high = 1e-6;
  for (const Line& line : lines) {
    for (const auto& [a, b] : line.points) {
      if (b > 0) low = std::min(low, b);
      high = std::max(high, b);
    }
  }
  Axis axis;
  axis.logarithmic = true;
  axis.low = std::pow(10, std::floor(std::log10(std::min(low, high))));
  axis.high = std::pow(10, std::ceil(std::log10(high)));
  if (axis.high <= axis.low) axis.high = axis.low * 10;
  for (double tick = axis.low; tick <= axis.high * 1.001; tick *= 10)
    axis.ticks.emplace_back(tick, human_duration(tick));
  return axis;
}

/// Delay against 1/(1−q), so that each nine gets the same space.
std::string quantile_plot(const RunRecord& record) {
  std::vector<Line> lines;
  for (const ViewRecord& view : record.views) {
    const auto all = view.series.find("all");
    if (all == view.series.end() || all->second.delay.count() == 0) continue;
    Line line{view.name, {}};
    for (double nines = 0; nines <= 4.01; nines += 0.1) {
      const double q = 1 - std::pow(10, -nines);
      const CensoredQuantile value = censored_quantile(all->second.delay, all->second.censored_ages, std::max(q, 1e-9));
      if (value.value) line.points.emplace_back(nines, std::max(to_seconds(*value.value), 1e-6));
    }
    lines.push_back(std::move(line));
  }
  if (lines.empty()) return "";
  Axis x{0, 4, false, {{0, "min"}, {1, "90 %"}, {2, "99 %"}, {3, "99.9 %"}, {4, "99.99 %"}}};
  return plot("Freshness by share of row versions", x, seconds_axis(lines), lines);
}

Axis time_axis(const RunRecord& record) {
  Axis axis;
  axis.low = record.seconds.front().progress.at_s;
  axis.high = std::max(record.seconds.back().progress.at_s, axis.low + 1);
  const double step = std::max(1.0, std::ceil((axis.high - axis.low) / 8));
  for (double tick = std::ceil(axis.low); tick <= axis.high; tick += step) {
    axis.ticks.emplace_back(tick, fmt::format("{:.0f} s", tick));
  }
  return axis;
}

/// The smallest of 1, 2, 5, 10, 20, 50… that is at least `least`.
double round_step(double least) {
  double step = 1;
  for (int i = 0; step < least; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  return step;
}

std::string time_plots(const RunRecord& record) {
  if (record.seconds.size() < 2) return "";
  std::vector<Line> fresh;
  for (std::size_t i = 0; i < record.views.size(); ++i) {
    Line line{record.views[i].name + " p99", {}};
    for (const SecondRecord& second : record.seconds) {
      if (i < second.progress.views.size() && second.progress.views[i].freshness_p99_s > 0) {
        line.points.emplace_back(second.progress.at_s, second.progress.views[i].freshness_p99_s);
      }
    }
    fresh.push_back(std::move(line));
  }
  Line offered{"offered", {}}, achieved{"achieved", {}};
  double most = 1;
  for (const SecondRecord& second : record.seconds) {
    offered.points.emplace_back(second.progress.at_s, second.progress.offered_per_s);
    achieved.points.emplace_back(second.progress.at_s, second.progress.achieved_per_s);
    most = std::max({most, second.progress.offered_per_s, second.progress.achieved_per_s});
  }
  Axis rate{0, most * 1.05, false, {}};
  const double step = round_step(most / 4);
  for (double tick = 0; tick <= rate.high; tick += step) {
    rate.ticks.emplace_back(tick, human_count(static_cast<std::int64_t>(tick)) + "/s");
  }
  const Axis time = time_axis(record);
  return plot("Freshness over time (p99 of each second)", time, seconds_axis(fresh), fresh) +
         plot("Changes a second, offered and achieved", time, rate, {offered, achieved});
}

std::string gate_rows(const RunRecord& record) {
  std::string out;
  for (const GateResult& result : record.gates) {
    const char* status = name_of(result.decisive.status);
    const Judgement& decisive = result.decisive;
    std::string where = decisive.view;
    if (!decisive.series.empty() && decisive.series != "all") where += " " + decisive.series;
    if (!decisive.reason.empty()) where += " " + decisive.reason;
    out += fmt::format(
        "<tr><td class=\"{0}\">{0}</td><td><code>{1}</code></td><td class=\"n\">{2}</td><td>{3}</td></tr>\n", status,
        escape_markup(result.gate.expression), escape_markup(value_text(result)), escape_markup(where));
  }
  return out;
}

}  // namespace

std::string report_html(const RunRecord& record) {
  std::string reasons;
  for (const std::string& reason : record.reasons) reasons += "<li>" + escape_markup(reason) + "</li>";
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Freshet: {0}</title>\n<style>"
             "body{{font:15px/1.45 system-ui,sans-serif;max-width:860px;margin:2em auto;padding:0 1em;color:#1c2733}}"
             "h1{{font-size:1.5em}}.pass{{color:#22702f}}.fail,.incorrect,.error,.unreachable{{color:#b3261e}}"
             ".invalid,.inconclusive,.skipped,.interrupted,.not_judged{{color:#8a5a00}}table{{border-collapse:collapse;"
             "width:100%}}"
             "td.n{{text-align:right;white-space:nowrap}}td{{border-top:1px solid #d7dde3;padding:.3em "
             ".6em;vertical-align:top}}"
             "pre{{background:#f4f6f8;padding:1em;overflow:auto;font-size:12.5px}}figure{{margin:1.5em 0}}"
             "figcaption{{font-weight:600}}svg text{{font-size:12px;fill:#44525f}}svg polyline{{fill:none;"
             "stroke-width:2}}svg .g{{stroke:#e2e7ec}}</style></head><body>\n"
             "<h1>{0}: <span class=\"{1}\">{1}</span></h1>\n<p>run {2}, seed {3}, started {4}</p><ul>{5}</ul>\n",
             escape_markup(record.scenario_name), name_of(record.verdict), escape_markup(record.run_id), record.seed,
             iso_time(record.started_at), reasons) +
         "<table>" + gate_rows(record) + "</table>\n" + quantile_plot(record) + time_plots(record) + "<pre>" +
         escape_markup(summary_text(record)) + "</pre></body></html>\n";
}

}  // namespace freshet
