// fit.html: one self-contained page. Plots are inline SVG; no script, nothing fetched.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/messages/units.h"
#include "fit/report/fit_pages.h"

namespace freshet {
namespace {

using FitBars = std::vector<FitCheck::Bar>;

constexpr double kPlotLeft = 46, kPlotTop = 8, kPlotWidth = 300, kPlotHeight = 130;
constexpr std::size_t kMostKinds = 12;

/// The numbers of a plot: shares of the sample per unit of x (so that bars of any width are comparable), or rates.
struct FitPlot {
  bool rate = false;
  bool ranks = false;  ///< both axes logarithmic
  bool whole = false;  ///< bars of whole numbers
  double low = 0;
  double high = 1;
  double most = 0;
  double least = 0;

  FitPlot(const FitCheck& check) : rate(check.unit == "/s"), ranks(check.unit == "rank") {
    const FitCheck::Bar& first = check.bars.front();
    const double width = first.to - first.from;
    whole = check.unit.empty() && width == std::floor(width) && first.from - std::floor(first.from) == 0.5;
    low = first.from;
    high = check.bars.back().to;
    least = 1e300;
    for (const FitCheck::Bar& bar : check.bars) {
      for (const double share : {bar.declared, bar.achieved}) {
        most = std::max(most, height(bar, share));
        if (height(bar, share) > 0) least = std::min(least, height(bar, share));
      }
    }
    if (most <= 0) most = 1;
    if (!(least < most)) least = most / 10;
  }
  [[nodiscard]] double height(const FitCheck::Bar& bar, double share) const {
    return rate || bar.to <= bar.from ? share : share / (bar.to - bar.from);
  }
  [[nodiscard]] double x(double value) const {
    const double at = ranks ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return kPlotLeft + std::clamp(at, 0.0, 1.0) * kPlotWidth;
  }
  [[nodiscard]] double y(double value) const {
    const double at = !ranks      ? value / (most * 1.05)
                      : value > 0 ? std::log(value / least * 1.1) / std::log(most / least * 1.2)
                                  : 0;
    return kPlotTop + (1 - std::clamp(at, 0.0, 1.0)) * kPlotHeight;
  }
};

std::string axis_labels(const FitPlot& plot, const std::string& unit) {
  std::string out = fmt::format("<line class=\"g\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>", kPlotLeft,
                                kPlotLeft + kPlotWidth, kPlotTop + kPlotHeight);
  // Bars of whole numbers extend half a unit to either side.
  const double half = plot.whole ? 0.5 : 0;
  const double middle = plot.ranks ? std::sqrt(plot.low * plot.high) : (plot.low + plot.high) / 2;
  for (const double value : {plot.low, middle, plot.high}) {
    const char* anchor = value == plot.low ? "start" : value == plot.high ? "end" : "middle";
    const bool last = value == plot.high;
    const std::string suffix = last && !unit.empty() ? " " + (plot.rate ? "s" : unit) : "";
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}{}</text>", plot.x(value),
                       kPlotTop + kPlotHeight + 15, anchor,
                       fit_number(last                ? value - half - (plot.ranks ? 1 : 0)
                                  : value == plot.low ? value + half
                                                      : value),
                       suffix);
  }
  const std::string top = plot.rate ? fit_number(plot.most) + "/s" : "";
  return out + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kPlotLeft - 4, kPlotTop + 10, top);
}

/// Achieved as bars, declared as a step line.
std::string histogram_plot(const FitCheck& check) {
  const FitPlot plot(check);
  std::string out = axis_labels(plot, check.bars_are_places ? "of the distribution" : check.unit);
  std::string steps;
  for (const FitCheck::Bar& bar : check.bars) {
    const double from = plot.x(bar.from);
    const double to = plot.x(bar.to);
    const double top = plot.y(plot.height(bar, bar.achieved));
    if (bar.achieved > 0) {
      out += fmt::format("<rect class=\"a\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", from, top,
                         std::max(0.6, to - from - (to - from > 4 ? 1 : 0)), kPlotTop + kPlotHeight - top);
    }
    const double line = plot.y(plot.height(bar, bar.declared));
    steps += fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} ", from, line, to, line);
  }
  return out + fmt::format("<polyline class=\"d\" points=\"{}\"/>", steps);
}

/// One row per kind: achieved as a bar, declared as a mark.
std::string kinds_plot(const FitCheck& check, double& height) {
  FitBars bars = check.bars;
  std::stable_sort(bars.begin(), bars.end(), [](const auto& a, const auto& b) { return a.declared > b.declared; });
  if (bars.size() > kMostKinds) bars.resize(kMostKinds);
  double most = 1e-9;
  for (const FitCheck::Bar& bar : bars) most = std::max({most, bar.declared, bar.achieved});
  constexpr double kNames = 120, kRow = 14, kRoom = 170;
  std::string out;
  double top = kPlotTop;
  for (const FitCheck::Bar& bar : bars) {
    const double mark = kNames + bar.declared / most * kRoom;
    out += fmt::format(
        "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>"
        "<rect class=\"a\" x=\"{}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"10\"/>"
        "<line class=\"d\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\">{:.3g} %</text>",
        kNames - 5, top + 9, escape_markup(bar.label), kNames, top, bar.achieved / most * kRoom, mark, mark, top - 1,
        top + 11, kNames + std::max(bar.achieved, bar.declared) / most * kRoom + 5, top + 9, bar.achieved * 100);
    top += kRow;
  }
  if (check.bars.size() > bars.size()) {
    out +=
        fmt::format("<text x=\"{}\" y=\"{:.1f}\">and {} more</text>", kNames, top + 9, check.bars.size() - bars.size());
    top += kRow;
  }
  height = top + 4;
  return out;
}

