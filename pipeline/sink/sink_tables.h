// What the pipeline creates in a sink database: view tables and the marker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// CREATE TABLE for a view: its columns (with underscores for dots), "<entity>_version" for each input, primary key.
[[nodiscard]] std::string create_view_sql(const Scenario& scenario, const View& view, const std::string& table,
                                          std::string_view comment);

/// One sink database and the views that are written to it.
struct SinkTables {
  mysql::Connection* connection = nullptr;
  std::vector<const Observe*> views;
};

struct SinkRun {
  std::string run_id;
  bool drop_existing = false;
};

/// Refuses (Usage) an existing table: always if it is not ours or belongs to a live run; otherwise, and for a scenario
/// that ran before (its state was in memory and is gone), unless `drop_existing`. Changes nothing before all checks
/// have passed.
Status prepare_sinks(const Scenario& scenario, const std::vector<SinkTables>& sinks, const SinkRun& run);

}  // namespace freshet
