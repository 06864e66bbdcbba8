// Gates: service level objectives for a quantity, and whether a value satisfies them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

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

/// The names of the quantities in gates.
struct NamedQuantity {
  const char* name;
  Quantity quantity;
};

inline constexpr std::array<NamedQuantity, 6> kLatencyNames{{{"freshness", Quantity::Freshness},
                                                             {"final", Quantity::Final},
                                                             {"end_to_end", Quantity::EndToEnd},
                                                             {"staleness", Quantity::Staleness},
                                                             {"wait", Quantity::Wait},
                                                             {"service", Quantity::Service}}};
// Two names of one quantity: "missing" comes first because name_of() reports it.
inline constexpr std::array<NamedQuantity, 7> kCountNames{{{"missing", Quantity::Missing},
                                                           {"lost", Quantity::Missing},
                                                           {"stale", Quantity::Stale},
                                                           {"duplicate", Quantity::Duplicate},
                                                           {"phantom", Quantity::Phantom},
                                                           {"resurrected", Quantity::Resurrected},
                                                           {"wrong", Quantity::Wrong}}};
inline constexpr const char* kAchievedRate = "achieved_rate";

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
  std::string file;
  std::string pointer;  ///< "/slo/0"
  int line = 0;
};

/// True when `value` satisfies the gate.
[[nodiscard]] bool satisfies(const Gate& gate, double value);

[[nodiscard]] const char* name_of(Quantity quantity);

}  // namespace freshet
