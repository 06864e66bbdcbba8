// The SLO grammar: what a gate says.
//
//   gate       := quantity [ selector ] comparator bound
//   quantity   := statistic latency | "within" duration latency | count | "achieved_rate"
//   statistic  := "p" number (0 < number < 100, or p999 for p99.9) | "max"
//   latency    := "freshness" | "final" | "end_to_end" | "staleness" | "wait" | "service"
//   count      := "lost" | "missing" | "stale" | "duplicate" | "phantom" | "resurrected" | "wrong"
//   selector   := "{" name "=" value { "," name "=" value } "}"     names: view, op (update or payment.update)
//   comparator := "<" | "<=" | ">" | ">=" | "=="
//   bound      := number with unit: us ms s m h for durations, % for shares, none for counts
//
// Examples: p99 freshness < 5m · max staleness{view=salescompleted} < 5m · within 5m freshness >= 99.9% · lost == 0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace freshet {

enum class Quantity : std::uint8_t {
  Freshness,
  Final,  ///< of closed windows: visible − max(close, last commit)
  EndToEnd,
  Staleness,
  Wait,
  Service,
  AchievedRate,
  Missing,  ///< also spelt "lost"
  Stale,
  Duplicate,
  Phantom,
  Resurrected,
  Wrong,
};

enum class Comparator : std::uint8_t { Less, LessEqual, Greater, GreaterEqual, Equal };

struct Gate {
  std::string expression;  ///< as written
  Quantity quantity = Quantity::Freshness;
  /// Latencies: 0 < quantile ≤ 1 (1 = max), or, with `within_s`, the share within that many seconds.
  double quantile = 0;
  std::optional<double> within_s;
  std::string view;       ///< selector; empty = every view
  std::string operation;  ///< selector: "update" or "payment.update"; empty = all
  Comparator comparator = Comparator::Less;
  double bound = 0;  ///< seconds, share (99 % = 0.99) or count
  std::string unit;  ///< "s", "ratio" or "count"
  std::string severity = "fail";
  std::string file;
  std::string pointer;  ///< "/slo/0"
  int line = 0;
};

/// Parses one expression. The error says what was expected and where in the text.
[[nodiscard]] Result<Gate> parse_gate(const std::string& expression);

/// True when `value` satisfies the gate.
[[nodiscard]] bool satisfies(const Gate& gate, double value);

[[nodiscard]] const char* name_of(Quantity quantity);

}  // namespace freshet
