// What the pipeline makes in a sink database: view tables and the marker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "clients/mysql/mysql.h"
#include "scenarios/model/scenario.h"

namespace freshet {

/// CREATE TABLE of a view: its columns (dots become underscores), "<entity>_version" for each input, primary key.
[[nodiscard]] std::string create_view_sql(const Scenario& scenario, const View& view, const std::string& table,
                                          std::string_view comment);

/// One sink database and the views that go to it.
struct SinkTables {
  mysql::Connection* connection = nullptr;
  std::vector<const Observe*> views;
};

struct SinkRun {
  std::string run_id;
  bool drop_existing = false;
};

/// Refuses (Usage) a table that is in the way and not ours, or a living run's, always; one of a run that is over, and a
/// scenario that ran before (its state was in memory and is gone), unless `drop_existing`. Nothing is changed before
/// all is known to be allowed.
Status prepare_sinks(const Scenario& scenario, const std::vector<SinkTables>& sinks, const SinkRun& run);

}  // namespace freshet
