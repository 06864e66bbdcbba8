// What the native pipeline has to do for a scenario: pure, including all refusals that need no server.
#pragma once

#include <vector>

#include "pipeline/capture/kafka/source_kafka.h"
#include "pipeline/capture/mysql/source_mysql.h"
#include "pipeline/native/pipeline.h"

namespace freshet {

/// A view to write: the record of its table, and whether the drill applies to it.
struct PlannedSink {
  const Observe* observe = nullptr;
  RecordType stored;
  bool drilled = false;
};

struct PipelinePlan {
  std::vector<ViewId> views;  ///< observed ones
  std::vector<PlannedSink> sinks;
  std::vector<MysqlSourceOptions> mysql;  ///< one per connection with entities below an observed view
  std::vector<KafkaSourceOptions> kafka;
};

/// Refers to `scenario`. Usage errors: nothing observed, an entity below a view that is not written, a drill on a view
/// that is not observed, or a drill for duplicates, which a table with a primary key cannot hold.
[[nodiscard]] Result<PipelinePlan> plan_pipeline(const Scenario& scenario, const NativeOptions& options);

}  // namespace freshet
