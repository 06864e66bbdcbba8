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

#include <string>

#include "base/result.h"
#include "scenarios/model/slo.h"

namespace freshet {

/// Parses one expression. The error says what was expected and where in the text.
[[nodiscard]] Result<Gate> parse_gate(const std::string& expression);

}  // namespace freshet