std::string fit_figure(const FitCheck& check) {
  if (check.bars.size() < 2) return "";
  double height = kPlotTop + kPlotHeight + 22;
  const std::string drawing = check.bars.front().label.empty() ? histogram_plot(check) : kinds_plot(check, height);
  return fmt::format(
      "<figure class=\"{}\"><figcaption>{}</figcaption><p>{}{}</p>"
      "<svg viewBox=\"0 0 360 {:.0f}\" role=\"img\">{}</svg></figure>\n",
      check.verdict == FitCheck::Verdict::Differs ? "differs" : "", escape_markup(check.name()),
      escape_markup(check.declared), check.p ? ", p " + fit_p(check) : "", height, drawing);
}

std::string quantile_words(const FitCheck& check) {
  std::string out;
  for (const FitCheck::Quantile& quantile : check.quantiles) {
    out += fmt::format("{}p{:g} {} / {}", out.empty() ? "" : ", ", quantile.p * 100, fit_number(quantile.declared),
                       fit_number(quantile.achieved));
  }
  return out;
}

std::string fit_row(const FitCheck& check) {
  std::string mean;
  if (check.declared_mean && check.achieved_mean) {
    mean = fit_number(*check.declared_mean) + " / " + fit_number(*check.achieved_mean) + " " + check.unit;
  }
  std::string test = check.test == FitCheck::Test::None ? "" : name_of(check.test);
  if (check.freedom > 0) test += fmt::format(" {:.4g}, {:g} d.f.", check.statistic, check.freedom);
  if (check.test == FitCheck::Test::KolmogorovSmirnov) test += fmt::format(" {:.3g}", check.statistic);
  const bool untested = check.verdict == FitCheck::Verdict::NotJudged;
  return fmt::format(
      "<tr><td class=\"{}\">{}</td><td>{}</td><td>{}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td>"
      "<td>{}</td><td class=\"n\">{}</td></tr>\n",
      untested ? "unjudged" : name_of(check.verdict), name_of(check.verdict), escape_markup(check.name()),
      escape_markup(check.declared), check.note.empty() ? "" : "<br><small>" + escape_markup(check.note) + "</small>",
      check.samples > 0 ? human_count(check.samples) : "", mean, quantile_words(check), test, fit_p(check));
}

constexpr const char* kFitStyle =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1180px;margin:2em auto;padding:0 1em;color:#1c2733}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}.fits{color:#22702f}.differs{color:#b3261e}"
    ".unjudged{color:#8a5a00}table{border-collapse:collapse;width:100%;font-size:13px}"
    "td,th{border-top:1px solid #d7dde3;padding:.3em .5em;vertical-align:top;text-align:left}"
    "td.n{text-align:right;white-space:nowrap}small{color:#5b6873}"
    ".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:1em}"
    "figure{margin:0;padding:.7em;border:1px solid #d7dde3;border-radius:6px}figure.differs{border:2px solid #b3261e}"
    "figcaption{font-weight:600;font-size:13px;color:#1c2733}figure p{margin:.1em 0 .4em;font-size:12px;color:#5b6873}"
    "svg text{font-size:11px;fill:#44525f}.a{fill:#9cc7da}.d{stroke:#c2571a;stroke-width:1.6;fill:none}"
    ".g{stroke:#b9c3cc}.key{display:inline-block;width:1em;height:.7em;margin:0 .3em 0 1em}";

}  // namespace

std::string fit_html(const FitReport& report) {
  std::vector<FitCheck> differing_first = report.checks;
  std::stable_partition(differing_first.begin(), differing_first.end(),
                        [](const FitCheck& check) { return check.verdict == FitCheck::Verdict::Differs; });
  std::stable_partition(differing_first.begin(), differing_first.end(),
                        [](const FitCheck& check) { return check.verdict != FitCheck::Verdict::NotJudged; });
  std::string rows;
  std::string figures;
  for (const FitCheck& check : differing_first) {
    rows += fit_row(check);
    figures += fit_figure(check);
  }
  const char* outcome = report.fits() ? "fits" : "differs";
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Freshet fit: {0}</title>\n"
      "<style>{1}</style></head><body>\n<h1>{0}: <span class=\"{2}\">{2}</span></h1>\n"
      "<p>{3}. Seed {4}, {5} instances of each entity at most. A correct generator fails with at most {6:g} of all "
      "seeds, "
      "over all checks together (Holm); p is the chance of a sample at least as far off as this one, if the "
      "distribution is as declared.</p>\n<p><span class=\"key\" style=\"background:#9cc7da\"></span>achieved"
      "<span class=\"key\" style=\"background:#c2571a;height:.2em\"></span>declared</p>\n<div "
      "class=\"plots\">{7}</div>\n"
      "<h2>All checks</h2>\n<table><tr><th></th><th>what</th><th>declared</th><th>values</th><th>mean, declared / "
      "achieved</th><th>quantiles, declared / achieved</th><th>test</th><th>p</th></tr>\n{8}</table></body></html>\n",
      escape_markup(report.scenario), kFitStyle, outcome, fit_headline(report), report.seed,
      human_count(report.sampled), report.family_level, figures, rows);
}

}  // namespace freshet
