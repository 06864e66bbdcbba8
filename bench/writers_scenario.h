// The loads that the writers are measured with.
#pragma once

#include <memory>
#include <string>

#include "generator/model/model.h"
#include "scenarios/model/scenario.h"

namespace freshet::bench {

inline constexpr const char* kTable = "orders";
inline constexpr const char* kTopic = "salesbaskets";

/// A scenario and its rows.
struct Bench {
  Scenario scenario;
  RunIdentity identity;
  std::shared_ptr<const Rows> rows;  ///< of a scenario that lives as long as they do
};

/// Inserts of orders of twelve columns into one table; `commit` as in a scenario, or empty.
[[nodiscard]] Bench orders(int rows, const std::string& commit, int rate = 10'000);
/// The same with a view of them that is observed.
[[nodiscard]] Bench observed_orders(int rows, const std::string& commit);
/// Orders with three lines and a payment each, a transaction for each.
[[nodiscard]] Bench events(int orders);
/// The baskets of a scenario file, to Kafka with headers, and nothing else of it.
[[nodiscard]] Bench baskets(const std::string& file, int rows);

}  // namespace freshet::bench
