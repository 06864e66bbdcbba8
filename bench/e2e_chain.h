// One run of the whole chain, by the freshet program itself, and the figures that it reports.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace freshet::bench {

/// What part of the chain cost; "harness" (the in-process broker included), "pipeline" and "mysql".
struct PartCost {
  double cpu_us_per_change = 0;
  std::int64_t rss_max_bytes = 0;
};

/// Instants in seconds; of the measured phase unless it says otherwise.
struct ChainRun {
  std::string verdict;
  double offered_per_s = 0;
  double achieved_per_s = 0;
  double p50_s = 0;            ///< freshness of the view where it is worst
  double p99_s = 0;            ///< infinite when it falls among rows that were never seen
  std::int64_t changes = 0;    ///< committed, of the whole run
  std::int64_t view_rows = 0;  ///< row versions seen in the sinks
  std::int64_t audit_errors = 0;
  std::map<std::string, PartCost> cost;
  std::string durability;  ///< settings of the server, as the run found them

  [[nodiscard]] double cpu_us_per_change() const;
};

/// What to run. `arguments` are those of `freshet run` after the scenario.
struct ChainOptions {
  std::string program;
  std::string scenario;
  std::vector<std::string> arguments;
};

/// Runs it in a fresh directory, which is removed, and reads its result.json. Unreachable, with the end of what the
/// program said, when it left none.
[[nodiscard]] Result<ChainRun> run_chain(const ChainOptions& options);

}  // namespace freshet::bench
