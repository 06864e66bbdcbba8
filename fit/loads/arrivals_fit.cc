#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fit/distributions/special.h"
#include "fit/loads/load_windows.h"
#include "fit/loads/loads.h"
#include "fit/tallies/count_before.h"

namespace freshet {
namespace {

constexpr std::size_t kMostStages = 12;

/// Joins neighbouring stages until there are at most `most`.
std::vector<ExpectedCount::Part> joined(const std::vector<ExpectedCount::Part>& parts) {
  std::vector<ExpectedCount::Part> out;
  const std::size_t each = (parts.size() + kMostStages - 1) / kMostStages;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i % each == 0) {
      out.push_back(parts[i]);
    } else {
      out.back().to = parts[i].to;
    }
  }
  return out;
}

/// Joins neighbours until each window expects enough for χ²; the rest at the end goes to the last window.
std::vector<Window> joined_windows(const std::vector<Window>& windows) {
  constexpr double kLeastInWindow = 5;
  std::vector<Window> out;
  const auto join = [](Window& into, const Window& window) {
    into.to = window.to;
    into.expected += window.expected;
    into.seen += window.seen;
  };
  for (const Window& window : windows) {
    if (!out.empty() && out.back().expected < kLeastInWindow) {
      join(out.back(), window);
    } else {
      out.push_back(window);
    }
  }
  if (out.size() > 1 && out.back().expected < kLeastInWindow) {
    join(out[out.size() - 2], out.back());
    out.pop_back();
  }
  return out;
}

void show_windows(const std::vector<Window>& windows, FitCheck& check) {
  check.unit = "/s";
  for (const Window& window : windows) {
    const double seconds = static_cast<double>((window.to - window.from).count()) / 1e6;
    check.bars.push_back({"", static_cast<double>(window.from.count()) / 1e6,
                          static_cast<double>(window.to.count()) / 1e6, window.expected / seconds,
                          window.seen / seconds});
  }
}

std::string rate_words(double rate) { return fmt::format("{:.6g}/s", rate); }

}  // namespace

void test_windows(const std::vector<Window>& windows, bool thinned_constant, FitCheck& check) {
  const std::vector<Window> full = joined_windows(windows);
  double total = 0;
  double statistic = 0;
  for (const Window& window : full) {
    total += window.seen;
    if (window.expected <= 0) continue;
    statistic += (window.seen - window.expected) * (window.seen - window.expected) / window.expected;
  }
  check.samples = static_cast<std::int64_t>(total);
  show_windows(full, check);
  constexpr std::size_t kLeastWindows = 3;
  if (full.size() < kLeastWindows) {
    check.note = "too few changes to test their process";
    return;
  }
  check.test = FitCheck::Test::ChiSquare;
  check.statistic = statistic;
  check.freedom = static_cast<double>(full.size());
  const double above = chi_square_above(statistic, check.freedom);
  // Too even is as wrong as too uneven, but the rest of an even load may be more even than chance.
  check.p = thinned_constant ? above : std::min(1.0, 2 * std::min(above, 1 - above));
}

void test_even(const std::vector<Window>& windows, FitCheck& check) {
  double seen = 0;
  double expected = 0;
  std::int64_t wrong = 0;
  for (const Window& window : windows) {
    seen += window.seen;
    expected += window.expected;
    constexpr double kOneAndRounding = 1.001;
    wrong += std::abs(seen - expected) > kOneAndRounding ? 1 : 0;
  }
  show_windows(windows, check);
  check.samples = static_cast<std::int64_t>(seen);
  check.test = FitCheck::Test::Exact;
  check.statistic = static_cast<double>(wrong);
  check.verdict = wrong == 0 ? FitCheck::Verdict::Fits : FitCheck::Verdict::Differs;
  if (wrong > 0) {
    check.note = fmt::format("the count is off by more than one at {} of {} instants", wrong, windows.size());
  }
}

std::vector<Micros> window_edges(const ExpectedCount& expected) {
  constexpr double kLeastInWindow = 10;
  constexpr int kMostWindows = 400;
  const double step = std::max(kLeastInWindow, expected.total() / kMostWindows);
  std::vector<Micros> edges{Micros{}};
  for (const ExpectedCount::Part& part : expected.parts()) {
    const int pieces = std::max(1, static_cast<int>(part.expected() / step));
    for (int piece = 1; piece <= pieces; ++piece) {
      const Micros edge = part.from + (part.to - part.from) * piece / pieces;
      if (edge > edges.back()) edges.push_back(edge);
    }
  }
  return edges;
}

void test_arrivals(const FitInput& input, const Load& load, std::vector<FitCheck>& out) {
  const Scenario& scenario = input.declared.scenario;
  const ExpectedCount expected(scenario, load);
  CountBefore before(input.declared.rows, load.entity);
  const auto window = [&](Micros from, Micros to) {
    return Window{from, to, expected.at(to) - expected.at(from), before.at(to) - before.at(from)};
  };
  const bool even = load.process == Load::Process::Constant;
  FitCheck process;
  process.entity = scenario.entity(load.entity).name;
  process.aspect = even ? "constant arrivals" : "poisson arrivals";
  process.declared = even ? "constant, at most one off" : "poisson, counts of windows vary as their mean";
  std::vector<Window> windows;
  const std::vector<Micros> edges = window_edges(expected);
  for (std::size_t i = 1; i < edges.size(); ++i) windows.push_back(window(edges[i - 1], edges[i]));
  even ? test_even(windows, process) : test_windows(windows, false, process);
  const auto* arrivals = load.as<loads::Arrivals>();
  if (arrivals != nullptr && arrivals->backfill > Micros{}) {
    const double history =
        std::floor(arrivals->backfill_rate / 1e6 * static_cast<double>(arrivals->backfill.count()) + 1e-6);
    FitCheck check;
    check.entity = process.entity;
    check.aspect = "arrivals of the history";
    check.declared = rate_words(arrivals->backfill_rate) + ", one in each interval of 1/rate";
    test_exact(static_cast<std::int64_t>(std::abs(before.at({}) - history)), static_cast<std::int64_t>(history), check);
    out.push_back(std::move(check));
  }
  for (const ExpectedCount::Part& part : joined(expected.parts())) {
    FitCheck check;
    check.entity = process.entity;
    check.aspect = part.to <= scenario.warm_up
                       ? "rate of the warm-up"
                       : fmt::format("rate from {:.6g} s to {:.6g} s",
                                     static_cast<double>((part.from - scenario.warm_up).count()) / 1e6,
                                     static_cast<double>((part.to - scenario.warm_up).count()) / 1e6);
    const Window whole = window(part.from, part.to);
    const double seconds = static_cast<double>((part.to - part.from).count()) / 1e6;
    check.declared = rate_words(whole.expected / seconds);
    check.unit = "/s";
    check.samples = static_cast<std::int64_t>(whole.seen);
    test_poisson(whole.seen, whole.expected, seconds, check);
    if (even) {
      check.p.reset();
      test_exact(std::abs(whole.seen - whole.expected) > 2.001 ? 1 : 0, std::max<std::int64_t>(1, check.samples),
                 check);
    }
    out.push_back(std::move(check));
  }
  process.declared_mean = expected.total() / (static_cast<double>(edges.back().count()) / 1e6);
  process.achieved_mean = static_cast<double>(process.samples) / (static_cast<double>(edges.back().count()) / 1e6);
  out.push_back(std::move(process));
}

}  // namespace freshet
