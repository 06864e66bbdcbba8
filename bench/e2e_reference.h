// The bare reference: the rows of a run, rendered beforehand, written with nothing in between.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "generator/model/model.h"
#include "scenarios/model/scenario.h"

namespace freshet::bench {

struct ReferenceRun {
  std::int64_t changes = 0;    ///< source rows in MySQL and messages in Kafka, the same as in the run
  std::int64_t sink_rows = 0;  ///< row changes of the views
  double seconds = 0;          ///< of writing; while rows are rendered the clock stands still
  double client_cpu_s = 0;     ///< writers, broker and readers; rendering apart
  double server_cpu_s = 0;

  [[nodiscard]] double changes_per_s() const { return static_cast<double>(changes) / seconds; }
  [[nodiscard]] double cpu_us_per_change() const {
    return (client_cpu_s + server_cpu_s) * 1e6 / static_cast<double>(changes);
  }
};

/// Writes what a run of this scenario and identity writes, as fast as it can: source rows in transactions of the bulk
/// API over two connections, messages into an embedded broker, and the rows of every view as plain upserts and deletes
/// over a connection each. Servers and tables are as in an embedded run. The binlog is fetched and the topics are
/// consumed, and both are dropped. No change waits for another, nothing is joined, looked at or judged while the clock
/// runs.
[[nodiscard]] Result<ReferenceRun> run_reference(const Scenario& scenario, const RunIdentity& identity);

}  // namespace freshet::bench
