// The native pipeline: reads binlog and topics, maintains the declared views, in a process of its own (`freshet
// pipeline`).
//
// It is a system under test: it knows the scenario's declarations and its sources, never the generator's ordinals, the
// seed's rows or the audit. State is in memory: after a restart it cannot continue, and says so.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "clients/kafka/kafka.h"
#include "clients/mysql/mysql.h"
#include "pipeline/drill/drill.h"
#include "scenarios/model/scenario.h"

namespace freshet {

struct NativeOptions {
  std::vector<mysql::Address> mysql;  ///< indexed like Scenario::connections
  std::vector<kafka::Address> kafka;
  /// For what targets name beside their connection, such as a schema registry.
  Environment environment = [](const std::string&) -> const char* { return nullptr; };
  bool drop_existing = false;   ///< drop view tables (and the marker) left by earlier runs of Freshet
  bool from_beginning = false;  ///< read binlog and topics from their beginning, else from now
  bool await_topics =
      false;  ///< wait for tables and topics that do not exist yet; topics are read from their beginning
  std::string run_id;
  Drill drill;
  std::string drill_journal;  ///< file that gets the drill's journal at the end (JSON)
  std::string state_file;  ///< file that gets the state's size, committed positions… at the end (pipeline_report.h)
  /// Receives lines for the reader of the pipeline's log; called from any of its threads.
  std::function<void(const std::string&)> log;
  int batch_max = 500;         ///< maximum number of rows in one sink statement
  int linger_ms = 5;           ///< how long a sink batch may wait for more rows
  int away_limit_ms = 60'000;  ///< maximum wait for a lost source or sink
};

/// Creates the view tables, reads the sources and maintains the views until `stop`. Calls `ready` once it reads. The
/// sources are checked and positioned before anything is created: once the tables exist, all later changes are read,
/// and a refusal of a source leaves nothing behind. Waits for lost sources and sinks (lost_server.h). Returns success
/// when stopped, or the error that ended it (Unreachable: a source or sink stays away; Usage: refused to start, or to
/// continue).
Status run_native_pipeline(const Scenario& scenario, const NativeOptions& options, const std::function<void()>& ready,
                           std::stop_token stop);

}  // namespace freshet
